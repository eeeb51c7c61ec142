# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Findings about what a program told of, their histories, and what is known of one block or handle.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

every_kind_of_the_ownership_api_is_reported_as_expected() (
    run_custody 0 report ownership.jsonl
    golden ownership.txt
    is_empty err
)

every_kind_of_the_ownership_api_is_reported_as_json_as_expected() (
    run_custody 0 report --format json ownership.jsonl
    golden ownership.json
)

reports_agree_with_the_page_of_findings() (
    local line
    run_custody 0 report ownership.jsonl
    # The page has other sizes and parties here and there: what is compared is kind and words.
    words_of() { sed -nE 's/^error: ((wrong|stale|not|released|lend|buffer|handle|transfer)-[a-z-]+: .*)/\1/p' |
        sed -E 's/[0-9]+/N/g; s/lib[a-z]+\.so|client/SIDE/g'; }
    words_of <"$here/../../docs/findings.md" | sort -u >"$work/page"
    words_of <"$work/out" | sort -u >"$work/said"
    [ "$(wc -l <"$work/page")" -ge 12 ] || complain "the page has few of them"
    while read -r line; do
        grep -qxF -- "$line" "$work/said" || complain "no report says: $line"
    done <"$work/page"
)

a_history_is_of_a_side_too() (
    run_custody 0 report --side plugin.so ownership.jsonl
    has out "lend-conflict"
    has_not out "wrong-type"
)

check_says_where_handles_were_made() (
    run_custody 1 check ownership.jsonl
    has out "error: handle-leak: ledger of libledger.so (c), never ended [000000000000000b]"
    has out "16 found"
)

baselines_know_the_kinds_of_the_ownership_api() (
    run_custody 0 check --write-baseline "$work/base" ownership.jsonl
    python3 - "$work/base" "$here/../../docs/audit-log.schema.json" <<'PYTHON' || complain "the baseline is not as it should be"
import json, jsonschema, sys
check = jsonschema.Draft202012Validator(json.load(open(sys.argv[2])))
events = [json.loads(line) for line in open(sys.argv[1])]
for event in events:
    check.validate(event)
findings = {event["key"][-1] + event["kind"]: event for event in events if event["event"] == "finding"}
assert len(findings) == 16, len(findings)
assert findings["1wrong-type"]["expected_type"] == "account"
assert findings["6lend-conflict"]["history"][1]["to"]["side"] == "plugin.so"
assert findings["6lend-conflict"]["history_left_out"] == 2
assert findings["dtransfer-leak"]["history"][0]["to"]["contract"] == "malloc"
assert findings["8buffer-overrun"]["capacity"] == 8 and findings["8buffer-overrun"]["length"] == 12
PYTHON
    run_custody 0 check --baseline "$work/base" ownership.jsonl
    has out "0 new, 16 known, 0 fixed"
    # What only a history speaks of is in it, too.
    grep -v '"event":"finding"' ownership.jsonl >"$work/single.jsonl"
    grep '"type":"on_event"' ownership.jsonl >>"$work/single.jsonl"
    run_custody 0 check --write-baseline "$work/base" "$work/single.jsonl"
    grep -q '"path":"/opt/app/client"' "$work/base" || complain "the module of a history is not in the baseline"
)

suppressions_name_types() (
    printf 'handle-leak type=led*\nhandle-leak type=on_event function=lend_table\n* type=window max=0\n' >"$work/types.supp"
    run_custody 1 check --suppressions "$work/types.supp" ownership.jsonl
    has_not out "handle-leak"
    has out "suppressed: 2 findings, by 2 of 3 suppressions"
    has out "suppresses nothing: 1 is more than its max of 0"
    has out "wrong-thread: window"
)

suppressions_see_histories() (
    echo '* function=ledger_open' >"$work/made.supp"
    run_custody 1 check --suppressions "$work/made.supp" ownership.jsonl
    has_not out "stale-handle"
    has out "lend-conflict"
)

what_is_known_of_a_block_is_in_order() (
    run_custody 0 report --block 0x2000 deeds.jsonl
    golden block.txt
    is_empty err
)

what_is_known_of_a_handle_is_in_order() (
    run_custody 0 report --handle 7 deeds.jsonl
    golden handle.txt
)

what_is_known_of_a_handle_is_json_too() (
    run_custody 0 report --handle 4 --format json deeds.jsonl
    golden handle.json
)

an_address_inside_a_block_is_the_blocks() (
    run_custody 0 report --block 0x203f deeds.jsonl
    has out "loan 3 at 0x2000"
    has_not out "lease 7"
    run_custody 0 report --block 2018 deeds.jsonl
    has out "lease 7 at 0x2010"
    run_custody 0 report --block 0x2040 deeds.jsonl
    is_empty out
)

a_number_says_what_it_is_the_number_of() (
    grep '"seq":12,' deeds.jsonl | sed 's/"transfer"/"handle"/; s/"transferred"/"registered","number":17,"type":"on_event"/' >"$work/line"
    sed "/\"seq\":12,/r $work/line" deeds.jsonl >"$work/registered.jsonl"
    run_custody 0 report --handle 17 "$work/registered.jsonl"
    has out "on_event registered to client (c) by libledger.so (c)"
    has out "callback 17 at 0x4000"
)

processes_are_told_one_after_the_other() (
    sed 's/"pid":200/"pid":201/' deeds.jsonl >"$work/second.jsonl"
    paste -d '\n' deeds.jsonl "$work/second.jsonl" >"$work/both.jsonl"
    run_custody 0 report --block 0x1000 "$work/both.jsonl"
    [ "$(grep -c '^client, pid 20[01]:$' "$work/out")" -eq 2 ] || complain "not two processes: $(cat "$work/out")"
    has out "4 calls, 0 findings"
)

findings_alone_are_said_to_be_alone() (
    run_custody 0 report --block 0x4000 ownership.jsonl
    has out "error: transfer-leak"
    has out "handed over to client (c) by libledger.so (c)"
    has err "these are findings only"
    has err "events=ownership"
)

nothing_known_is_said_with_the_setting() (
    run_custody 0 report --block 0x9999 ownership.jsonl
    is_empty out
    has err "nothing about 0x9999 in these logs: calls of the ownership API are kept with the setting events=ownership only"
    run_custody 0 report --handle 99 deeds.jsonl
    has err "nothing about number 99 in these logs"
    has_not err "events="
    run_custody 0 report --handle 99 --format json ownership.jsonl
    has out '"history": []'
)

what_a_number_is_of_may_be_said() (
    local what
    # Four things of one number.
    cat >"$work/equal.jsonl" <<'LOG'
{"v":1,"event":"start","pid":7,"seq":1,"t":1,"argv":["client"],"exe":"/bin/client","version":"0","options":""}
{"v":1,"event":"handle","pid":7,"seq":2,"t":1,"deed":"made","number":3,"addr":"0x10","type":"ledger","by":{"side":"a","lang":"c"},"thread":"t","stack":[]}
{"v":1,"event":"handle","pid":7,"seq":3,"t":1,"deed":"registered","number":3,"addr":"0x20","type":"on_event","by":{"side":"b","lang":"c"},"thread":"t","stack":[]}
{"v":1,"event":"lend","pid":7,"seq":4,"t":1,"deed":"lent","number":3,"addr":"0x30","by":{"side":"c","lang":"c"},"to":{"side":"d","lang":"c"},"thread":"t","stack":[]}
{"v":1,"event":"lease","pid":7,"seq":5,"t":1,"deed":"leased","number":3,"addr":"0x40","size":8,"by":{"side":"e","lang":"c"},"to":{"side":"f","lang":"c"},"thread":"t","stack":[]}
{"v":1,"event":"finding","pid":7,"seq":6,"t":1,"kind":"lend-conflict","severity":"error","confidence":"exact","key":"k1","count":1,"number":3,"owner":{"side":"c","lang":"c","contract":"malloc"},"by":{"side":"c","lang":"c","contract":"custody","call":"custody_lend"},"history":[]}
{"v":1,"event":"finding","pid":7,"seq":7,"t":1,"kind":"buffer-overclaim","severity":"error","confidence":"exact","key":"k2","count":1,"number":3,"capacity":8,"by":{"side":"e","lang":"c","contract":"custody","call":"custody_lease_end"},"history":[]}
{"v":1,"event":"finding","pid":7,"seq":8,"t":1,"kind":"stale-handle","severity":"error","confidence":"exact","key":"k3","count":1,"number":3,"type":"ledger","by":{"side":"a","lang":"c","contract":"custody","call":"custody_check"},"history":[{"deed":"made","by":{"side":"a","lang":"c"},"thread":"t","stack":[]}]}
{"v":1,"event":"finding","pid":7,"seq":9,"t":1,"kind":"stale-handle","severity":"error","confidence":"exact","key":"k4","count":1,"number":3,"by":{"side":"b","lang":"c","contract":"custody","call":"custody_callback_drop"},"history":[]}
LOG
    for what in object:stale-handle handle:stale-handle callback:stale-handle \
        loan:lend-conflict lease:buffer-overclaim; do
        run_custody 0 report --handle "${what%%:*}:3" "$work/equal.jsonl"
        has out "1 call, 1 finding"
        has out "error: ${what##*:}"
    done
    run_custody 0 report --handle 3 "$work/equal.jsonl"
    has out "4 calls, 4 findings"
    run_custody 0 report --handle loan:3 --format json "$work/equal.jsonl"
    has out '"of": "loan"'
    run_custody 0 report --handle lease:4 "$work/equal.jsonl"
    has err "nothing about lease 4 in these logs"
)

one_thing_is_asked_for_at_a_time() (
    local wrong
    for wrong in "--block 0xyz" "--block -1" "--block=" "--handle 0" "--handle x" "--handle 99999999999999999999" \
        "--handle loan:0" "--handle loans:1" "--handle :1" "--handle lease:" "--block 0x1 --handle 2" "--block 0x1 --side x" "--block 0x1 --severity error" "--handle 1 --format folded" \
        "--handle 1 --suppressions /dev/null" "--block 0x1 --leaks-by side"; do
        # shellcheck disable=SC2086
        run_custody 125 report $wrong deeds.jsonl
        has err "custody: report: --"
        is_empty out
    done
)

hostile_histories_do_no_harm() (
    run_custody 0 report hostile_ownership.jsonl
    ! LC_ALL=C grep -q '[[:cntrl:]]' "$work/out" || complain "control characters reach the terminal"
    has out "buffer of 9223372036854775807 bytes"
    run_custody 0 report --format json hostile_ownership.jsonl
    python3 -m json.tool "$work/out" >/dev/null || complain "not JSON"
    run_custody 0 report --block 0xffffffffffffffff hostile_ownership.jsonl
    run_custody 0 report --block 0x10 --format json hostile_ownership.jsonl
    python3 -m json.tool "$work/out" >/dev/null || complain "not JSON"
    run_custody 0 report --handle 9223372036854775807 hostile_ownership.jsonl
    ! LC_ALL=C grep -q '[[:cntrl:]]' "$work/out" || complain "control characters reach the terminal"
    run_custody 1 check hostile_ownership.jsonl
    run_custody 0 check --write-baseline "$work/base" hostile_ownership.jsonl
    run_custody 0 check --baseline "$work/base" hostile_ownership.jsonl
)

a_hundred_thousand_calls_take_seconds() (
    awk '{ print } /"event":"lend"/ && !done { for (i = 0; i < 100000; i++) print; done = 1 }' deeds.jsonl >"$work/many"
    timeout 20 "$custody" report --block 0x2000 "$work/many" >"$work/out" || complain "took too long"
    has out "100003 calls, 1 finding"
    timeout 20 "$custody" report "$work/many" >"$work/out" || complain "took too long"
)

# Of what is in a log the symbols are kept: those of histories, and with events=ownership those of calls.
run_keeps_symbols_of_histories_and_calls() (
    cat >"$work/told.c" <<'SOURCE'
__attribute__((noinline)) void marker(void) { __asm__ volatile(""); }
__attribute__((noinline)) void maker(void) { marker(); __asm__ volatile(""); }
int main(void) { maker(); return 0; }
SOURCE
    gcc -g -O1 -o "$work/told" "$work/told.c" || complain "cannot compile"
    gcc -shared -fPIC -o "$work/fake.so" "$here/programs/fake_preload.c" || complain "cannot compile"
    "$here/log_of_call.sh" "$work/told" >"$work/base"
    python3 - "$work/base" >"$work/fake" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
stack = events[-1].pop("release")
moment = {"deed": "made", "by": {"side": "x", "lang": "c"}, "thread": "t", "stack": stack}
events[-1].update(kind="handle-leak", type="told", owner={"side": "x", "lang": "c", "contract": "unknown"}, history=[moment])
del events[-1]["by"]
for event in events:
    print(json.dumps(event))
PYTHON
    FAKE_LOG=$work/fake CUSTODY_PRELOAD=$work/fake.so run_custody 99 run --log "$work/log" "$work/told"
    mv "$work/told" "$work/told.gone"
    run_custody 0 report "$work/log"
    has out "made by x (c), thread t:"
    has out "#0  maker at "
    has out "told.c:2"
    run_custody 1 check "$work/log"
    has out "told.c:2 ["
    mv "$work/told.gone" "$work/told"
    python3 - "$work/fake" >"$work/fake2" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
events[-1] = dict(events[-1]["history"][0], v=1, event="handle", pid=1, seq=3, t=1.0, addr="0x10", number=1)
for event in events + [events[-1]] * 3:
    print(json.dumps(event))
PYTHON
    FAKE_LOG=$work/fake2 CUSTODY_PRELOAD=$work/fake.so run_custody 0 run --log "$work/log" "$work/told"
    mv "$work/told" "$work/told.gone"
    run_custody 0 report --block 0x10 "$work/log"
    has out "#0  maker at "
    has out "told.c:2"
    has out "4 calls, 0 findings"
)

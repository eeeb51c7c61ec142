# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# `custody check` and what it shares with `run` and `report`: baselines, budgets, suppressions, recorded symbols.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

# build_twice FLAG...: compiles the program that is built twice, under one name.
build_twice() {
    [ -f "$(dirname "$custody")/libcustody_preload.so" ] || complain "no libcustody_preload.so beside $custody"
    gcc -g -w "$@" -o "$work/twice" "$here/programs/built_twice.c" || complain "cannot compile"
}

# audit NAME: runs it and keeps the log.
audit() {
    "$custody" run --fail-on never --quiet --log "$work/$1" "$work/twice" || complain "run failed"
}

# First build, its log and its baseline, and then another build in its place.
two_builds() {
    build_twice -O0
    audit first.jsonl
    run_custody 0 check --write-baseline "$work/known.jsonl" "$work/first.jsonl"
    build_twice -O2 -DMOVED "$@"
    audit second.jsonl
}

valid_log() {
    python3 - "$here/../../docs/audit-log.schema.json" "$1" <<'PYTHON' || complain "not by the schema"
import json, sys
import jsonschema
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for line in open(sys.argv[2]):
    validator.validate(json.loads(line))
PYTHON
}

a_baseline_knows_findings_of_another_build() (
    two_builds
    run_custody 0 check --baseline "$work/first.jsonl" "$work/second.jsonl"
    has out "0 new, 2 known, 0 fixed"
    run_custody 0 check --baseline "$work/known.jsonl" "$work/second.jsonl"
    has out "0 new, 2 known, 0 fixed"
)

a_baseline_knows_no_finding_of_another_line() (
    two_builds -DWORSE
    run_custody 1 check --baseline "$work/known.jsonl" "$work/second.jsonl"
    has out "leak: 1 block, 77 bytes"
    has out "1 new, 2 known, 0 fixed"
)

what_is_fixed_in_another_build_is_listed() (
    two_builds -DFIXED
    run_custody 0 check --baseline "$work/known.jsonl" "$work/second.jsonl"
    has out "fixed: error: leak: 1 block, 100 bytes"
    has out "built_twice.c:102"
    has out "0 new, 1 known, 1 fixed"
)

baselines_are_logs_by_themselves() (
    build_twice -O1
    audit first.jsonl
    run_custody 0 check --write-baseline "$work/known.jsonl" "$work/first.jsonl"
    has out "2 findings written to"
    valid_log "$work/first.jsonl"
    valid_log "$work/known.jsonl"
    [ -z "$(find "$work" -name 'known.jsonl.*')" ] || complain "a temporary file is left"
    rm "$work/twice"
    run_custody 0 check --baseline "$work/known.jsonl" "$work/first.jsonl"
    has out "0 new, 2 known, 0 fixed"
    run_custody 0 report "$work/known.jsonl"
    has out "make_entry at "
    has out "built_twice.c:102"
    run_custody 0 check --write-baseline "$work/again.jsonl" "$work/known.jsonl"
    run_custody 0 check --baseline "$work/again.jsonl" "$work/first.jsonl"
    run_custody 0 report "$work/again.jsonl"
    has out "built_twice.c:102"
)

symbols_outlive_a_program_that_is_stripped() (
    build_twice -O1
    audit first.jsonl
    strip "$work/twice"
    run_custody 0 report "$work/first.jsonl"
    has out "make_entry at "
    has out "built_twice.c:102"
)

a_baseline_of_nothing_is_a_log_too() (
    run_custody 0 check --fail-on never --write-baseline "$work/none.jsonl" each_kind.jsonl
    has out "0 findings written"
    valid_log "$work/none.jsonl"
    run_custody 1 check --baseline "$work/none.jsonl" processes.jsonl
)

baselines_are_written_whole_or_not_at_all() (
    echo old >"$work/known.jsonl"
    run_custody 125 check --write-baseline "$work/missing/known.jsonl" each_kind.jsonl
    has err "cannot write the baseline"
    run_custody 125 check --write-baseline "$work" each_kind.jsonl
    has err "not a regular file"
    ln -s "$work/known.jsonl" "$work/link"
    run_custody 125 check --write-baseline "$work/link" each_kind.jsonl
    run_custody 125 check --write-baseline "$work/known.jsonl" garbage.jsonl
    [ "$(cat "$work/known.jsonl")" = old ] || complain "the old baseline is gone"
    run_custody 0 check --write-baseline "$work/known.jsonl" each_kind.jsonl
    run_custody 0 check --baseline "$work/known.jsonl" each_kind.jsonl
)

several_baselines_are_one() (
    run_custody 0 check --baseline processes.jsonl --baseline baseline.jsonl processes.jsonl baseline.jsonl
    has out "0 new, 2 known, 0 fixed"
)

a_known_leak_that_grew_is_said() (
    sed 's/"blocks":3,"bytes":333/"blocks":4,"bytes":444/' leaks.jsonl >"$work/now.jsonl"
    run_custody 0 check --baseline leaks.jsonl "$work/now.jsonl"
    has out "grew: error: leak: "
    has out ": from 333 bytes in 3 blocks to 444 bytes in 4 blocks in a process"
    has out ", 1 grew"
    run_custody 0 check --baseline "$work/now.jsonl" leaks.jsonl
    has_not out "grew"
)

budgets_judge_leaks_together() (
    run_custody 0 check --budget '*=1G' leaks.jsonl
    has out "within budget *: "
    has out "0 found"
    run_custody 1 check --budget libledger.so=0 leaks.jsonl
    has out "budget libledger.so: 666 bytes in 6 blocks, allowed 0 bytes in 0"
    has out "  error: leak: 6 blocks, 666 bytes of libledger.so (c)"
    has out "1 budget exceeded"
    run_custody 0 check --budget '*=1G/1000' --budget nobody=0 leaks.jsonl
    has out "unused budget nobody"
)

budgets_do_not_ask_baselines() (
    run_custody 1 check --baseline leaks.jsonl --budget libledger.so=0 leaks.jsonl
    has out "budget libledger.so: "
)

budgets_are_of_leaks_that_count() (
    run_custody 1 check --budget '*=0' each_kind.jsonl
    has out "unused budget *"
    has out "7 found"
    run_custody 1 check --fail-on note --budget '*=0' each_kind.jsonl
    has out "budget *: "
)

wrong_budgets_are_refused() (
    local spec
    for spec in '' x x= x=1T =1 foo:x=1 crate:=1 site:f@=1 x=99999999999999999999; do
        run_custody 125 check --budget "$spec" each_kind.jsonl
        has err "--budget $spec: "
        is_empty out
    done
)

suppressed_findings_do_not_count() (
    printf '%s\n' 'double-free' 'invalid-free side=*' 'leak:nothing_like_it' >"$work/known.supp"
    run_custody 1 check --suppressions "$work/known.supp" each_kind.jsonl
    has_not out "error: double-free"
    has out "suppressed: "
    has out "unused suppression: $work/known.supp:3: leak:nothing_like_it"
    echo 'cross-allocator-free' >"$work/one.supp"
    run_custody 0 check --suppressions "$work/one.supp" processes.jsonl
    has out "suppressed: 1 finding, by 1 of 1 suppression"
    has out "0 found"
)

suppressions_are_for_reports_too() (
    printf 'double-free\nleak:unheard_of\n' >"$work/known.supp"
    run_custody 0 report --suppressions "$work/known.supp" each_kind.jsonl
    has_not out "error: double-free"
    has out "6 errors"
    has err "suppressed: 1 finding"
    has err "unused suppression: $work/known.supp:2"
    run_custody 0 report --format json --suppressions "$work/known.supp" each_kind.jsonl
    python3 -m json.tool "$work/out" >/dev/null || complain "not JSON"
    has_not out '"kind": "double-free"'
)

suppressions_are_for_runs_too() (
    build_twice -O1
    printf 'leak:make_entry\n* source=built_twice.c\nleak:unheard_of\n' >"$work/known.supp"
    run_custody 0 run --suppressions "$work/known.supp" "$work/twice"
    has err "custody: suppressed: 2 findings, with 100 bytes of leaks in 1 block, by 2 of 3 suppressions"
    has err "custody: 1 unused suppression, the first at $work/known.supp:3"
    has_not err "error: "
    run_custody 0 run --quiet --suppressions "$work/known.supp" "$work/twice"
    is_empty err
)

more_than_the_maximum_is_said() (
    printf 'leak side=libledger.so max=2\n' >"$work/known.supp"
    run_custody 1 check --suppressions "$work/known.supp" leaks.jsonl
    has out "$work/known.supp:1: suppresses nothing: "
    has out "is more than its max of 2: leak side=libledger.so max=2"
    has out "error: leak: 6 blocks, 666 bytes of libledger.so (c)"
)

files_of_sanitizers_are_read_as_they_are() (
    printf '%s\r\n' '# of the program' '' '  leak:ledger_dup  ' 'race:foo' 'interceptor_via_fun:-[x y:]' >"$work/lsan.supp"
    run_custody 1 check --suppressions "$work/lsan.supp" leaks.jsonl
    has err "$work/lsan.supp:4: note: 2 lines for other sanitizers left out"
    has_not out "error: leak: 6 blocks"
    has out "suppressed: 1 finding, with 666 bytes of leaks in 6 blocks, by 1 of 1 suppression"
)

wrong_suppressions_stop_before_anything_happens() (
    printf 'leak:x\nleak max=2 colour=red\n\tleek\nleak:y\n' >"$work/wrong.supp"
    local command
    for command in "run touch $work/ran" "check each_kind.jsonl" "report each_kind.jsonl"; do
        # shellcheck disable=SC2086
        set -- $command
        run_custody 125 "$1" --suppressions "$work/wrong.supp" "${@:2}"
        has err "$work/wrong.supp:2:12: no field 'colour'"
        has err "$work/wrong.supp:3:2: no kind of finding 'leek'; did you mean leak?"
        is_empty out
    done
    [ ! -e "$work/ran" ] || complain "the command ran"
    run_custody 125 check --suppressions "$work/missing" each_kind.jsonl
    run_custody 125 check --suppressions "$work" each_kind.jsonl
)

hostile_suppressions_do_no_harm() (
    head -c 3000000 /dev/zero | tr '\0' 'x' >"$work/long.supp"
    run_custody 125 check --suppressions "$work/long.supp" each_kind.jsonl
    has err "longer than any suppression"
    head -c 300 /dev/zero >"$work/zeros.supp"
    run_custody 125 check --suppressions "$work/zeros.supp" each_kind.jsonl
    printf 'leak \033[31m=x\n' >"$work/escapes.supp"
    run_custody 125 check --suppressions "$work/escapes.supp" each_kind.jsonl
    ! LC_ALL=C grep -q $'\033' "$work/err" || complain "escape codes reach the terminal"
    run_custody 125 check --suppressions "$custody" each_kind.jsonl
    { printf 'leak function='; printf '*a%.0s' $(seq 5000); echo b; } >"$work/stars.supp"
    timeout 20 "$custody" check --suppressions "$work/stars.supp" leaks.jsonl >"$work/out" 2>&1
    has out "unused suppression"
)

hostile_symbols_do_no_harm() (
    cat leaks.jsonl >"$work/log.jsonl"
    cat >>"$work/log.jsonl" <<'END'
{"v":1,"event":"symbols","pid":1,"seq":1,"t":1.0}
{"v":1,"event":"symbols","pid":1,"seq":1,"t":1.0,"module":[],"build_id":{},"frames":7}
{"v":1,"event":"symbols","pid":1,"seq":1,"t":1.0,"module":"/opt/app/libledger.so","build_id":"","frames":[7,null,{},{"offset":1,"calls":[]},{"offset":"0x10","calls":"x"},{"offset":"zz","calls":[{}]}]}
{"v":1,"event":"symbols","pid":1,"seq":1,"t":1.0,"module":"/opt/app/libledger.so","build_id":"","frames":[{"offset":"0x10","calls":[{"function":"ledger\u001b[31m","file":"/src/\u001b[0m.c","line":7,"column":-1,"inlined":true}]},{"offset":"0x20","calls":[{"function":5,"line":1e99}]}]}
END
    run_custody 0 report "$work/log.jsonl"
    has out 'ledger\x1b[31m at /src/\x1b[0m.c:7'
    ! LC_ALL=C grep -q $'\033' "$work/out" || complain "escape codes reach the terminal"
    run_custody 0 check --baseline "$work/log.jsonl" leaks.jsonl
)

a_line_that_was_cut_is_ended_before_symbols() (
    build_twice -O1
    run_custody 0 run --fail-on never --log "$work/log.jsonl" sh -c '"$1"; printf "{\"v\":1," >>"$2"' sh "$work/twice" \
        "$work/log.jsonl"
    rm "$work/twice"
    run_custody 0 report "$work/log.jsonl"
    has err "not JSON; line skipped"
    has out "built_twice.c:102"
)

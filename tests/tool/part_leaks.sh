# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Leaks in reports: classes, who pays, trees, collapsed stacks, what is folded. Over hand-made logs and programs compiled
# here.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

leaks_are_reported_by_class() (
    LC_ALL=C.UTF-8 run_custody 0 report leaks.jsonl
    golden leaks.txt
    is_empty err
)

leak_trees_are_plain_where_there_are_no_boxes() (
    LC_ALL=C run_custody 0 report leaks.jsonl
    has out '  |- 8592 bytes in 14 blocks, 91.1%  client::main > parser::table::insert'
    has out '  |  `- 400 bytes in 10 blocks, 4.2%  parser::table::load'
    has out '     |- 666 bytes in 6 blocks, 7.1%  ledger_open > ledger_dup'
    ! LC_ALL=C grep -q '[^[:print:]]' "$work/out" || complain "not plain"
)

leaks_come_as_a_table_by_who_pays() (
    run_custody 0 report --leaks-by crate leaks.jsonl
    golden leaks_by_crate.txt
    run_custody 0 report --leaks-by side leaks.jsonl
    has out "client (rust)      23024 (30)   8192 (4)  400 (10)         -  14432 (16)"
    run_custody 0 report --leaks-by module --severity warning leaks.jsonl
    has out "libledger.so    714 (8)    714 (8)         -         -"
    has_not out "reachable"
    run_custody 0 report --leaks-by site --side libledger.so leaks.jsonl
    has out "ledger_dup in libledger.so"
    has out "client::register in client" # held by that side
    has_not out "parser::table"
    run_custody 125 report --leaks-by nobody leaks.jsonl
    has err "nobody"
)

collapsed_stacks_are_as_expected() (
    run_custody 0 report --format folded leaks.jsonl
    golden leaks.folded
    run_custody 0 report --format folded --folded-by blocks --severity error leaks.jsonl
    has out ";parser::table::insert;alloc::vec::Vec<T,A>::push;alloc::raw_vec::RawVec<T,A>::grow_one;alloc::raw_vec::finish_grow 4"
    has_not out "client::cache::warm"
    run_custody 0 report --format folded each_kind.jsonl
    [ "$(cat "$work/out")" = "client::main;mycrate::foo::bar 144" ] || complain "$(cat "$work/out")"
)

collapsed_stacks_are_lines_of_names_and_a_number() (
    sed 's/"symbol":"ledger_open"/"symbol":"a;b c\\n\\u001b d 7"/' leaks.jsonl >"$work/log"
    run_custody 0 report --format folded "$work/log"
    ! grep -qvE '^[^ ]+ [0-9]+$' "$work/out" || complain "$(grep -vE '^[^ ]+ [0-9]+$' "$work/out")"
    has out ";main;a,b_c___d_7;ledger_dup 666"
)

all_frames_are_shown_when_asked_for() (
    run_custody 0 report --all-frames leaks.jsonl
    has out "#0  alloc::raw_vec::finish_grow in client+0x100"
    has out "#11 _start in client+0x9300"
    has_not out "frames of"
    has out "alloc::vec::Vec<T,A>::push > "
)

json_agrees_with_the_text() (
    run_custody 0 report --format json --leaks-by crate leaks.jsonl
    python3 - "$work/out" <<'PYTHON' || complain "the leaks are not as they should be"
import json, sys
report = json.load(open(sys.argv[1]))
tree = report["leak_tree"]
assert (tree["blocks"], tree["bytes"]) == (44, 24026), tree

def check(node):
    below = [sum(child[word] for child in node["children"]) for word in ("blocks", "bytes")]
    assert below[0] <= node["blocks"] and below[1] <= node["bytes"], node
    assert node["children"] == sorted(node["children"], key=lambda child: -child["bytes"])
    assert abs(node["share"] - node["bytes"] / tree["bytes"]) < 1e-9
    for child in node["children"]:
        check(child)

check(tree)
table = report["leaks_by"]
assert table["by"] == "crate" and [row["name"] for row in table["rows"]][:2] == ["client", "parser"]
assert table["total"]["bytes"] == sum(row["bytes"] for row in table["rows"]) == tree["bytes"]
assert table["rows"][1]["classes"]["indirect"] == {"blocks": 10, "bytes": 400}
leaks = {leak["key"][-2:]: leak for leak in report["findings"]}
assert leaks["a6"]["held_by"] == {"side": "libledger.so", "lang": "c"} and leaks["a6"]["when"] == "exit"
assert leaks["a2"]["billed_to"]["crate"] == "parser" and leaks["a2"]["billed_to"]["module"] == "/opt/app/client"
assert [frame["calls"][0]["std"] for frame in leaks["a2"]["alloc"]] == [True] * 3 + [False] * 2 + [True] * 7
crates = report["programs"][0]["sides"][0]["crates"]
assert [crate["crate"] for crate in crates] == ["client", "parser"] and crates[1]["live_bytes"] == 8592
PYTHON
)

# many_leaks: 300 leaks of one process, each with a stack of 256 frames of its own and absurd amounts.
many_leaks() {
    python3 - <<'PYTHON'
import json
print(json.dumps({"v": 1, "event": "start", "pid": 1, "exe": "/opt/client"}))
for leak in range(300):
    stack = [{"module": None, "offset": hex(frame), "symbol": "f%d_%d;\n" % (leak % 7, frame)} for frame in range(leak, leak + 300)]
    print(json.dumps({"v": 1, "event": "finding", "pid": 1, "kind": "leak", "severity": "error", "key": str(leak), "class": "definite",
                      "blocks": 2**62, "bytes": 2**62, "held_by": 5, "when": [], "alloc": stack}))
PYTHON
}

hostile_leaks_do_no_harm() (
    many_leaks >"$work/many"
    local arguments
    for arguments in "" "--format folded" "--format json" "--leaks-by site" "--all-frames"; do
        # shellcheck disable=SC2086
        timeout 20 "$custody" report $arguments "$work/many" >"$work/out" 2>"$work/err" || complain "$arguments: status $?"
        [ "$arguments" != "--format json" ] || python3 -m json.tool "$work/out" >/dev/null || complain "not JSON"
    done
)

# leaky NAME COMMAND...: compiles into $work/NAME and writes a log in which what calls marker() leaks.
leaky() {
    local name=$1
    shift
    "$@" -o "$work/$name" >"$work/err" 2>&1 || complain "cannot compile: $(head -c 500 "$work/err")"
    "$here/log_of_call.sh" "$work/$name" | sed 's/"kind":"invalid-free"/"kind":"leak","class":"definite","blocks":1,"bytes":8/
        s/"by":{[^}]*}/"owner":{"side":"x","lang":"rust"}/; s/"release":/"alloc":/' >"$work/$name.jsonl"
    run_custody 0 report "$work/$name.jsonl"
}

inlined_standard_library_is_not_billed() (
    command -v rustc >/dev/null || complain "no rustc"
    leaky generic rustc -O -g --crate-name generic "$here/programs/billed.rs"
    has out "billed to generic (rust), crate generic, generic::shelf::fill at $here/programs/billed.rs:15"
    has out " frames of Rust's standard library"
    has_not out "core::iter"
    run_custody 0 report --all-frames "$work/generic.jsonl"
    has out "core::iter"
)

a_name_made_for_c_is_billed_to_the_crate_of_its_unit() (
    command -v rustc >/dev/null || complain "no rustc"
    leaky exported rustc -O -g --crate-name my_ledger --cfg exported "$here/programs/billed.rs"
    has out "billed to exported (rust), crate my_ledger, ledger_open at $here/programs/billed.rs:23"
)

# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Symbols of programs compiled here: inlined frames, C++ and Rust names, missing and changed files.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

# build NAME COMMAND...: compiles into $work/NAME and writes the log of its call of marker() to $work/NAME.jsonl.
build() {
    local name=$1
    shift
    "$@" -o "$work/$name" >"$work/err" 2>&1 || complain "cannot compile: $(head -c 500 "$work/err")"
    "$here/log_of_call.sh" "$work/$name" >"$work/$name.jsonl" || complain "no log of $name"
    run_custody 0 report "$work/$name.jsonl"
}

expands_inlined_calls() {
    has out "#0  innermost at "
    has out "programs/inlined.c:11 (inlined)"
    has out "#1  between at "
    has out "#2  outermost at "
    has out "11 | marker(pointer); /* the innermost line */"
    has_not out "name_in_log"
}

inlined_calls_are_expanded_with_gcc() (
    build inlined gcc -O2 -g "$here/programs/inlined.c"
    expands_inlined_calls
)

inlined_calls_are_expanded_with_clang() (
    build inlined clang -O2 -g "$here/programs/inlined.c"
    expands_inlined_calls
)

inlined_calls_are_expanded_with_dwarf_4() (
    build inlined clang -O2 -gdwarf-4 "$here/programs/inlined.c"
    expands_inlined_calls
)

inlined_calls_are_expanded_with_split_debug_information() (
    cd "$work" || exit 1
    build inlined gcc -O2 -g -gsplit-dwarf "$here/programs/inlined.c"
    expands_inlined_calls
)

inlined_calls_are_expanded_in_programs_at_fixed_addresses() (
    build inlined gcc -O2 -g -no-pie "$here/programs/inlined.c"
    expands_inlined_calls
)

cxx_names_are_readable() (
    build names g++ -O2 -g "$here/programs/names.cpp"
    has out "shelf::Box<int>::drop(int) at "
    has out "// the C++ line"
)

rust_names_are_readable() (
    command -v rustc >/dev/null || complain "no rustc"
    build names rustc -O -g "$here/programs/names.rs"
    has out "#0  names::shelf::Book::close at "
    has out "names.rs:9 (inlined)"
    has out "#1  <names::shelf::Book as core::ops::drop::Drop>::drop at "
    has out "names.rs:17 in names"
    has out "// the Rust line"
)

rust_libraries_are_shown_without_the_hash_of_their_compiler() (
    cat >"$work/std.rs" <<'RUST'
#[no_mangle]
#[inline(never)]
pub extern "C" fn marker(value: &u64) {
    std::hint::black_box(value);
}

fn main() {
    let value = std::hint::black_box(Some(7u64));
    value.iter().for_each(|v| {
        marker(v);
        std::hint::black_box(());
    });
}
RUST
    build std rustc -O -g "$work/std.rs"
    has out " at <rust>/library/core/src/"
    has_not out "/rustc/"
)

without_debug_information_the_symbol_table_answers() (
    build plain gcc -O2 "$here/programs/inlined.c"
    has out "#0  outermost in plain+0x"
    has_not out "name_in_log"
)

a_stripped_program_falls_back_to_the_log() (
    build plain gcc -O2 "$here/programs/inlined.c"
    strip "$work/plain"
    run_custody 0 report "$work/plain.jsonl"
    has out "#0  name_in_log in plain+0x"
)

separate_debug_files_are_found_by_link() (
    build linked gcc -O2 -g "$here/programs/inlined.c"
    objcopy --only-keep-debug "$work/linked" "$work/linked.debug"
    strip "$work/linked"
    objcopy --add-gnu-debuglink="$work/linked.debug" "$work/linked"
    run_custody 0 report "$work/linked.jsonl"
    expands_inlined_calls
)

a_changed_program_is_not_believed() (
    build changed gcc -O2 -g "$here/programs/inlined.c"
    "$here/log_of_call.sh" "$work/changed" 00112233 >"$work/changed.jsonl"
    run_custody 0 report "$work/changed.jsonl"
    has out "#0  name_in_log in changed+0x"
    has out "(file changed since)"
    has_not out "inlined.c"
)

a_program_that_is_gone_leaves_the_log() (
    build gone gcc -O2 -g "$here/programs/inlined.c"
    rm "$work/gone"
    run_custody 0 report "$work/gone.jsonl"
    has out "#0  name_in_log in gone+0x"
    has out "(file gone)"
)

a_program_that_became_garbage_leaves_the_log() (
    build broken gcc -O2 -g "$here/programs/inlined.c"
    head -c 3000 "$work/broken" >"$work/half"
    mv "$work/half" "$work/broken"
    run_custody 0 report "$work/broken.jsonl"
    has out "name_in_log in broken+0x"
)

json_has_the_calls_of_a_frame() (
    build inlined gcc -O2 -g "$here/programs/inlined.c"
    run_custody 0 report --format json "$work/inlined.jsonl"
    python3 - "$work/out" <<'PYTHON' || complain "the frame is not as it should be"
import json, sys
frame = json.load(open(sys.argv[1]))["findings"][0]["release"][0]
calls = [(c["function"], c["line"], c["inlined"]) for c in frame["calls"]]
assert calls == [("innermost", 11, True), ("between", 17, True), ("outermost", 22, False)], calls
assert frame["module_file"] == "ok" and frame["module"].endswith("/inlined"), frame
PYTHON
)

check_says_the_place() (
    build inlined gcc -O2 -g "$here/programs/inlined.c"
    run_custody 1 check "$work/inlined.jsonl"
    has out "programs/inlined.c:11 [0123456789abcdef]"
)

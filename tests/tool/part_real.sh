# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# The whole way: a faulty program under the runtime itself, from `run` to what a person reads.

: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

# Compiles the faulty program and its library into $work.
faulty_program() {
    [ -f "$(dirname "$custody")/libcustody_preload.so" ] || complain "no libcustody_preload.so beside $custody"
    gcc -g -O1 -shared -fPIC -o "$work/libledger.so" "$here/programs/ledger.c" || complain "cannot compile"
    gcc -g -O1 -w -o "$work/faulty" "$here/programs/faulty.c" -L"$work" -lledger -Wl,-rpath,"$work" ||
        complain "cannot compile"
}

a_log_in_the_environment_is_set_aside_with_a_word() (
    CUSTODY_OPTIONS=stacks=4:log=$work/other run_custody 0 run true
    has err "CUSTODY_OPTIONS: log is set aside"
    CUSTODY_OPTIONS=isolate=catalog run_custody 0 run true
    ! grep -q "set aside" "$work/err" || complain "no log was named"
)

a_faulty_program_is_reported_with_its_source_lines() (
    faulty_program
    run_custody 99 run "$work/faulty"
    has err "error: double-free: 24 bytes of faulty (c) released a second time by faulty (c) with free"
    has err "warning: cross-side-free: 7 bytes of libledger.so (c) released by faulty (c) with free"
    has err "first released:"
    has err "#0  release at "
    has err "| free(block); /* released here */"
    has err "help: one release only"
    has err "sides of faulty (1 run)"
    has err "crossings of faulty"
    has err "error: leak: 1 block, 99 bytes of faulty (c) definitely lost"
    has err "custody: 2 errors, 1 warning, "
)

its_correct_twin_is_not() (
    faulty_program
    run_custody 4 run --fail-on warning "$work/faulty" right
    has_not err "error: "
    has_not err "warning: "
)

streams_and_status_stay_the_programs() (
    faulty_program
    status=0
    echo hello | "$custody" run --fail-on never --quiet "$work/faulty" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq 4 ] || complain "status $status"
    [ "$(cat "$work/out")" = "read hello" ] || complain "stdout: $(cat "$work/out")"
    is_empty err
)

findings_of_children_count() (
    faulty_program
    run_custody 99 run --log "$work/log.jsonl" sh -c '"$1" & wait; "$1"; exit 0' sh "$work/faulty"
    has err "seen 2 times in 2 processes"
)

strict_makes_a_crossing_an_error() (
    faulty_program
    run_custody 99 run --strict "$work/faulty"
    has err "error: cross-side-free"
)

leaks_can_be_left_out_and_listed() (
    faulty_program
    run_custody 99 run --leaks off "$work/faulty"
    has_not err "leak: "
    run_custody 99 run --quiet --log "$work/log.jsonl" "$work/faulty"
    run_custody 0 report --severity note "$work/log.jsonl"
    has out "error: leak: 1 block, 99 bytes of faulty (c) definitely lost"
    has out "| block = malloc(99); /* never released */"
)

a_run_is_its_own_baseline() (
    faulty_program
    "$custody" run --quiet --log "$work/known.jsonl" "$work/faulty" 2>/dev/null
    "$custody" run --quiet --log "$work/now.jsonl" "$work/faulty" 2>/dev/null
    run_custody 0 check --fail-on warning --baseline "$work/known.jsonl" "$work/now.jsonl"
    has out "0 new, 3 known, 0 fixed"
    "$custody" run --quiet --log "$work/now.jsonl" "$work/faulty" right
    run_custody 0 check --fail-on warning --baseline "$work/known.jsonl" "$work/now.jsonl"
    has out "0 new, 0 known, 3 fixed"
)

totals_of_a_side_are_exact_with_threads() (
    gcc -O1 -pthread -o "$work/peaks" "$here/programs/peaks.c" || complain "cannot compile"
    run_custody 0 run --quiet --log "$work/log.jsonl" "$work/peaks"
    run_custody 0 report --format json --side peaks "$work/log.jsonl"
    python3 - "$work/out" "$work/peaks" <<'END' || complain "$(cat "$work/out")"
import json, sys
side, = json.load(open(sys.argv[1]))["programs"][0]["sides"]
sys.exit(side != {"side": "peaks", "lang": "c", "module": sys.argv[2], "allocs": 300, "frees": 300,
                  "total_bytes": 300 * 8192, "live_blocks": 0, "live_bytes": 0,
                  "peak_blocks": 200, "peak_bytes": 200 * 8192})
END
    run_custody 0 report --side peaks "$work/log.jsonl"
    has out "  peaks (c)        300  2457600            0      0          200  1638400"
)

# same_keys ONE OTHER: both logs have the same findings by key, with frames of $work/program that lie elsewhere.
same_keys() {
    python3 - "$1" "$2" <<'END' || complain "$(grep -h '"finding"' "$1" "$2")"
import json, sys

def findings(path):
    keys, frames = [], []
    for event in map(json.loads, open(path)):
        if event["event"] == "finding" and event.get("owner", {}).get("side") == "program":
            keys.append((event["kind"], event["key"]))
            frames += [frame["offset"] for frame in event["alloc"] if frame["module"] == 0]
    return sorted(keys), frames

(keys, frames), (other_keys, other_frames) = map(findings, sys.argv[1:])
sys.exit(not (keys and frames and keys == other_keys and frames != other_frames))
END
}

keys_outlive_unrelated_code() (
    gcc -O1 -shared -fPIC -o "$work/libledger.so" "$here/programs/ledger.c" || complain "cannot compile"
    for build in one other; do
        moved=()
        [ $build = one ] || moved=(-include "$here/programs/unrelated.h")
        gcc -O1 -w -fno-omit-frame-pointer "${moved[@]}" -o "$work/program" "$here/programs/faulty.c" \
            -L"$work" -lledger -Wl,-rpath,"$work" || complain "cannot compile"
        "$custody" run --quiet --log "$work/$build.jsonl" "$work/program" </dev/null
    done
    same_keys "$work/one.jsonl" "$work/other.jsonl"
)

keys_outlive_unrelated_rust_code_and_other_hashes_of_crates() (
    for mangling in legacy v0; do
        for build in one other; do
            moved=()
            [ $build = one ] || moved=(--cfg moved -C metadata=other)
            RUSTC_BOOTSTRAP=1 rustc --edition 2021 -A warnings -O -C force-frame-pointers=yes -Z unstable-options \
                -C symbol-mangling-version=$mangling "${moved[@]}" -o "$work/program" "$here/programs/keys.rs" ||
                complain "cannot compile"
            "$custody" run --quiet --log "$work/$build.jsonl" "$work/program" >/dev/null
        done
        same_keys "$work/one.jsonl" "$work/other.jsonl"
    done
)

a_stack_without_frame_pointers_goes_through_a_signal_to_main() (
    gcc -g -O2 -fomit-frame-pointer -o "$work/handler" "$here/programs/handler.c" || complain "cannot compile"
    run_custody 99 run --log "$work/handler.jsonl" "$work/handler"
    has err "released a second time by handler (c) with free"
    run_custody 0 report --all-frames "$work/handler.jsonl"
    tr '\n' ' ' <"$work/out" >"$work/line"
    grep -qE "release at .*on_signal at .*raise .*compare at .*qsort.*main at .*_start in handler" "$work/line" ||
        complain "not whole: $(cat "$work/out")"
)

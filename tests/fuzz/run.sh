#!/bin/sh
# Usage: run.sh BUILD SECONDS TARGET...
# Runs each fuzz target for so long over its corpus and what earlier runs added to it (BUILD/corpus/TARGET), and sums up. An
# input that breaks a target is left as BUILD/TARGET-crash-*, -timeout-* or -oom-*; once mended, it belongs into the corpus. An
# input of a few kilobytes may take SECONDS_PER_INPUT and MEGABYTES: what takes more is a fault like any other.
set -u

SECONDS_PER_INPUT=10
MEGABYTES=2048

build=$1
seconds=$2
shift 2
failed=0

# What a target takes at most, in bytes: as much as makes it slow is no better than less.
longest() {
    case $1 in
    facts | elf | image | program) echo 40000 ;;
    log | policy | lines) echo 8192 ;;
    code) echo 160 ;;
    *) echo 2048 ;;
    esac
}

for target; do
    found=$build/corpus/$target
    mkdir -p "$found"
    dictionary=tests/fuzz/$target.dict
    [ -e "$dictionary" ] || dictionary=
    # The target's own output is not of interest before it fails.
    if "$build/fuzz_$target" -max_total_time="$seconds" -timeout="$SECONDS_PER_INPUT" -rss_limit_mb="$MEGABYTES" \
        -max_len="$(longest "$target")" -artifact_prefix="$build/$target-" -print_final_stats=1 \
        ${dictionary:+-dict="$dictionary"} "$found" "tests/fuzz/corpus/$target" >"$build/$target.log" 2>&1; then
        awk -v name="$target" '
            /stat::number_of_executed_units/ { runs = $2 }
            /stat::peak_rss_mb/ { peak = $2 }
            / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") paths = $(i + 1) }
            END { printf "  %-14s %9d inputs, %6d branches, %5d MB\n", name, runs, paths, peak }' "$build/$target.log"
    else
        failed=$((failed + 1))
        printf '  %-14s FAILED (%s)\n' "$target" "$build/$target.log"
        grep -E -A12 'ERROR|SUMMARY|Test unit written|runtime error' "$build/$target.log" | head -n 40 | sed 's/^/    | /'
    fi
done
[ "$failed" -eq 0 ]

#!/bin/bash
# Usage: run.sh [PATTERN]
# Tests of the command-line tool as its users meet it: golden reports of hand-made logs, symbols of programs compiled here,
# exit statuses of `run` with a stand-in for the runtime, and hostile input. Runs the tests whose name matches PATTERN (all
# by default), says which failed and why, and ends with "N passed, N failed". CUSTODY_BUILD says where the tool is.
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=${CUSTODY_BUILD:-$here/../../build}
custody=$(realpath "$build")/custody
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
pattern=${1:-.}

[ -x "$custody" ] || { echo "no $custody: run make first"; echo "0 passed, 1 failed"; exit 1; }
unset CUSTODY_OPTIONS CUSTODY_PRELOAD LD_PRELOAD NO_COLOR DEBUGINFOD_URLS
export TMPDIR=$work XDG_CACHE_HOME=$work/cache

# The body of a test says what is wrong with these; the first complaint ends the test.
complain() { echo "    $*"; exit 1; }

# run_custody STATUS ARG...: runs the tool, keeps its output in $work/out and $work/err, and wants that exit status.
run_custody() {
    local wanted=$1 status=0
    shift
    "$custody" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || complain "custody $*: status $status, not $wanted: $(head -c 500 "$work/err")"
}

# has FILE TEXT: the text is a part of a line of out or err.
has() { grep -qF -- "$2" "$work/$1" || complain "'$2' is not in std$1: $(head -c 1500 "$work/$1")"; }
has_not() { ! grep -qF -- "$2" "$work/$1" || complain "'$2' is in std$1"; }
is_empty() { [ ! -s "$work/$1" ] || complain "std$1 is not empty: $(head -c 500 "$work/$1")"; }

# golden NAME: what was printed is what expected/NAME holds.
golden() { diff -u "$here/expected/$1" "$work/out" || complain "differs from expected/$1"; }

# test_case NAME: runs the function of that name in a shell of its own.
test_case() {
    echo "$1" | grep -q -- "$pattern" || return 0
    local said
    if said=$(cd "$here/logs" && "$1" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$1" "$said"
    fi
}

for part in "$here"/part_*.sh; do
    # shellcheck source=/dev/null
    . "$part"
done
# Tests are the functions whose body is a subshell.
mapfile -t names < <(sed -n 's/^\([a-z_0-9]*\)() ($/\1/p' "$here"/part_*.sh)
for name in "${names[@]}"; do
    test_case "$name"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

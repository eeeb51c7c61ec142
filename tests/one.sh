#!/bin/sh
# Usage: one.sh NAME
# Runs what has that name: a unit test program (test_tag or tag), a single unit test (release_is_seen_once, or
# test_tag:release_*), or else the scenarios and edge cases that match it.
set -eu

name=${1:?usage: make test-one T=name}
build=${CUSTODY_BUILD:-build}

run_unit() { # program, filter
    TEST_FILTER=$2 exec "$build/tests/$1"
}

case $name in
test_*:*) run_unit "${name%%:*}" "${name#*:}" ;;
esac
for program in "$name" "test_$name"; do
    [ ! -x "$build/tests/$program" ] || run_unit "$program" ""
done

source=$(grep -lw -- "$name" tests/unit/test_*.c 2>/dev/null | head -n 1)
[ -z "$source" ] || run_unit "$(basename "$source" .c)" "$name"

status=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for suite in tests/scenarios/run.py tests/edge/run.py tests/linked/run.py; do
    { "$suite" --filter "$name" || echo "$suite failed"; } 2>&1 | tee -a "$output"
done
if ! grep -Eq '^[1-9][0-9]* passed|[1-9][0-9]* failed$' "$output"; then
    echo "test-one: nothing is named $name" >&2
    status=1
fi
! grep -q '^tests/.* failed$' "$output" || status=1
exit "$status"

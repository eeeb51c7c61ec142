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
for suite in tests/scenarios/run.py tests/edge/run.py; do
    [ ! -x "$suite" ] || "$suite" --filter "$name" || status=$?
done
exit "$status"

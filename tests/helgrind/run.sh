#!/bin/sh
# Usage: run.sh PROGRAM
# Runs a test program under Helgrind: 99 when it saw a race, else the program's own status. Children of fork are run, too, but
# not judged: Helgrind goes on to hold the parent's other threads against them, and takes mutexes that jemalloc makes
# anew there for those of the parent.
set -u

log=$(mktemp)
trap 'rm -f "$log"' EXIT
valgrind -q --tool=helgrind --fair-sched=yes --history-level=approx --child-silent-after-fork=yes --log-file="$log" \
    --suppressions="$(dirname "$0")/suppressions" "$@"
status=$?
if [ -s "$log" ]; then
    cat "$log"
    status=99
fi
exit "$status"

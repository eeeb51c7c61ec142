#!/bin/sh
# Usage: step.sh NAME COMMAND [ARG...]
# Runs a check: one line when it passes, all of its output when it fails.
set -u

name=$1
shift
began=$(date +%s)
if output=$("$@" 2>&1); then
    printf '  ok    %-32s (%s s)\n' "$name" "$(($(date +%s) - began))"
else
    status=$?
    printf '%s\n' "$output" | sed 's/^/    | /'
    printf '  FAIL  %-32s (status %s)\n' "$name" "$status"
    exit 1
fi

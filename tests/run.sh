#!/bin/sh
# Usage: run.sh PROGRAM...
# Runs test programs, one line each, and sums up. A program fails when its exit status is not 0; what it printed is then
# shown. Its counts come from CMocka's summary or from a last line "N passed, N failed". Settings, by environment:
#   CUSTODY_BUILD  where logs go ($CUSTODY_BUILD/tests/logs)
#   TESTS_UNDER    command that each program is run under (a checker)
#   TESTS_WITHOUT  what to leave out: PROGRAM, or PROGRAM:TEST for a single unit test; counted in the output
#   TESTS_TIMEOUT  seconds that a program may take (default 1800)
set -u

logs=${CUSTODY_BUILD:-build}/tests/logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0

# Prints "PASSED FAILED" as the log tells them, or nothing.
counts() {
    awk '
        /^\[  PASSED  \] [0-9]+ test/ { cmocka = 1; p += $4 }
        /^\[  FAILED  \] [0-9]+ test/ { cmocka = 1; f += $4 }
        /^[0-9]+ passed, [0-9]+ failed/ { last = $1 + 0 " " $3 + 0 }
        END { if (last != "") print last; else if (cmocka) print p + 0, f + 0 }
    ' "$1"
}

for program; do
    name=$(basename "$program")
    case $program in
    tests/*) name=$(basename "$(dirname "$program")") ;;
    esac
    TEST_SKIP=
    for without in ${TESTS_WITHOUT:-}; do
        case $without in
        "$name" | "$name":*) skipped=$((skipped + 1)) ;;
        esac
        case $without in
        "$name") continue 2 ;;
        "$name":*) TEST_SKIP="$TEST_SKIP ${without#*:}" ;;
        esac
    done
    export TEST_SKIP

    began=$(date +%s)
    # TESTS_UNDER is a command with its arguments.
    # shellcheck disable=SC2086
    timeout -k 10 "${TESTS_TIMEOUT:-1800}" ${TESTS_UNDER:-} "$program" >"$logs/$name.log" 2>&1
    status=$?
    took=$(($(date +%s) - began))
    result=$(counts "$logs/$name.log")
    p=${result% *}
    f=${result#* }
    if [ "$status" -eq 0 ] && { [ -z "$result" ] || [ "$p" -eq 0 ]; }; then
        status="no test was run"
        f=1
    fi
    passed=$((passed + ${p:-0}))
    if [ "$status" = 0 ] && [ "${f:-0}" -eq 0 ]; then
        printf '  %-28s %5s passed  (%s s)\n' "$name" "$p" "$took"
        continue
    fi
    [ "${f:-0}" -gt 0 ] || f=1
    failed=$((failed + f))
    printf '  %-28s %5s passed, %s FAILED  (status %s, %s s, %s)\n' "$name" "${p:-0}" "$f" "$status" "$took" \
        "$logs/$name.log"
    sed 's/^/    | /' "$logs/$name.log" | tail -n 60
done

[ "$skipped" -eq 0 ] || printf '  %s left out, for reasons given in tests/build.mk\n' "$skipped"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

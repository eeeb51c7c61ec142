#!/bin/sh
# Usage: demo.sh BUILD
# Shows Custody at work: runs the Rust client from BUILD under `custody run`, both ownership models done right and then
# each bug, and prints each report. Ends with a table. Status 0 when every bug was found, and nothing in any correct run.
set -eu

build=$(realpath "$1")
custody=$build/custody
client=$build/client/dynamic-debug/client
logs=$build/demo
tab=$(printf '\t')

if [ -t 1 ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
    bold='' plain=''
fi

heading() {
    printf '\n%s== %s ==%s\n\n' "$bold" "$1" "$plain"
}

# audited NAME COMMAND...: runs a command under Custody with a log of this name. Leaves its exit status in $status.
audited() {
    log=$logs/$1.log
    shift
    rm -f "$log"
    status=0
    "$custody" run --quiet --stacks 8 --log "$log" -- "$@" || status=$?
}

# The findings of the last log, one a line, as "<kind> <severity> <bytes>".
findings() {
    sed -n -e '/"event":"finding"/!d' \
        -e 's/.*"kind":"\([^"]*\)","severity":"\([^"]*\)".*"block":{[^}]*"size":\([0-9]*\).*/\1 \2 \3/p; t' \
        -e 's/.*"kind":"\([^"]*\)","severity":"\([^"]*\)".*/\1 \2 0/p' "$log"
}

# The last run ended well and has neither error nor warning in its log.
is_silent() {
    [ "$status" -eq 0 ] && grep -q '"event":"exit"' "$log" && ! findings | grep -Eq ' (error|warning) '
}

# has_expected NAME: everything that the table expects of this bug was found in the last log, and the client went on to
# its own end.
has_expected() {
    grep -q '"event":"exit".*"status":0' "$log" || return 1
    expected "$1" | while read -r fact; do
        case $fact in '- - 0') continue ;; esac
        findings | grep -qxF -e "$fact" || exit 1
    done
}

# expected NAME: "<kind> <severity> <bytes>" of each finding that the table has for this bug.
expected() {
    "$client" list --tsv | awk -F "$tab" -v name="$1" '$1 == name { print $3, $4, $7 }'
}

# summary NAME: what is done wrong, in one line.
summary() {
    "$client" list --tsv | awk -F "$tab" -v name="$1" '$1 == name { print $8; exit }'
}

# verdict COMMAND...: "yes", or "NO" when the command fails, which is then remembered.
verdict() {
    if "$@"; then
        answer=yes
    else
        answer=NO
        failures=$((failures + 1))
    fi
}

row() {
    printf '%-28s %-32s %-7s %s\n' "$@" >>"$table"
}

show_clean() {
    for link in dynamic static; do
        heading "Both ownership models, done right, ledger linked as $link library"
        audited "clean-$link" "$build/client/$link-debug/client" clean
        verdict is_silent
        row "clean ($link)" "nothing" "-" "$answer"
        "$custody" report "$log"
    done
}

show_bug() {
    heading "$1: $(summary "$1")"
    audited "$1" "$client" "$1"
    verdict has_expected "$1"
    found=$answer
    "$custody" report --severity "$(expected "$1" | awk '{ print $2 == "-" ? "warning" : $2; exit }')" "$log"
    kinds=$(expected "$1" | awk '!seen[$1]++ { printf "%s%s", sep, $1; sep = " " }')
    audited "good-$1" "$client" good "$1" >/dev/null
    verdict is_silent
    [ "$kinds" = - ] && kinds="refused by the safe crate"
    row "$1" "$kinds" "$found" "$answer"
}

mkdir -p "$logs"
table=$logs/table
: >"$table"
failures=0
row BUG FINDING 'FOUND' 'SILENT WHEN RIGHT'

show_clean
for bug in $("$client" list --tsv | cut -f1 | uniq); do
    show_bug "$bug"
done

heading "Summary"
cat "$table"
printf '\nLogs are in %s; %s report LOG shows one again.\n' "$logs" "$custody"
if [ "$failures" -gt 0 ]; then
    printf '%s of the checks above failed.\n' "$failures"
    exit 1
fi

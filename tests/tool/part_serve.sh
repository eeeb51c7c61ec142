# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# The server of facts in `custody run`: what it makes, whom it answers, and that the command notices nothing of it.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

facts=$work/cache/custody/facts
asker=$here/programs/asker.py

# An unstripped program in $work/program with the build-id 0a0b, and the environment of a fresh user.
fresh_program() {
    rm -rf "$work/cache"
    echo '#include <stdlib.h>
    int main(void) { free(malloc(10)); return 0; }' >"$work/program.c"
    gcc -g -Wl,--build-id=0x0a0b -o "$work/program" "$work/program.c" || complain "cannot compile"
}

# asks WORD... : what the asker prints is these lines, in this order.
asks() {
    local wanted=$1
    shift
    run_custody 0 run --quiet python3 "$asker" "$@"
    [ "$(tr '\n' ' ' <"$work/out")" = "$wanted " ] || complain "asker $*: $(cat "$work/out")"
}

facts_are_made_while_a_command_runs_and_kept() (
    fresh_program
    run_custody 0 run --quiet "$work/program"
    [ -f "$facts/0a0b.facts" ] || complain "nothing was made: $(ls -R "$work/cache")"
    [ "$(stat -c %a "$facts/0a0b.facts" "$facts")" = "600
700" ] || complain "modes: $(stat -c %a "$facts/0a0b.facts" "$facts")"
    local made
    made=$(stat -c %i "$facts/0a0b.facts")
    run_custody 0 run --quiet "$work/program"
    [ "$(stat -c %i "$facts/0a0b.facts")" = "$made" ] || complain "made again"
)

facts_are_not_made_when_that_is_not_wanted() (
    fresh_program
    run_custody 0 run --quiet --no-prepare "$work/program"
    [ ! -e "$work/cache" ] || complain "made all the same: $(ls -R "$work/cache")"
    clean_stand_in
    run_custody 0 run --no-prepare sh -c 'echo "$CUSTODY_OPTIONS"'
    grep -qE ":facts=$facts:prepare=\$" "$work/out" || complain "options: $(cat "$work/out")"
)

a_damaged_file_of_facts_is_made_anew() (
    fresh_program
    run_custody 0 run --quiet "$work/program"
    printf X | dd of="$facts/0a0b.facts" bs=1 seek=90 conv=notrunc 2>/dev/null
    run_custody 0 run --quiet --no-prepare "$work/program"
    has err "0a0b.facts is damaged and is not used"
    run_custody 0 run --quiet "$work/program"
    is_empty err
    run_custody 0 run --quiet --no-prepare "$work/program"
    is_empty err
)

requests_are_checked() (
    clean_stand_in
    fresh_program
    mkfifo "$work/fifo"
    asks "ready ready" ask "$work/program" 0a0b ask "$work/program" 0a0b
    asks "none" ask "$work/program" 0a0c
    asks "none" ask "$work/program" ../0a0b
    asks "none none" ask program 0a0b ask "$work/missing" 0a0b
    asks "none none none" ask /dev/zero 0a0b ask "$work" 0a0b ask "$work/fifo" 0a0b
    asks "nothing nothing" send '' send 'a\0b'
    asks "nothing nothing" send 'a\0b\0c' send '\0\0\0'
    asks "none nothing" send '\0\0' send "$(printf '%5000s' x | tr ' ' p)"
    [ "$(ls "$facts")" = 0a0b.facts ] || complain "made: $(ls "$facts")"
)

what_is_refused_at_one_path_may_be_had_at_another() (
    clean_stand_in
    fresh_program
    asks "none ready" ask "$work/missing" 0a0b ask "$work/program" 0a0b
)

who_connects_and_says_nothing_is_in_nobodys_way() (
    clean_stand_in
    fresh_program
    asks "ready" idle 50 ask "$work/program" 0a0b
)

who_says_nothing_makes_room_when_there_is_none() (
    clean_stand_in
    fresh_program
    ulimit -S -n 24
    asks "ready ready" idle 30 ask "$work/program" 0a0b ask "$work/program" 0a0b
    ulimit -S -n "$(ulimit -H -n)"
    asks "ready" idle 100 ask "$work/program" 0a0b
)

a_server_that_somebody_stops_goes_on() (
    clean_stand_in
    fresh_program
    asks "ready ready" stop ask "$work/program" 0a0b stop ask "$work/program" 0a0b
    run_custody 0 run --quiet python3 "$asker" stop
)

ignored_children_have_a_status_all_the_same() (
    clean_stand_in
    trap '' CHLD
    run_custody 7 run --quiet sh -c 'exit 7'
    run_custody 0 run --quiet grep SigIgn /proc/self/status
    [ $((0x$(sed 's/SigIgn:[[:space:]]*//' "$work/out") & 1 << 16)) -ne 0 ] || complain "no longer ignored: $(cat "$work/out")"
)

other_users_are_not_answered() (
    clean_stand_in
    fresh_program
    [ "$(id -u)" = 0 ] || exit 0
    asks "ready nothing" ask "$work/program" 0a0b as 12345 ask "$work/program" 0a0b
)

names_of_servers_differ_and_cannot_be_guessed() (
    clean_stand_in
    run_custody 0 run --quiet python3 "$asker" name
    local first
    first=$(cat "$work/out")
    run_custody 0 run --quiet python3 "$asker" name
    echo "$first" | grep -qxE 'custody-[0-9a-f]{32}' || complain "name $first"
    [ "$first" != "$(cat "$work/out")" ] || complain "the same name twice"
)

# Waits up to a minute until process $1 is gone.
await_end_of() {
    local tries=0
    while [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; do
        [ $((tries += 1)) -lt 1200 ] || complain "process $1 lives on"
        sleep 0.05
    done
}

the_server_ends_with_the_command() (
    clean_stand_in
    run_custody 0 run --quiet python3 "$asker" pid
    [ ! -e "/proc/$(cat "$work/out")" ] || complain "process $(cat "$work/out") lives on"
    run_custody 137 run --quiet sh -c 'python3 "$0" pid; kill -KILL $$' "$asker"
    [ ! -e "/proc/$(cat "$work/out")" ] || complain "process $(cat "$work/out") lives on"
    run_custody 127 run --quiet "$work/missing"
)

the_server_ends_when_custody_is_killed() (
    clean_stand_in
    "$custody" run --quiet sh -c 'python3 "$0" pid; echo told; while :; do sleep 0.1; done' "$asker" >"$work/out" 2>&1 &
    local run=$! tries=0 command
    until grep -q told "$work/out"; do
        [ $((tries += 1)) -lt 1200 ] || complain "the command does not start"
        sleep 0.05
    done
    command=$(pgrep -P "$run" sh)
    kill -KILL "$run"
    kill -KILL "$command"
    await_end_of "$(head -n 1 "$work/out")"
)

# What a command can see of the processes and files around it.
surroundings='
    echo "group $(ps -o pgid= -p $$ | tr -d " ") of $(ps -o pgid= -p $PPID | tr -d " ")" | sed "s/\([0-9]*\) of \1/one/"
    echo "session $(ps -o sid= -p $$ | tr -d " ") of $(ps -o sid= -p $PPID | tr -d " ")" | sed "s/\([0-9]*\) of \1/one/"
    echo "children $(ps -o comm= --ppid $$ | sort | tr "\n" " ")"
    echo "in the group $(ps -eo pgid=,comm= | awk -v g="$(ps -o pgid= -p $$ | tr -d " ")" "\$1 == g { print \$2 }" | grep -c custody)"
    echo "descriptors $(ls /proc/$$/fd | tr "\n" " ")"
    echo "signals $(grep -E "^(SigBlk|SigIgn|SigCgt)" /proc/$$/status | tr "\n" " ")"
    echo "input $(cat)"'

the_command_sees_nothing_of_the_server() (
    clean_stand_in
    echo "$surroundings" >"$work/look.sh"
    echo words | setsid "$custody" run --quiet sh "$work/look.sh" >"$work/with" 2>&1
    echo words | setsid "$custody" run --quiet --no-prepare sh "$work/look.sh" >"$work/without" 2>&1
    grep -q "input words" "$work/with" || complain "$(cat "$work/with")"
    diff "$work/with" "$work/without" || complain "differs"
)

the_server_holds_nothing_of_who_started_it() (
    clean_stand_in
    exec 7>"$work/held"
    run_custody 0 run --quiet sh -c 'readlink /proc/"$(python3 "$0" pid)"/fd/* | sort | tr "\n" " "' "$asker"
    grep -qxE '/dev/null /dev/null /dev/null socket:\[[0-9]+\] ' "$work/out" || complain "it has $(cat "$work/out")"
)

who_has_no_standard_streams_is_served_too() (
    clean_stand_in
    fresh_program
    "$custody" run --quiet sh -c 'exec >"$2"; python3 "$0" ask "$1" 0a0b' "$asker" "$work/program" "$work/told" \
        <&- >&- 2>&- || complain "status $?"
    [ "$(cat "$work/told")" = ready ] || complain "told: $(cat "$work/told")"
)

signals_to_the_group_do_not_reach_the_server() (
    clean_stand_in
    fresh_program
    run_custody 0 run --quiet setsid sh -c ':'
    setsid "$custody" run --quiet sh -c 'trap : TERM INT HUP; kill -TERM 0; kill -INT 0; python3 "$0" ask "$1" 0a0b' \
        "$asker" "$work/program" >"$work/out" 2>&1
    has out ready
)

a_cache_that_cannot_be_written_is_replaced_for_the_run() (
    clean_stand_in
    fresh_program
    : >"$work/cache"
    run_custody 0 run --quiet sh -c 'python3 "$0" ask "$1" 0a0b; echo "$CUSTODY_OPTIONS"; ls "$TMPDIR"/custody-facts-*' \
        "$asker" "$work/program"
    has out ready
    has out 0a0b.facts
    grep -qE ":facts=$work/custody-facts-[^:]*:prepare=custody-" "$work/out" || complain "options: $(cat "$work/out")"
    ! ls -d "$work"/custody-facts-* 2>/dev/null || complain "left behind"
    rm "$work/cache"
)

a_directory_that_the_settings_name_is_used() (
    clean_stand_in
    fresh_program
    CUSTODY_OPTIONS=facts=/nowhere:facts=$work/named:stacks=3
    export CUSTODY_OPTIONS
    asks "ready" ask "$work/program" 0a0b
    [ -f "$work/named/0a0b.facts" ] || complain "not in the directory named"
    [ ! -e "$work/cache" ] || complain "elsewhere, too: $(ls -R "$work/cache")"
)

# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# `custody run`, with a stand-in for the runtime that writes what a test gives it: exit statuses, logs, refusals.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

# Makes every later `run` of this test write the given log file.
stand_in() {
    gcc -shared -fPIC -o "$work/preload.so" "$here/programs/fake_preload.c" || complain "cannot compile the stand-in"
    export CUSTODY_PRELOAD=$work/preload.so
    export FAKE_LOG=$PWD/$1
}

# The same with a log that has a start event and nothing else.
clean_stand_in() {
    stand_in cut.jsonl
    head -n 1 cut.jsonl >"$work/clean.jsonl"
    export FAKE_LOG=$work/clean.jsonl
}

a_clean_command_keeps_its_status_and_streams() (
    clean_stand_in
    run_custody 7 run -- sh -c 'echo out; exit 7'
    [ "$(cat "$work/out")" = out ] || complain "stdout is not the command's"
    has err "custody: 0 errors, 0 warnings, 0 notes in "
)

a_quiet_clean_run_says_nothing() (
    clean_stand_in
    run_custody 0 run --quiet true
    is_empty out
    is_empty err
)

findings_make_99() (
    stand_in each_kind.jsonl
    run_custody 99 run true
    has err "error: double-free"
    has err "sides of client"
    has err "7 errors, 1 warning, 2 notes"
    is_empty out
)

findings_make_the_exit_code_asked_for() (
    stand_in each_kind.jsonl
    run_custody 3 run --exit-code 3 true
    run_custody 0 run --exit-code=0 false
)

fail_on_decides_what_fails() (
    stand_in each_kind.jsonl
    run_custody 5 run --fail-on never sh -c 'exit 5'
    head -n 3 each_kind.jsonl >"$work/warning.jsonl"
    grep cross-side-free each_kind.jsonl >>"$work/warning.jsonl"
    FAKE_LOG=$work/warning.jsonl
    run_custody 0 run true
    run_custody 99 run --fail-on warning true
    run_custody 99 run --fail-on note true
)

a_quiet_run_that_fails_says_one_line() (
    stand_in each_kind.jsonl
    run_custody 99 run --quiet true
    [ "$(wc -l <"$work/err")" -eq 1 ] || complain "more than a line: $(cat "$work/err")"
)

a_signal_is_passed_on() (
    clean_stand_in
    run_custody 137 run sh -c 'kill -KILL $$'
    has err "sh was killed by signal 9 (Killed)"
)

sigterm_reaches_the_command() (
    clean_stand_in
    "$custody" run --quiet sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.1; done' >"$work/out" 2>&1 &
    until grep -q ready "$work/out"; do sleep 0.05; done
    kill -TERM $!
    status=0
    wait $! || status=$?
    [ "$status" -eq 42 ] || complain "status $status"
)

sigint_is_the_commands_affair() (
    clean_stand_in
    # Background shells ignore SIGINT and pass that on, so Python sets up the default and the process group.
    python3 - "$custody" <<'PYTHON' || complain "interrupted run did not wait for its command"
import os, signal, subprocess, sys
command = ["sh", "-c", 'trap "exit 43" INT; echo ready; while :; do sleep 0.1; done']
run = subprocess.Popen([sys.argv[1], "run", "--quiet", *command], stdout=subprocess.PIPE, start_new_session=True,
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
run.stdout.readline()
os.killpg(run.pid, signal.SIGINT)
sys.exit(0 if run.wait() == 43 else 1)
PYTHON
)

a_named_log_is_begun_afresh_and_kept() (
    clean_stand_in
    echo old >"$work/kept.jsonl"
    run_custody 0 run --log "$work/kept.jsonl" true
    has err "log: $work/kept.jsonl"
    cmp "$work/kept.jsonl" "$FAKE_LOG" || complain "the log is not the run's"
)

a_new_log_is_private_and_its_path_may_be_relative() (
    clean_stand_in
    cd "$work" || exit 1
    run_custody 0 run --log relative.jsonl sh -c 'cd /'
    [ "$(stat -c %a relative.jsonl)" = 600 ] || complain "mode $(stat -c %a relative.jsonl)"
)

no_temporary_log_stays() (
    clean_stand_in
    run_custody 0 run true
    run_custody 127 run "$work/missing"
    ! ls "$work"/custody-* 2>/dev/null || complain "left behind"
)

logs_that_are_no_files_are_refused() (
    clean_stand_in
    ln -s target "$work/link"
    mkfifo "$work/pipe"
    run_custody 125 run --log "$work/link" true
    has err "is a symbolic link"
    run_custody 125 run --log "$work" true
    has err "is a directory"
    run_custody 125 run --log "$work/pipe" true
    has err "not a regular file"
    run_custody 125 run --log /dev/null true
    has err "not a regular file"
    run_custody 125 run --log "$work/none/log" true
    has err "No such file or directory"
    run_custody 125 run --log "$work/a:b" true
    has err "':'"
)

settings_reach_the_command() (
    clean_stand_in
    : >"$work/policy"
    export CUSTODY_OPTIONS=isolate=x LD_PRELOAD=libm.so.6
    # The shell of the command expands the variables.
    run_custody 0 run --strict --stacks 4 --leaks off --policy "$work/policy" sh -c 'echo "$CUSTODY_OPTIONS $LD_PRELOAD"'
    local ours="log=$work/custody-[^:]+:strict=1:stacks=4:leaks=off:policy=$work/policy"
    ours+=":facts=$work/cache/custody/facts:prepare=custody-[0-9a-f]{32}"
    grep -qE "^isolate=x:$ours " "$work/out" || complain "options: $(cat "$work/out")"
    has out " $work/preload.so:libm.so.6"
)

a_command_that_custody_does_not_reach_is_an_error() (
    clean_stand_in
    unset FAKE_LOG
    run_custody 125 run true
    has err "Custody was not in it"
)

a_command_that_cannot_be_loaded_ends_as_it_does_without() (
    echo 'int lost(void); int lost(void) { return 0; }' >"$work/lost.c"
    echo 'int lost(void); int main(void) { return lost(); }' >"$work/needs.c"
    gcc -shared -fPIC -o "$work/liblost.so" "$work/lost.c" && gcc -o "$work/needs" "$work/needs.c" "$work/liblost.so" ||
        complain "cannot compile"
    rm "$work/liblost.so"
    run_custody 127 run "$work/needs"
    has err "error while loading shared libraries"
    has err "nothing was checked"
)

bad_command_lines_are_explained() (
    run_custody 125 run
    has err "no command given"
    run_custody 125 run --stacks 65 true
    has err "--stacks takes a number from 0 to 64, not '65'"
    run_custody 125 run --exit-code -1 true
    run_custody 125 run --exit-code 256 true
    run_custody 125 run --leaks some true
    has err "--leaks takes off, summary or full, not 'some'"
    run_custody 125 run --fail-on bad true
    has err "--fail-on takes error, warning, note or never, not 'bad'"
    run_custody 125 run --nonsense true
    has err "unknown option --nonsense"
    run_custody 125 run --log
    has err "--log needs a value"
    run_custody 125 run --quiet=1 true
    run_custody 125 run -q true
    run_custody 125 report
    run_custody 125 nonsense
    run_custody 125
)

policies_with_errors_are_refused_before_the_command_runs() (
    clean_stand_in
    printf '# a comment\n\n   # another\n' >"$work/policy"
    run_custody 0 run --policy "$work/policy" true
    printf 'allow a b\nforbid\n' >>"$work/policy"
    run_custody 125 run --policy "$work/policy" touch "$work/was-run"
    has err "$work/policy:4:7: 'a' is not NAME=VALUE"
    has err "    4 | allow a b"
    has err "      |       ^"
    has err "$work/policy:5:1: 'forbid' alone would forbid every crossing; name a field"
    has err "custody: run: nothing was run: 2 errors in the policy $work/policy"
    [ ! -e "$work/was-run" ] || complain "the command was run"
    run_custody 125 run --policy "$work/missing" true
    has err "cannot read the policy $work/missing: No such file or directory"
    run_custody 125 run --policy "$work" true
    has err "not a regular file"
)

commands_that_cannot_run_are_told_as_by_env() (
    clean_stand_in
    run_custody 127 run no-such-command-anywhere
    has err "command not found"
    run_custody 127 run "$work/none/x"
    run_custody 126 run "$work"
    has err "is a directory"
    echo 'echo hi' >"$work/text"
    run_custody 126 run "$work/text"
    has err "Permission denied"
    chmod +x "$work/text"
    run_custody 126 run "$work/text"
    has err "Exec format error"
    printf '#!/no/such/interpreter\n' >"$work/text"
    run_custody 127 run "$work/text"
    has err "/no/such/interpreter"
    printf '#!\n' >"$work/text"
    run_custody 126 run "$work/text"
    printf '#!%s\n' "$work/text" >"$work/text"
    run_custody 126 run "$work/text"
    has err "too many interpreters"
    printf '\177ELF garbage' >"$work/text"
    run_custody 126 run "$work/text"
)

scripts_run_through_their_interpreter() (
    clean_stand_in
    printf '#! /bin/sh -e\necho "script $1"\nexit 4\n' >"$work/script"
    chmod +x "$work/script"
    run_custody 4 run "$work/script" argument
    has out "script argument"
    PATH=$work:$PATH run_custody 4 run script
)

static_programs_are_refused() (
    clean_stand_in
    echo 'int main(void) { return 0; }' >"$work/main.c"
    gcc -static -o "$work/static" "$work/main.c" || complain "cannot compile"
    run_custody 125 run "$work/static"
    has err "linked statically"
    gcc -static-pie -o "$work/static" "$work/main.c" || complain "cannot compile"
    run_custody 125 run "$work/static"
    printf '#!%s\n' "$work/static" >"$work/script"
    chmod +x "$work/script"
    run_custody 125 run "$work/script"
    has err "linked statically"
)

programs_of_other_machines_are_refused() (
    clean_stand_in
    cp /bin/true "$work/other"
    printf '\267\000' | dd of="$work/other" bs=1 seek=18 conv=notrunc 2>/dev/null # e_machine: AArch64
    run_custody 125 run "$work/other"
    has err "built for 64-bit Arm"
)

sanitized_programs_are_refused_by_name() (
    clean_stand_in
    echo 'int main(void) { return 0; }' >"$work/main.c"
    local compiler
    for compiler in gcc clang; do
        "$compiler" -fsanitize=address -o "$work/san" "$work/main.c" || complain "cannot compile"
        run_custody 125 run "$work/san"
        has err "AddressSanitizer"
        "$compiler" -fsanitize=thread -o "$work/san" "$work/main.c" || complain "cannot compile"
        run_custody 125 run "$work/san"
        has err "ThreadSanitizer"
    done
    clang -fsanitize=memory -o "$work/san" "$work/main.c" || complain "cannot compile"
    run_custody 125 run "$work/san"
    has err "MemorySanitizer"
    gcc -fsanitize=undefined -o "$work/san" "$work/main.c" || complain "cannot compile"
    run_custody 0 run "$work/san"
)

privileged_programs_are_refused() (
    clean_stand_in
    local setuid=/bin/su setgid=/usr/bin/chage
    # Root can make some, and gains nothing by what is root's.
    if [ "$(id -u)" -eq 0 ]; then
        setuid=$work/setuid setgid=$work/setgid
        cp /bin/true "$setuid"
        cp /bin/true "$setgid"
        chown 65534 "$setuid"
        chgrp 65534 "$setgid"
        chmod u+s "$setuid"
        chmod g+s "$setgid"
    fi
    run_custody 125 run "$setuid"
    has err "is setuid"
    run_custody 125 run "$setgid"
    has err "is setgid"
)

programs_that_give_no_more_rights_are_run() (
    clean_stand_in
    cp /bin/true "$work/own"
    chmod u+s,g+s "$work/own"
    run_custody 0 run "$work/own"
)

a_missing_preload_is_an_error() (
    mkdir "$work/bin"
    cp "$custody" "$work/bin/custody"
    status=0
    "$work/bin/custody" run true 2>"$work/err" || status=$?
    [ "$status" -eq 125 ] || complain "status $status"
    has err "cannot find libcustody_preload.so"
    CUSTODY_PRELOAD=/nowhere/x.so run_custody 125 run true
    has err "CUSTODY_PRELOAD names /nowhere/x.so"
)

the_preload_is_found_where_make_install_puts_it() (
    clean_stand_in
    unset CUSTODY_PRELOAD
    local place
    for place in bin lib lib/custody; do
        mkdir -p "$work/p/bin" "$work/p/$place"
        cp "$custody" "$work/p/bin/custody"
        cp "$work/preload.so" "$work/p/$place/libcustody_preload.so"
        "$work/p/bin/custody" run --quiet true || complain "not found in $place"
        rm "$work/p/$place/libcustody_preload.so"
    done
)

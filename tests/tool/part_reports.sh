# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Reports and gates over hand-made logs. Each test is a function in a subshell, run in the directory of the logs.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

every_kind_is_reported_as_expected() (
    run_custody 0 report each_kind.jsonl
    golden each_kind.txt
    is_empty err
)

every_kind_is_reported_as_json_as_expected() (
    run_custody 0 report --format json each_kind.jsonl
    golden each_kind.json
)

leaks_are_shown_one_by_one_with_severity_note() (
    run_custody 0 report --severity note each_kind.jsonl
    has out "note: leak: 3 blocks, 144 bytes of client (rust) still live at exit"
    has_not out "note: live at exit"
)

releases_by_another_side_that_are_notes_are_summed_up() (
    run_custody 0 report crossings.jsonl
    has out "note: cross-side-free: liblib.so (c++) released by main (c++), contract 'new': 5 times, from 2 places"
    has out "note: cross-side-free: main (c++) released by liblib.so (c++), contract 'new': 1 time, from 1 place"
    has out "warning: cross-side-free: 24 bytes of main (c++) released by liblib.so (c++) with free"
    has_not out "note: cross-side-free: 24 bytes"
    run_custody 0 report --severity note crossings.jsonl
    has out "note: cross-side-free: 24 bytes of liblib.so (c++) released by main (c++)"
    has_not out "from 2 places"
    run_custody 0 report --severity warning crossings.jsonl
    has_not out "note: cross-side-free"
)

severity_error_hides_the_rest() (
    run_custody 0 report --severity=error each_kind.jsonl
    has out "error: double-free"
    has_not out "warning: cross-side-free"
    has_not out "note: live at exit"
)

side_shows_only_its_findings() (
    run_custody 0 report --side libledger.so each_kind.jsonl
    has_not err "no side"
    has out "cross-allocator-free"
    has_not out "mismatched-release"
    has_not out "live at exit: client"
    run_custody 0 report --side nobody each_kind.jsonl
    has_not out "error: "
    has_not out "sides of"
    has err "no side 'nobody' in these logs"
)

equal_findings_of_several_processes_are_one() (
    run_custody 0 report processes.jsonl
    golden processes.txt
)

the_same_log_twice_counts_twice() (
    run_custody 0 report processes.jsonl processes.jsonl
    has out "seen 10 times in 6 processes"
)

options_may_follow_the_logs() (
    run_custody 0 report each_kind.jsonl --format=json
    has out '"v": 1'
)

reports_are_plain_when_not_on_a_terminal() (
    run_custody 0 report each_kind.jsonl
    ! grep -q $'\033' "$work/out" || complain "escape codes in a file"
)

reports_are_coloured_on_a_terminal_unless_refused() (
    command -v script >/dev/null || exit 0
    TERM=xterm script -qec "'$custody' report each_kind.jsonl" /dev/null >"$work/out" </dev/null
    grep -q $'\033\\[1;31merror' "$work/out" || complain "no colour on a terminal"
    NO_COLOR=1 TERM=xterm script -qec "'$custody' report each_kind.jsonl" /dev/null >"$work/out" </dev/null
    ! grep -q $'\033' "$work/out" || complain "NO_COLOR is not respected"
)

a_cut_last_line_is_a_note() (
    run_custody 0 report cut.jsonl
    has err "cut.jsonl:3: note: the last line is cut short"
    has out "1 error, 0 warnings, 0 notes in 1 process"
)

damaged_lines_are_named_and_skipped() (
    run_custody 0 report damaged.jsonl
    has err "damaged.jsonl:2: not JSON; line skipped"
    has err "damaged.jsonl:3: not a JSON object"
    has err "damaged.jsonl:4: not an audit event"
    has err "damaged.jsonl:6: not an audit event"
    has out "1 error"
)

a_file_that_is_no_log_is_an_error() (
    run_custody 125 report garbage.jsonl
    has err "not an audit log"
    run_custody 125 report /dev/null
    run_custody 125 report "$work"
    has err "cannot read"
    run_custody 125 report "$work/missing"
    has err "No such file or directory"
)

a_log_of_another_version_is_an_error() (
    run_custody 125 report future.jsonl
    has err "future.jsonl:1: the log is of version 2"
)

hostile_logs_do_no_harm() (
    run_custody 0 report hostile.jsonl
    ! LC_ALL=C grep -q '[[:cntrl:]]' "$work/out" || complain "control characters reach the terminal"
    LC_ALL=C grep -q $'\x9b' "$work/out" && complain "a C1 control reaches the terminal"
    run_custody 0 report --format json hostile.jsonl
    python3 -m json.tool "$work/out" >/dev/null || complain "not JSON"
)

giant_lines_are_skipped() (
    { head -c 3000000 /dev/zero | tr '\0' 'x'; echo; cat cut.jsonl; } >"$work/giant"
    run_custody 0 report "$work/giant"
    has err ":1: longer than any line of a log; line skipped"
    has out "1 error"
)

binary_files_are_refused() (
    run_custody 125 report "$custody"
    has err "more malformed lines skipped"
)

ten_thousand_findings_take_seconds() (
    awk '{ print } /"event":"finding"/ && !done { for (i = 0; i < 10000; i++) { line = $0; sub(/"key":"[0-9a-f]*"/,
        sprintf("\"key\":\"%016x\"", i + 100), line); print line }; done = 1 }' processes.jsonl >"$work/many"
    timeout 20 "$custody" report "$work/many" >"$work/out" || complain "took too long"
    has out "10001 errors"
)

check_fails_on_errors() (
    run_custody 1 check each_kind.jsonl
    has out "error: double-free: 24 bytes of client (c) released a second time"
    has out "7 found"
    has_not out "warning:"
)

check_counts_from_the_severity_asked_for() (
    run_custody 1 check --fail-on note each_kind.jsonl
    has out "10 found"
    run_custody 0 check --fail-on never each_kind.jsonl
    has out "0 found"
)

check_knows_its_baseline() (
    run_custody 0 check --baseline baseline.jsonl processes.jsonl
    has out "fixed: error: double-free"
    has out "0 new, 1 known, 1 fixed"
    run_custody 1 check --baseline processes.jsonl baseline.jsonl
    has out "1 new, 1 known, 0 fixed"
)

check_needs_a_readable_baseline() (
    run_custody 125 check --baseline "$work/missing" processes.jsonl
    has err "cannot read"
)

a_full_disk_is_noticed() (
    [ -w /dev/full ] || exit 0
    "$custody" report each_kind.jsonl >/dev/full 2>"$work/err" && complain "status 0"
    has err "cannot write"
)

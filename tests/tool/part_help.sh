# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Help, explanations, version, completions, manual pages.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

version_is_told() (
    run_custody 0 --version
    grep -qxE 'custody [0-9]+\.[0-9]+\.[0-9]+' "$work/out" || complain "$(cat "$work/out")"
)

every_command_has_help() (
    local command
    for command in run report check policy prepare explain help; do
        run_custody 0 "$command" --help
        is_empty err
        [ "$command" = help ] || has out "Usage: custody $command"
        run_custody 0 help "$command"
    done
)

every_topic_has_help() (
    local topic
    for topic in commands settings findings log suppressions; do
        run_custody 0 help "$topic"
        [ -s "$work/out" ] || complain "nothing about $topic"
    done
    run_custody 125 help nonsense
    has err "no topic 'nonsense'"
)

every_kind_is_listed_and_explained() (
    local kinds kind
    kinds=$(sed -n 's/^CUSTODY_FINDING([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$here/../../include/custody/findings.def")
    [ -n "$kinds" ] || complain "no kinds in findings.def"
    for kind in $kinds; do
        run_custody 0 explain "$kind"
        has out "Fix: "
        has out "Not reported: "
        has out "Report:"
        run_custody 0 explain
        has out "$kind"
    done
)

unknown_kinds_get_a_suggestion() (
    run_custody 125 explain double-fre
    has err "did you mean double-free?"
    run_custody 125 explain leek
    has err "did you mean leak?"
)

manual_pages_pass_their_lint() (
    command -v mandoc >/dev/null || complain "no mandoc"
    mandoc -Tlint -Wwarning "$here"/../../docs/man/*.[1-8] || complain "see above"
)

manual_pages_name_every_option() (
    local command option
    for command in run report check policy prepare; do
        for option in $("$custody" help "$command" | grep -oE '^ +--[a-z-]+'); do
            mandoc -Tascii "$here/../../docs/man/custody-$command.1" | col -b | grep -q -- "$option" ||
                complain "custody-$command.1 lacks $option"
        done
    done
)

completions_name_every_option() (
    local command option file
    for command in run report check policy prepare; do
        for option in $("$custody" help "$command" | grep -oE '^ +--[a-z-]+'); do
            for file in custody.bash _custody custody.fish; do
                grep -q -- "${option#--}" "$here/../../tools/completion/$file" || complain "$file lacks $option"
            done
        done
    done
)

completions_name_every_kind() (
    local kind file
    for kind in $("$custody" explain | awk '/^$/ { exit } { print $1 }'); do
        for file in custody.bash _custody custody.fish; do
            grep -q -- "\b$kind\b" "$here/../../tools/completion/$file" || complain "$file lacks $kind"
        done
    done
)

# completed WORD...: what bash offers for the last word.
completed() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _custody; printf "%s\n" "${COMPREPLY[@]}"' bash "$here/../../tools/completion/custody.bash" "$@"
}

bash_completes_commands_options_and_values() (
    completed custody re | grep -qx report || complain "no report"
    completed custody run --fail | grep -qx -- --fail-on || complain "no --fail-on"
    completed custody run --fail-on w | grep -qx warning || complain "no warning"
    completed custody report --leaks-by c | grep -qx crate || complain "no crate"
    completed custody report --format f | grep -qx folded || complain "no folded"
    completed custody report --handle lo | grep -qx loan: || complain "no loan:"
    completed custody explain double | grep -qx double-free || complain "no double-free"
    completed custody run --log "$here/part_h" | grep -qx -- "$here/part_help.sh" || complain "no files after --log"
    completed custody run --stacks c | grep -q . && complain "words after --stacks, which takes a number"
    return 0
)

# Completion of custody for bash. Sourced by bash-completion, or by hand.
# shellcheck shell=bash

# What may follow an option that takes one of a few words.
_custody_values() {
    case $1 in
    --fail-on) echo error warning note never ;;
    --severity) echo error warning note ;;
    --leaks) echo off summary full ;;
    --format) echo text json folded ;;
    --leaks-by) echo side module crate site ;;
    --folded-by) echo bytes blocks ;;
    esac
}

_custody_options() {
    case $1 in
    run) echo --log --fail-on --exit-code --strict --policy --stacks --leaks --suppressions --no-prepare --quiet --help ;;
    report) echo --format --severity --side --block --handle --leaks-by --folded-by --all-frames --suppressions --help ;;
    policy) echo --quiet --help ;;
    prepare) echo --cache --timeout --force --show --clean --quiet --help ;;
    check) echo --fail-on --baseline --write-baseline --budget --suppressions --help ;;
    *) echo --help ;;
    esac
}

# Index of the first word of the command that `custody run` is to run; 0 when it has not come yet.
_custody_run_command() {
    local i
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --) echo $((i + 1)) && return ;;
        --log | --fail-on | --exit-code | --policy | --stacks | --leaks | --suppressions) i=$((i + 1)) ;;
        -*) ;;
        *) echo "$i" && return ;;
        esac
    done
    echo 0
}

_custody() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} first
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "run report check policy prepare explain help --version --help" -- "$word")
        return
    fi
    if [ "$command" = run ]; then
        first=$(_custody_run_command)
        if [ "$first" -gt 0 ] && declare -F _command_offset >/dev/null; then
            _command_offset "$first"
            return
        fi
    fi
    case $before in
    --fail-on | --severity | --leaks | --format | --leaks-by | --folded-by)
        mapfile -t COMPREPLY < <(compgen -W "$(_custody_values "$before")" -- "$word")
        return
        ;;
    --log | --policy | --baseline | --write-baseline | --suppressions)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --cache)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --handle)
        mapfile -t COMPREPLY < <(compgen -W "object: callback: loan: lease:" -- "$word")
        return
        ;;
    --exit-code | --stacks | --side | --block | --budget | --timeout) return ;;
    esac
    case $command:$word in
    *:-*) mapfile -t COMPREPLY < <(compgen -W "$(_custody_options "$command")" -- "$word") ;;
    explain:*)
        mapfile -t COMPREPLY < <(compgen -W "cross-allocator-free mismatched-release cross-side-free layout-mismatch \
            double-free invalid-free interior-free foreign-free wrong-type stale-handle wrong-thread not-owner \
            released-while-lent lend-conflict lend-outlived buffer-overrun buffer-overclaim buffer-retained \
            handle-leak transfer-leak leak" -- "$word")
        ;;
    help:*) mapfile -t COMPREPLY < <(compgen -W "commands settings findings log suppressions run report check policy prepare explain" -- "$word") ;;
    run:*) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}

complete -o filenames -F _custody custody

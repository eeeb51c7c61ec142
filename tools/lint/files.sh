#!/bin/sh
# Usage: files.sh PATTERN...
# Prints the repository's files whose name matches one of the shell patterns: those git knows of and those it would not
# ignore; in an unpacked archive without git, every file outside build directories.
set -eu

list() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . \( -name build -o -name target -o -name .git \) -prune -o -type f -print | sed 's,^\./,,'
    fi
}

list | while IFS= read -r file; do
    [ -f "$file" ] || continue
    for pattern; do
        # Patterns are meant as patterns.
        # shellcheck disable=SC2254
        case ${file##*/} in
        $pattern) printf '%s\n' "$file" && break ;;
        esac
    done
done

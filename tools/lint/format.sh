#!/bin/sh
# Usage: format.sh [--fix]
# Checks that C and C++ sources are laid out as .clang-format says; with --fix, lays them out.
set -eu

mode='--dry-run -Werror'
[ "${1:-}" != --fix ] || mode=-i
# The mode is a list of options.
# shellcheck disable=SC2086
tools/lint/files.sh '*.c' '*.h' '*.def' '*.cc' '*.cpp' '*.hpp' | xargs -r -n 8 -P 2 clang-format $mode

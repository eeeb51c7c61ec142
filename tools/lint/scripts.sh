#!/bin/sh
# Usage: scripts.sh
# Runs shellcheck over every file that begins as a shell script.
set -eu

tools/lint/files.sh '*' | while IFS= read -r file; do
    case $(head -c 64 "$file" | tr -d '\0' | head -n 1) in
    '#!'*/sh | '#!'*/bash | '#!'*'env bash' | '#!'*'env sh' | '#!/bin/sh '*) printf '%s\n' "$file" ;;
    esac
done | xargs -r shellcheck

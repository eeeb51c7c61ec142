#!/bin/sh
# Usage: build.sh BUILD
# Builds the client, linked statically and dynamically, debug and release, as BUILD/client/<link>-<profile>/client. One
# after the other, because all four pass through the same place in cargo's directory, BUILD/cargo.
set -eu

build=$(realpath "$1")
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="$build/cargo" CUSTODY_LIB="$build"

for link in static dynamic; do
    for profile in dev release; do
        printf '  %-6s %s\n' CARGO "client ($link, $profile)"
        cargo build --quiet --locked --package client --no-default-features --features "$link" --profile "$profile"
        case $profile in dev) out=debug ;; *) out=$profile ;; esac
        install -D -C "$CARGO_TARGET_DIR/$out/client" "$build/client/$link-$out/client"
    done
done

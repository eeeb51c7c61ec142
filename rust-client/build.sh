#!/bin/sh
# Usage: build.sh BUILD
# Builds the client, linked statically and dynamically, debug and release, as BUILD/client/<link>-<profile>/client. One
# after the other, because all four pass through the same place in cargo's directory, BUILD/cargo. Then what is built once:
# BUILD/client/shop-<link>/shop, a program in C over the Rust library `receipts`, and BUILD/client/album/album, the bridge to
# C++. All of them link Custody, as BUILD has it.
set -eu

build=$(realpath "$1")
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="$build/cargo" CUSTODY_LIB_DIR="$build"

for link in static dynamic; do
    for profile in dev release; do
        printf '  %-6s %s\n' CARGO "client ($link, $profile)"
        cargo build --quiet --locked --package client --no-default-features --features "$link" --profile "$profile"
        case $profile in dev) out=debug ;; *) out=$profile ;; esac
        install -D -C "$CARGO_TARGET_DIR/$out/client" "$build/client/$link-$out/client"
    done
done

printf '  %-6s %s\n' CARGO "receipts, stamps"
cargo build --quiet --locked --package receipts
cargo build --quiet --locked --package stamps --example album
out=$build/client
rust=$CARGO_TARGET_DIR/debug
install -D -C "$rust/examples/album" "$out/album/album"
install -D -C "$rust/libreceipts.so" "$out/shop-dynamic/libreceipts.so"
mkdir -p "$out/shop-static"

# compile_shop LINK ARGUMENT...: the program in C, with what it is linked to.
compile_shop() {
    shop=$out/shop-$1/shop
    shift
    printf '  %-6s %s\n' CC "$shop"
    "${CC:-cc}" -std=c11 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -Wconversion -Werror \
        -o "$shop" receipts/c/shop.c "$@"
}
compile_shop static "$rust/libreceipts.a" -lgcc_s -lpthread -ldl -lm
# shellcheck disable=SC2016
compile_shop dynamic -L"$out/shop-dynamic" -lreceipts '-Wl,-rpath,$ORIGIN'

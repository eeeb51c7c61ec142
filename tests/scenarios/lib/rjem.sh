#!/bin/sh
# Usage: rjem.sh OUTPUT
# A jemalloc as Rust's crates and other programs bring it along: its functions have the prefix `_rjem_`, it is nobody's
# malloc. Made of Debian's archive, whose public names are those without the internal prefix `je_`.
set -eu

output=$1
work=$output.d
mkdir -p "$work"
cp "$(${CC:-cc} -print-file-name=libjemalloc_pic.a)" "$work/all.a"
ar d "$work/all.a" jemalloc_cpp.pic.o
ld -r --whole-archive "$work/all.a" --no-whole-archive -o "$work/joined.o"
nm --defined-only --extern-only --format=posix "$work/joined.o" |
    awk '$1 !~ /^je_/ { print $1, "_rjem_" $1 }' >"$work/renames"
objcopy --redefine-syms="$work/renames" "$work/joined.o" "$work/renamed.o"
${CC:-cc} -shared -Wl,-soname,"${output##*/}" -o "$output" "$work/renamed.o" -lm -lpthread
rm -rf "$work"

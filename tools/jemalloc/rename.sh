#!/bin/sh
# Usage: rename.sh ARCHIVE PORT OUTPUT [APART]
# Joins a jemalloc archive with PORT, objects separated by blanks, into one relocatable object whose only global names are
# cst_je_*. The archive's own public names are those without the internal prefix `je_`; they are read from it, not listed
# here. With APART, the tool made of apart.c, what jemalloc keeps for each thread is taken out of thread-local storage.
set -eu

archive=$1
port=$2
output=$3
apart=${4:-}
work=$output.d

rm -rf "$work"
mkdir -p "$work"

# Without its C++ operators: those are doors of the audited program, not of our heap.
cp "$archive" "$work/all.a"
ar d "$work/all.a" jemalloc_cpp.pic.o
ld -r --whole-archive "$work/all.a" --no-whole-archive -o "$work/joined.o"

nm --defined-only --extern-only --format=posix "$work/joined.o" |
    awk '$1 !~ /^je_/ { print $1, "cst_je_" $1 }' >"$work/renames"
# What the port answers in the place of libc, libm and libgcc.
# shellcheck disable=SC2086
nm --defined-only --extern-only --format=posix $port |
    awk '/^cst_jeport_/ { name = $1; sub(/^cst_jeport_/, "", name); print name, $1 }' >>"$work/renames"

objcopy --redefine-syms="$work/renames" "$work/joined.o" "$work/renamed.o"
if [ -n "$apart" ]; then
    "$apart" "$work/renamed.o" "$work/stubs.S" "$work/symbols"
    objcopy @"$work/symbols" "$work/renamed.o"
    ${CC:-cc} -c "$work/stubs.S" -o "$work/stubs.o"
    port="$port $work/stubs.o"
fi
# shellcheck disable=SC2086
ld -r "$work/renamed.o" $port -o "$work/whole.o"
# Without its constructor: jemalloc starts at its first call, in the copy of the runtime that serves the process.
objcopy --wildcard --keep-global-symbol='cst_je_*' --remove-section=.init_array --remove-section=.rela.init_array \
    "$work/whole.o" "$output"
rm -rf "$work"

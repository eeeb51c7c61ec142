#!/bin/sh
# Usage: rename.sh ARCHIVE PORT_OBJECT OUTPUT
# Joins a jemalloc archive with port.o into one relocatable object whose only global names are cst_je_*.
# The archive's own public names are those without the internal prefix `je_`; they are read from it, not listed here.
set -eu

archive=$1
port=$2
output=$3
work=$output.d

rm -rf "$work"
mkdir -p "$work"

# Without its C++ operators: those are doors of the audited program, not of our heap.
cp "$archive" "$work/all.a"
ar d "$work/all.a" jemalloc_cpp.pic.o
ld -r --whole-archive "$work/all.a" --no-whole-archive -o "$work/joined.o"

nm --defined-only --extern-only --format=posix "$work/joined.o" |
    awk '$1 !~ /^je_/ { print $1, "cst_je_" $1 }' >"$work/renames"
# What port.c answers in libc's, libm's and libgcc's place.
nm --defined-only --extern-only --format=posix "$port" |
    awk '/^cst_jeport_/ { name = $1; sub(/^cst_jeport_/, "", name); print name, $1 }' >>"$work/renames"

objcopy --redefine-syms="$work/renames" "$work/joined.o" "$work/renamed.o"
ld -r "$work/renamed.o" "$port" -o "$work/whole.o"
# Without its constructor: jemalloc starts at its first call, in the copy of the runtime that serves the process.
objcopy --wildcard --keep-global-symbol='cst_je_*' --remove-section=.init_array --remove-section=.rela.init_array \
    "$work/whole.o" "$output"
rm -rf "$work"

#!/bin/sh
# Usage: exports.sh BUILD
# Checks what the three libraries show to and want from the world: exactly the listed symbols, among them the public functions
# that the headers declare; no library but libc; no text relocation, no segment both writable and executable, no executable
# stack, everything bound at load; little thread-local storage; and that libcustody.a links into a program, dynamic and
# static, beside the program's own malloc.
set -eu

build=$1
work=$build/lint/exports
status=0
mkdir -p "$work"

fail() {
    printf '%s\n' "$*"
    status=1
}

dynamic_exports() {
    nm --dynamic --defined-only --extern-only --format=posix "$1" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' |
        sort -u
}

# Initial-exec thread-local storage comes out of the loader's small surplus when a library is dlopened (1664 bytes by
# default): so the libraries that programs link have little. In the preloaded one jemalloc has 2632 bytes, and the runtime
# what is left to a page.
tls_limit_linked=256
tls_limit_preloaded=4096

check_shared() { # library, limit of thread-local storage
    library=$1
    readelf -dW "$library" >"$work/dynamic"
    readelf -lW "$library" >"$work/segments"
    needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" | grep -vx -e libc.so.6 -e 'ld-linux-x86-64.so.2' || true)
    [ -z "$needed" ] || fail "$library needs $needed"
    ! grep -q TEXTREL "$work/dynamic" || fail "$library has text relocations"
    grep -q 'BIND_NOW\|Flags: NOW' "$work/dynamic" || fail "$library binds lazily"
    ! grep -Eq '^ +(LOAD|GNU_STACK) .* RWE ' "$work/segments" || fail "$library has writable and executable memory"
    grep -q GNU_RELRO "$work/segments" || fail "$library lacks RELRO"
    tls=$(awk '$1 == "TLS" { print $6 }' "$work/segments")
    [ "$((${tls:-0}))" -le "$2" ] || fail "$library has $((tls)) bytes of thread-local storage (limit $2)"
}

check_exports() { # library, file with allowed names beside custody_*
    dynamic_exports "$1" | grep -v '^custody_' >"$work/exported" || true
    comm -23 "$work/exported" "$2" | sed "s,^,$1 exports what it should not: ," >"$work/surplus"
    comm -13 "$work/exported" "$2" | sed "s,^,$1 does not export: ," >"$work/missing"
    [ ! -s "$work/surplus" ] || fail "$(cat "$work/surplus")"
    [ ! -s "$work/missing" ] || fail "$(cat "$work/missing")"
}

# Public functions: what the three libraries show, what the headers declare, and what the one list has, are the same.
check_functions() {
    sed -n 's/^CUSTODY_FUNCTION(\(.*\))$/\1/p' include/custody/functions.def | sort >"$work/listed"
    sed -n 's/^CUSTODY_API .*\(custody_[a-z_]*\)(.*/\1/p' include/custody/block.h include/custody/object.h \
        include/custody/buffer.h include/custody/ledger.h include/custody/callback.h | sort >"$work/declared"
    sed -n 's/^CUSTODY_API .*\(custody_[a-z_]*\)(.*/\1/p' include/custody/disabled.h | sort >"$work/disabled"
    for library in libcustody.so libcustody_preload.so; do
        dynamic_exports "$build/$library" | grep '^custody_' >"$work/functions" || true
        compare_functions "$work/functions" "$library exports"
    done
    nm --defined-only --extern-only --format=posix "$build/libcustody.a" | awk 'NF > 1 { print $1 }' | sort >"$work/functions"
    compare_functions "$work/functions" "libcustody.a shows"
    compare_functions "$work/declared" "the headers declare"
    compare_functions "$work/disabled" "include/custody/disabled.h has"
}

compare_functions() { # file with functions, who has them
    comm -23 "$1" "$work/listed" | sed "s,^,$2 what include/custody/functions.def does not list: ," >"$work/surplus"
    comm -13 "$1" "$work/listed" | sed "s,^,nowhere where $2 functions: ," >"$work/missing"
    [ ! -s "$work/surplus" ] || fail "$(cat "$work/surplus")"
    [ ! -s "$work/missing" ] || fail "$(cat "$work/missing")"
}

check_archive() {
    surplus=$(nm --defined-only --extern-only --format=posix "$1" | awk 'NF > 1 { print $1 }' | grep -v '^custody_' || true)
    [ -z "$surplus" ] || fail "$1 shows $surplus"
    printf '%s\n' '#include <stdlib.h>' 'int main(void) { free(malloc(1)); return 0; }' >"$work/main.c"
    for how in -pie -static; do
        if ! ${CC:-cc} $how -o "$work/main" "$work/main.c" -Wl,--whole-archive "$1" -Wl,--no-whole-archive \
            >"$work/link" 2>&1; then
            fail "$1 does not link with $how: $(head -n 5 "$work/link")"
        elif ! "$work/main"; then
            fail "a program linked with $1 ($how) does not run"
        fi
    done
}

LC_ALL=C
export LC_ALL
: >"$work/none"
grep -v '^custody_' "$build/obj/preload.list" | sort -u >"$work/preload"
check_shared "$build/libcustody.so" "$tls_limit_linked"
check_shared "$build/libcustody_preload.so" "$tls_limit_preloaded"
check_exports "$build/libcustody.so" "$work/none"
check_exports "$build/libcustody_preload.so" "$work/preload"
check_archive "$build/libcustody.a"
check_functions
exit "$status"

#!/bin/sh
# Usage: deps.sh [bench|compat]
# Installs what building, testing and checking Custody needs and this machine lacks: Debian packages, as root directly,
# otherwise after asking. Quick and silent but for one line when nothing is missing. The Rust toolchain is only looked
# for: Debian's is too old for the client, so installing it is the user's own choice (https://rustup.rs). With `bench`, also
# what `make bench` compares with, and the programs that it measures; with `compat`, the programs that `make compat` runs, and
# what their own tests are built with. Both leave out what is not there.
set -eu

# Needed to build.
packages="make gcc g++ libc6-dev binutils libjemalloc-dev uthash-dev libdw-dev libelf-dev libjansson-dev libiberty-dev
    pkg-config libclang-dev"
# Needed to test: compilers and linkers of the scenarios, checkers, tools that audited programs are made of.
packages="$packages clang libclang-rt-dev lld libc++-dev libc++abi-dev libcmocka-dev libzydis-dev valgrind python3 python3-jsonschema
    jq git perl curl xz-utils cmake gdb"
# Needed to test allocators of libraries, and libraries that are allocators.
packages="$packages libssl-dev libsqlite3-dev libpq-dev libglib2.0-dev libxml2-dev libcurl4-openssl-dev libmimalloc-dev
    libgoogle-perftools-dev"
# Needed by `make bench`, beside what testing needs: the allocator that it compares with.
packages="$packages libjemalloc2"
# Needed by `make detection`, beside what testing needs: the leak checker that it compares with.
packages="$packages liblsan0"
# Needed by `make check` and `make docs`.
packages="$packages clang-format clang-tidy cppcheck mandoc shellcheck"

case ${1:-} in
'') ;;
bench) packages="$packages libmimalloc2.0 libasan8 heaptrack libheaptrack sqlite3 gawk libxml2-utils lua5.4 z3" ;;
compat) packages="$packages dpkg-dev gawk tcl tcl-dev libexpat1-dev libncurses-dev zlib1g-dev
    default-jdk-headless postgresql redis-server redis-tools nginx wrk chromium
    ruby php-cli lua5.4 emacs-nox imagemagick ffmpeg r-base-core r-recommended"
    # Node.js often comes from elsewhere, and Debian's does not go with that.
    command -v node >/dev/null || packages="$packages nodejs npm"
    # So does Go.
    command -v go >/dev/null || packages="$packages golang-go" ;;
*)
    echo "usage: deps.sh [bench|compat]" >&2
    exit 2
    ;;
esac

missing_packages() {
    for package in $packages; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

install_as_root() {
    apt-get update
    # $missing is a list of words.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

install_with_sudo() {
    command="sudo apt-get install -y --no-install-recommends $missing"
    printf 'deps: these packages are missing: %s\n' "$missing"
    printf 'deps: they are installed by: %s\n' "$command"
    if [ ! -t 0 ] || ! command -v sudo >/dev/null; then
        echo 'deps: run that command (as root without sudo), then try again.' >&2
        exit 1
    fi
    printf 'deps: run it now? [y/N] '
    read -r answer
    case $answer in
    y | Y | yes) sudo apt-get update && $command ;;
    *) exit 1 ;;
    esac
}

require_rust() {
    for program in rustc cargo; do
        if ! command -v "$program" >/dev/null; then
            echo "deps: $program is missing: the Rust client and the Rust scenarios need a Rust toolchain," >&2
            echo 'deps: 1.80 or later, for example from https://rustup.rs; it must be on PATH.' >&2
            exit 1
        fi
    done
}

if ! command -v dpkg-query >/dev/null; then
    printf "deps: this is not a Debian system; install the equivalents of:\n    %s\n" "$packages" >&2
    exit 1
fi
missing=$(missing_packages)
if [ -n "$missing" ]; then
    if [ "$(id -u)" -eq 0 ]; then
        install_as_root
    else
        install_with_sudo
    fi
fi
require_rust
echo 'deps: nothing is missing'

# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Facts of modules compiled here by several compilers, with and without debug information, and their cache.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

programs=$here/programs

# compile NAME COMMAND...: compiles into $work/NAME.
compile() {
    local name=$1
    shift
    "$@" -o "$work/$name" >"$work/err" 2>&1 || complain "cannot compile: $(head -c 500 "$work/err")"
}

# prepare FILE...: makes facts in a cache of the test's own.
prepare() { run_custody 0 prepare --cache "$work/cache" "$@"; }

# show NAME: the facts of $work/NAME are in $work/out.
show() {
    rm -rf "$work/cache"
    prepare --show "$work/$1"
}

# rows FILE FUNCTION: the language and flags of the rows of the function, each once, in one line; FILE has its symbols.
rows() {
    local address size
    read -r address size < <(nm -S "$work/$1" | awk -v name="$2" '$4 == name { print $1, $2 }')
    [ -n "${size:-}" ] || complain "no function $2 in $1"
    awk -v lo="${address#0000}" -v size="$size" '
        function number(hex,  i, n) {
            n = 0
            for (i = 1; i <= length(hex); i++) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return n
        }
        NR > 1 && number($2) > number(lo) && number($1) < number(lo) + number(size) && !seen[$4 $5]++ {
            printf "%s%s %s", sep, $4, $5; sep = "; "
        }' "$work/out"
}

# rows_are FILE FUNCTION ROWS
rows_are() {
    local found
    found=$(rows "$1" "$2")
    [ "$found" = "$3" ] || complain "$2 of $1: '$found', not '$3'"
}

needs_rust() { command -v rustc >/dev/null || complain "no rustc"; }

languages_are_those_of_the_units() (
    compile c.o gcc -c -g "$programs/parts.c"
    compile cxx.o g++ -c -g "$programs/parts.cpp"
    compile parts g++ "$work/c.o" "$work/cxx.o"
    show parts
    rows_are parts c_makes "c described"
    rows_are parts _Z9cxx_makesm "c++ described"
    rows_are parts cxx_makes_for_c "c++ described"
    rows_are parts main "c described"
)

languages_are_those_of_the_names_without_debug_information() (
    compile c.o gcc -c "$programs/parts.c"
    compile cxx.o g++ -c "$programs/parts.cpp"
    compile parts g++ "$work/c.o" "$work/cxx.o"
    show parts
    rows_are parts c_makes "c -"
    rows_are parts _Z9cxx_makesm "c++ -"
)

every_form_of_debug_information_is_read() (
    local form
    cd "$work" || exit 1
    for form in "gcc -gdwarf-4" "gcc -gdwarf-5 -O2" "clang -gdwarf-4" "clang -gdwarf-5" "clang -gline-tables-only" \
        "gcc -g -gz" "gcc -g -gsplit-dwarf" "clang -g -gsplit-dwarf" "gcc -g -no-pie" "clang -g -fuse-ld=lld"; do
        read -ra words <<<"$form"
        compile form "${words[@]}" "$programs/parts.c"
        show form
        rows_are form c_makes "c described"
    done
)

languages_survive_gccs_link_time_optimisation() (
    compile c.o gcc -c -g -O2 -flto "$programs/parts.c"
    compile cxx.o g++ -c -g -O2 -flto "$programs/parts.cpp"
    compile parts g++ -flto -O2 -g -shared -fPIC "$work/c.o" "$work/cxx.o"
    show parts
    rows_are parts c_makes "c described"
    rows_are parts cxx_makes_for_c "c++ described"
)

what_is_split_off_and_lost_is_not_made_up() (
    mkdir -p "$work/split"
    cd "$work/split" || exit 1
    compile split/lost gcc -g -gsplit-dwarf "$programs/parts.c"
    rm -f ./*.dwo
    show split/lost
    rows_are split/lost c_makes "c -"
)

debug_information_apart_is_found() (
    compile apart gcc -g "$programs/parts.c"
    cp "$work/apart" "$work/whole"
    objcopy --only-keep-debug "$work/apart" "$work/apart.debug"
    (cd "$work" && objcopy --strip-all --add-gnu-debuglink=apart.debug apart)
    show apart
    rows_are whole c_makes "c described"
    rm "$work/apart.debug"
    show apart
    rows_are whole c_makes ""
)

rust_that_calls_its_allocator_is_described() (
    local way
    needs_rust
    for way in "-g" "-O -C debuginfo=line-tables-only" "-O -g -C panic=abort -C link-arg=-fuse-ld=lld"; do
        read -ra words <<<"$way"
        compile owners rustc "${words[@]}" --edition 2021 "$programs/owners.rs"
        show owners
        rows_are owners rust_makes "rust described"
        rows_are owners libc_makes "rust described"
        has out "described,rust-allocator" # the default allocator itself
        has_not out merged
    done
)

# optimise LTO LEVEL DEBUGINFO ARGUMENT...: compiles owners.rs so, and shows its facts.
optimise() {
    compile owners rustc -C "lto=$1" -C "opt-level=$2" -C "debuginfo=$3" --edition 2021 "${@:4}" "$programs/owners.rs"
    show owners
}

rust_that_was_optimised_at_link_proves_only_what_is_inlined() (
    local way
    needs_rust
    for way in "fat 3 2" "fat s 1" "thin 2 line-tables-only"; do
        read -ra words <<<"$way"
        optimise "${words[@]}"
        rows_are owners rust_makes "rust described,merged; rust described,rust-allocator"
        rows_are owners libc_makes "rust described,merged"
        rows_are owners system_makes "rust described,merged"
        rows owners either_releases | grep -qxE '(rust|unknown) (described,)?merged' || complain "a merged release is not in doubt"
        ! rows owners either_is_dropped | grep -qE 'described(;|$)' || complain "a merged release is described"
        ! grep -qE 'rust +described$' "$work/out" || complain "proof: $(grep -E 'rust +described$' "$work/out" | head -3)"
    done
)

c_beside_optimised_rust_stays_proof() (
    needs_rust
    compile gcc.o gcc -c -g -O2 -Dmain=gcc_main "$programs/parts.c"
    compile clang.o clang -c -g -O2 -Dmain=clang_main -Dc_makes=clang_makes "$programs/parts.c"
    optimise fat 2 2 -C "link-arg=$work/gcc.o" -C "link-arg=$work/clang.o" -C link-arg=-Wl,--no-gc-sections
    rows_are owners c_makes "c described"
    rows_are owners clang_makes "c described"
    rows_are owners libc_makes "rust described,merged"
)

stripped_files_use_what_was_known_of_the_whole_one() (
    compile whole gcc -g "$programs/parts.c"
    cp "$work/whole" "$work/stripped"
    strip "$work/stripped"
    rm -rf "$work/cache"
    prepare "$work/stripped"
    has_not out kept
    prepare "$work/whole"
    has_not out kept
    prepare "$work/stripped"
    has out kept
    prepare --show "$work/stripped"
    rows_are whole c_makes "c described"
    prepare --force --show "$work/stripped"
    rows_are whole c_makes ""
)

what_cannot_be_prepared_is_told_and_the_rest_is_done() (
    compile parts gcc "$programs/parts.c"
    gcc -c -o "$work/parts.o" "$programs/parts.c"
    run_custody 125 prepare --cache "$work/cache" "$work/nothing" "$work/parts.o" "$programs/parts.c" "$work/parts"
    has err "nothing: No such file"
    has err "parts.o: neither an executable nor a shared object"
    has err "parts.c: not an ELF file"
    has out "parts: "
)

preparing_a_directory_takes_its_modules() (
    mkdir "$work/modules"
    compile modules/parts gcc "$programs/parts.c"
    echo text >"$work/modules/text"
    prepare "$work/modules"
    is_empty err
    has out "modules/parts: "
    has_not out text
    prepare --quiet "$work/modules"
    is_empty out
)

the_cache_is_emptied_on_request() (
    compile parts gcc "$programs/parts.c"
    rm -rf "$work/cache"
    prepare "$work/parts"
    prepare --clean
    has out "1 file removed"
    prepare --clean
    has out "0 files removed"
    prepare --clean "$work/parts"
    has_not out kept
)

a_long_build_id_is_cut() (
    local id
    id=$(printf '%02x' {1..40})
    compile parts gcc "-Wl,--build-id=0x$id" "$programs/parts.c"
    rm -rf "$work/cache"
    prepare "$work/parts"
    [ "$(ls "$work/cache")" = "${id:0:64}.facts" ] || complain "$(ls "$work/cache")"
)

a_file_that_takes_too_long_is_given_up_and_the_rest_is_done() (
    compile parts gcc "$programs/parts.c"
    compile endless gcc -g -Wl,--build-id=none "$programs/parts.c"
    (cd "$work" && objcopy --only-keep-debug endless endless.debug &&
        objcopy --strip-all --add-gnu-debuglink=endless.debug endless)
    rm "$work/endless.debug"
    mkfifo "$work/endless.debug" # who opens it waits
    run_custody 125 prepare --timeout 1 --force --cache "$work/cache" "$work/endless" "$work/parts"
    has err "endless: given up: it takes longer than 1 s"
    has out "parts: "
)

preparing_needs_something_to_prepare_and_time() (
    run_custody 125 prepare
    has err "no file given"
    run_custody 125 prepare --timeout 0 "$work"
    has err "timeout"
)

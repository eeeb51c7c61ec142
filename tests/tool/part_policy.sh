# shellcheck shell=bash disable=SC2016,SC2030,SC2031
# Policies as their users meet them: the example of the README as it stands, `custody policy`, and what is said of rules
# after a run, over several processes.
: "${here:?}" "${work:?}" "${custody:?}" # set by run.sh, as are the functions used below

example=$(realpath "$here/../../docs/example/policy")

# Compiles the example of the README into $work.
example_program() {
    [ -f "$(dirname "$custody")/libcustody_preload.so" ] || complain "no libcustody_preload.so beside $custody"
    cc -g -O2 -fPIC -shared -o "$work/libnames.so" "$example/names.c" || complain "cannot compile"
    cc -g -O2 -o "$work/hello" "$example/main.c" -L"$work" -lnames -Wl,-rpath,"$work" || complain "cannot compile"
    cp "$example/names.policy" "$work/names.policy"
    rm -f "$work/log"
}

the_example_is_as_the_readme_shows_it() (
    example_program
    run_custody 0 run "$work/hello"
    has err "0 errors, 2 warnings"
    cd "$work" || exit 1
    run_custody 99 run --policy names.policy ./hello
    has err "error: cross-side-free: 64 bytes of hello (c) released by names (c) with free"
    has err "  forbidden by names.policy:10: forbid to=names"
    has err "  names (c)  hello (c)    malloc    allowed       1"
    has err "custody: unused rule: names.policy:13: allow from=names to=hello call=realloc"
    has err "custody: 1 error, 0 warnings"
    # What the README shows stands in the report line by line, but for what differs between machines and builds.
    sed -n '/--policy docs.example.policy/,/^```/p' "$here/../../README.md" | sed '1,2d;/^```/d;/^\.\.\.$/d;/; key /d;/frames of/d' \
        >"$work/shown"
    [ "$(wc -l <"$work/shown")" -gt 15 ] || complain "the README shows no example"
    sed -i 's,docs/example/policy/names.policy,names.policy,' "$work/shown"
    sed -i "s,$example/,docs/example/policy/," "$work/err"
    while IFS= read -r line; do
        grep -qxF -- "$line" "$work/err" || complain "the report has no line '$line': $(cat "$work/err")"
    done <"$work/shown"
)

rules_are_explained() (
    run_custody 0 policy "$example/names.policy"
    has out "names.policy:4: what libnames.so does belongs to the side names"
    has out "names.policy:7: fine: a block of names, released by hello with free; both under the contract malloc"
    has out "names.policy:10: an error: a block of any side, released by names"
    is_empty err
    run_custody 0 policy --quiet "$example/names.policy"
    is_empty out
)

errors_of_all_files_are_told() (
    printf 'isolate a\nalow\n' >"$work/one"
    printf 'forbid to=a \\\n' >"$work/two"
    run_custody 1 policy "$work/one" "$example/names.policy" "$work/two"
    has err "$work/one:2:1: no rule begins with 'alow'; there are side, isolate, allow and forbid"
    has err "    2 | alow"
    has err "      | ^~~~"
    has err "$work/two:1:13: '\' is not NAME=VALUE"
    has_not out "isolate"
    has out "names.policy:4:"
    run_custody 125 policy "$work/one" "$work/none"
    has err "cannot read the policy $work/none: No such file or directory"
    run_custody 125 policy "$work"
    run_custody 125 policy
    has err "no file given"
)

more_errors_than_one_wants_to_read_are_counted() (
    yes forbid | head -n 25 >"$work/many"
    run_custody 1 policy "$work/many"
    has err "$work/many:20:1:"
    has_not err "$work/many:21:1:"
    has err "$work/many: 5 more errors"
)

the_manual_pages_examples_are_right() (
    sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$here/../../docs/man/custody-policy.5" | grep -v '^\.' >"$work/manual"
    [ "$(wc -l <"$work/manual")" -gt 10 ] || complain "no examples in the manual page"
    run_custody 0 policy "$work/manual"
    "$custody" help policy | grep -E '^  (allow|forbid) [a-z]+=[a-z]' >"$work/help"
    [ "$(wc -l <"$work/help")" -eq 2 ] || complain "examples of the help: $(cat "$work/help")"
    run_custody 0 policy "$work/help"
)

uses_add_up_over_processes() (
    example_program
    printf 'allow from=libnames.so\nallow to=libnames.so call=free\nallow from=nobody\n' >"$work/rules"
    run_custody 0 run --log "$work/log" --policy "$work/rules" sh -c '"$0"; "$0"; exit 0' "$work/hello"
    has err "custody: unused rule: $work/rules:3: allow from=nobody"
    run_custody 0 report "$work/log"
    has err "custody: unused rule: $work/rules:3: allow from=nobody"
    run_custody 0 report --format json "$work/log"
    jq -e '.policies | length == 1 and .[0].failures == 0 and ([.[0].rules[].count] == [2, 2, 0])' "$work/out" >"$work/jq" ||
        complain "policies: $(jq -c .policies "$work/out")"
    # A file that is another by now is not quoted.
    echo '# more' >>"$work/rules"
    run_custody 0 report "$work/log"
    has err "custody: unused rule: $work/rules:3: allow"
    has_not err "nobody"
)

a_quiet_run_says_nothing_of_rules() (
    example_program
    printf 'allow from=*\nallow from=nobody\n' >"$work/rules"
    run_custody 0 run --quiet --policy "$work/rules" "$work/hello"
    is_empty err
)

by_hand_the_same_rules_hold() (
    example_program
    cd "$work" || exit 1
    export LD_PRELOAD CUSTODY_OPTIONS
    LD_PRELOAD=$(dirname "$custody")/libcustody_preload.so
    CUSTODY_OPTIONS=policy=names.policy ./hello >out 2>err
    has err "custody: error: cross-side-free: 64 bytes of malloc (hello) released with free by names (c) [exact]"
    has err "custody:   forbidden by names.policy:10"
    has err "custody: 1 error, 0 warnings"
    CUSTODY_OPTIONS=policy=names.policy:log=$work/log ./hello >out 2>err
    is_empty err
    unset LD_PRELOAD CUSTODY_OPTIONS
    run_custody 0 report log
    has out "forbidden by names.policy:10: forbid to=names"
    has err "custody: unused rule: names.policy:13:"
)

by_hand_a_file_with_errors_is_said_once_and_nothing_of_it_holds() (
    example_program
    cd "$work" || exit 1
    preload=$(dirname "$custody")/libcustody_preload.so
    printf 'allow from=*\nalow\nforbid to=\n' >wrong
    LD_PRELOAD=$preload CUSTODY_OPTIONS=policy=wrong:log=$work/log ./hello >out 2>err || complain "status $?"
    [ "$(wc -l <err)" -eq 1 ] || complain "not one line: $(cat err)"
    has err "custody: policy wrong:2:1: no rule begins with 'alow'; there are side, isolate, allow and forbid; 1 more error, see \`custody policy\`; no rule of it applies"
    [ "$(grep -c '"kind":"cross-side-free"' log)" -eq 2 ] || complain "rules were obeyed"
    run_custody 0 report log
    has err "the policy wrong did not hold in 1 process: it has errors; see \`custody policy\`"
    mkfifo fifo
    for file in none . fifo; do
        LD_PRELOAD=$preload CUSTODY_OPTIONS=policy=$file ./hello >out 2>err || complain "status $?"
        has err "custody: setting 'policy': cannot read '$file': "
        has err "no rule of it applies"
        has out "hello, Ada"
    done
)

"""bash: its own suite, each of its files of tests run by its own driver, and scripts as people write them."""

import re

import debian
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [
    *SMALL_TOOLS,
    # Valgrind's Memcheck tells the same places (asked about arith and arith-for).
    {"kind": "leak", "module": "bash", "in": "tilde_initialize", "why": "tilde_additional_suffixes is set to another list, "
     "and the variable that kept the first is never read: the compiler leaves it out"},
    {"kind": "leak", "module": "bash", "why": "an error, exit, break or signal takes the shell out of a command by longjmp(): "
     "what its functions had in hand is lost, as is what is parsed of a line with an error"},
]

# Drivers of drivers, what waits for time to pass (jobs, traps, time limits), and 6,800 subshells.
WITHOUT = {"run-all", "run-minimal", "run-gprof", "run-jobs", "run-read", "run-execscript", "run-trap", "run-coproc",
           "run-ifs-posix"}

SCRIPTS = {
    "words": 'declare -A seen; while read -r -a words; do for word in "${words[@]}"; do '
             'seen[$word]=$((seen[$word] + 1)); done; done < COPYRIGHT; '
             'for word in "${!seen[@]}"; do echo "$word ${seen[$word]}"; done | sort',
    "arrays": 'for i in {1..2000}; do list+=("item $i"); done; list=("${list[@]/item/row}"); unset "list[7]"; '
              'echo "${#list[@]} ${list[*]:5:3}"; mapfile -t lines < <(seq 3000); echo "${#lines[@]}"; exit 3',
    "functions": 'f() { local a=$1 b; (( a == 0 )) && return 0; b=$(echo "$a"); eval "x_$a=$b"; f $((a - 1)); }; f 60; '
                 'echo "$x_17"; trap "echo bye" EXIT; set -- a b c; while getopts ab: o -a -b x; do echo "$o"; done',
    "substitutions": 'for i in {1..100}; do s=$(printf %s "$i" | tr 0-9 a-j); t+=${s^^}; done; echo "$t"; '
                     'cat <(echo a) <(echo b); printf "%q %s\\n" "a b" "${t//A/-}"; '
                     '[[ abc =~ (b)(c) ]] && echo "${BASH_REMATCH[2]}"',
}
BUILD = [["./configure", "--without-bash-malloc", "--disable-nls", "CFLAGS=-g1 -O1 -w"],
         ["make", "-j2", "bash", "recho", "zecho", "printenv", "xcase"],
         ["cp", "recho", "zecho", "printenv", "xcase", "tests"]]


def without_pids(text):
    """Of messages, what is the same each time: `./x.sub: line 3: 1234 Killed` tells a pid."""
    return re.sub(r"\b\d{3,7}\b", "N", text)


def run_of(driver, tree):
    def act(stage):
        env = {"BUILD_DIR": tree, "THIS_SH": tree / "bash", "BASH_TSTOUT": stage.place / "out", "TMPDIR": stage.place,
               "PATH": f"{tree}/tests:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
        return stage.run(["sh", driver], cwd=tree / "tests", env=env)
    return Run(driver, act=act, normalise=without_pids, count=lambda text: {"files of tests": 1})


def prepare(workshop):
    debian.need("make", "gcc")
    tree = debian.unpacked("bash", workshop)
    debian.built(tree, workshop, *BUILD)
    suite = [run_of(path.name, tree) for path in sorted((tree / "tests").glob("run-*")) if path.name not in WITHOUT]
    scripts = [Run(name, [tree / "bash", "-c", script], cwd=tree / "tests", count=lambda text: {"scripts": 1})
               for name, script in SCRIPTS.items()]
    return Program(debian.source_version(tree), suite + scripts)

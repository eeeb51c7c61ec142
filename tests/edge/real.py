"""Programs as Debian ships them, under Custody: the same output, the same status, and nothing that they did wrong. A
program that is not installed is left out, and said to be."""

import shutil
import tempfile
from pathlib import Path

from harness.execute import custody_command, start
from harness.header import Run
from harness.logs import Log, describe

SOURCE = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
CXX_SOURCE = '#include <iostream>\n#include <map>\nint main() { std::map<int, int> m; std::cout << m.size(); }\n'
MAKEFILE = "all: a b\na b:\n\techo made $@ > $@\n"
TEXT = "".join(f"{number * 7919 % 1000} line {number}\n" for number in range(2000))
JSON = '{"a": [1, 2, {"b": "text"}], "c": null}\n'

# Name, command; each runs in a directory with the files of `furnish`. Outputs must not hold times, pids or addresses.
COMMANDS = [
    ("ls", ["ls", "-R", "/usr/share/doc/bash", "."]),
    ("bash", ["bash", "-c", "for i in {1..50}; do x[$i]=$(echo $i); done; echo ${x[@]} | wc -w; f() { return 7; }; f"]),
    ("dash", ["sh", "-c", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); done; echo $i; exit 3"]),
    ("sort", ["sort", "-n", "--parallel=2", "text"]),
    ("awk", ["awk", "{ n[$1 % 10]++ } END { for (i = 0; i < 10; i++) print i, n[i] }", "text"]),
    ("sed", ["sed", "-E", "s/([0-9]+) line/\\1 row/; 100,$d", "text"]),
    ("grep", ["grep", "-nE", "(77|88)[0-9]? line", "text"]),
    ("find", ["find", ".", "-name", "*.c", "-size", "-10k"]),
    ("git", ["git", "-c", "init.defaultBranch=main", "init", "-q", "repository"]),
    ("git status", ["git", "-C", "tree", "status", "--short"]),
    ("git log", ["git", "-C", "tree", "log", "--stat", "--format=%s"]),
    ("python3", ["/usr/bin/python3", "-c", "import json, re; print(sorted(json.loads('{\"b\": 1, \"a\": [2]}')))"]),
    ("perl", ["perl", "-e", "my %h = map { $_ => $_ * 2 } 1..500; print join(',', sort { $a <=> $b } values %h), \"\\n\""]),
    ("tar", ["tar", "--sort=name", "-cvf", "out.tar", "text", "main.c"]),
    ("xz", ["xz", "-kc", "-T1", "text"]),
    ("gzip", ["gzip", "-knc", "text"]),
    ("gcc", ["gcc", "-O2", "-c", "main.c", "-o", "main.o"]),
    ("g++", ["g++", "-O1", "-c", "main.cpp", "-o", "main-cpp.o"]),
    ("clang", ["clang", "-O2", "-S", "main.c", "-o", "-"]),
    ("make", ["make", "-j2", "-f", "Makefile"]),
    ("curl", ["curl", "--version"]),
    ("jq", ["jq", "-c", ".a[2].b, .c", "data.json"]),
    ("rustc", ["rustc", "--version", "--verbose"]),
    ("cargo", ["cargo", "--version"]),
    ("diff", ["diff", "text", "main.c"]),
    ("java", ["java", "--version"]),
    ("expr", ["expr", "6", "*", "7"]),
    ("locale", ["locale"]),
    ("getent", ["getent", "passwd", "root"]),
    ("missing", ["ls", "/no/such/place"]),
]

# These lose memory themselves. Valgrind's Memcheck says so of the same blocks, where it can run the program (all but java).
# Of the others nothing may be said to be lost.
LEAKY = {"sort", "perl", "gcc", "g++", "java", "expr"}


def furnish(place):
    """The files that the commands work on."""
    place.mkdir(parents=True)
    for name, text in (("text", TEXT), ("main.c", SOURCE), ("main.cpp", CXX_SOURCE), ("Makefile", MAKEFILE),
                       ("data.json", JSON)):
        (place / name).write_text(text)
    run, git = Run("furnish", []), ["git", "-C", "tree", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["git", "-c", "init.defaultBranch=main", "init", "-q", "tree"],
                    git + ["commit", "-q", "--allow-empty", "-m", "first"]):
        start(command, run, place)
    (place / "tree" / "new").write_text("untracked\n")


def both_ways(command, work):
    """The results of `command` without and with Custody, in directories of the same shape, and the log."""
    place = Path(tempfile.mkdtemp(dir=work))
    furnish(place / "plain")
    furnish(place / "custody")
    run = Run("real", [])
    plain = start(command, run, place / "plain")
    under = start(custody_command(place / "log.jsonl", run, command, ["--fail-on", "never"]), run, place / "custody")
    return plain, under, Log(place / "log.jsonl")


def run_command(name, command, work):
    plain, under, log = both_ways(command, work)
    problems = list(log.problems)
    if not log.events("start"):
        problems.append(f"the log has no start event: {under.stderr[-500:]}")
    if plain.stdout != under.stdout:
        problems.append(f"stdout differs: {plain.stdout[-500:]!r} and {under.stdout[-500:]!r}")
    if plain.returncode != under.returncode:
        problems.append(f"exit status {under.returncode}, without Custody {plain.returncode}: {under.stderr[-1500:]}")
    problems += [f"unexpected: {describe(log, f)}" for f in log.findings()
                 if f["severity"] == "error" and not (f["kind"] == "leak" and name in LEAKY)]
    return [(f"real/{name}", problems)]


def tasks(work, wanted):
    chosen = [(name, command) for name, command in COMMANDS if wanted in f"real/{name}"]
    for name, command in chosen:
        if not shutil.which(command[0]):
            print(f"left out: {name} is not installed")
    return [(run_command, name, command, work) for name, command in chosen if shutil.which(command[0])]

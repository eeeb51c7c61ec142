#!/usr/bin/python3
"""What `make compat` promises of itself, tried on programs of a few lines: what is the same passes, what differs does
not, a bug fails unless its program's file explains it, a log has to be valid, what is absent is left out with a word."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("CUSTODY_BUILD", HERE.parents[1] / "build")).resolve()
BUG = "#include <cstdlib>\n#include <new>\nint main() { ::operator delete(std::malloc(41)); return 7; }\n"
PROGRAM = "from stage import LeftOut, Outcome, Program, Run\nimport debian\n"

# Name of a program, its file, and what the suite has to print of it.
CASES = [
    ("same", 'def prepare(w): return Program("1", [Run("a", ["sh", "-c", "echo a; exit 3"]), '
             'Run("b", ["true"], count=lambda text: {"things": 20})])',
     "ok   same, 1, 20 things, 2 of 2"),
    ("status", 'def prepare(w): return Program("1", [Run("a", ["sh", "-c", "exit ${LD_PRELOAD:+5}"])])',
     "a: exit status 0, under Custody 5"),
    ("output", 'def prepare(w): return Program("1", [Run("a", ["sh", "-c", "echo 1; echo ${LD_PRELOAD:+changed}"])])',
     "a: output differs in line 2"),
    ("noise", 'def prepare(w): return Program("1", [Run("a", ["sh", "-c", "echo $$"], normalise=lambda text: "")])',
     "ok   noise"),
    ("bug", 'def prepare(w): return Program("1", [Run("a", [w.parent / "bug"])])',
     "a: mismatched-release error exact"),
    ("known", 'RIGHT = [{"kind": "mismatched-release", "in": "ma?n", "module": "bug", "why": "it does"}]\n'
              'def prepare(w): return Program("1", [Run("a", [w.parent / "bug"])])',
     "ok   known"),
    ("another", 'RIGHT = [{"kind": "mismatched-release", "in": "main", "module": "no", "why": "that is another"}]\n'
                'def prepare(w): return Program("1", [Run("a", [w.parent / "bug"])])',
     "FAIL another"),
    ("log", 'def act(stage):\n    outcome = stage.run(["true"])\n'
            '    if not stage.plain: stage.log.write_text(stage.log.read_text() + "{}\\n")\n    return outcome\n'
            'def prepare(w): return Program("1", [Run("a", act=act)])',
     "breaks the schema"),
    ("unseen", 'def prepare(w): return Program("1", [Run("a", act=lambda stage: Outcome(0, ""))])',
     "the log has no start event"),
    ("broken", 'def prepare(w): return Program("1", [Run("a", act=lambda stage: 1 / 0)])',
     "ZeroDivisionError"),
    ("endless", 'def prepare(w): return Program("1", [Run("a", ["tail", "-f", "/dev/null"], timeout=0.2)])',
     "does not end either"),
    ("absent", 'def prepare(w): debian.need("no-such-program")',
     "left out: absent: no-such-program not installed"),
]


def perform(place):
    """What the suite prints of all cases, and its status."""
    (place / "programs").mkdir()
    (place / "compat").mkdir()
    for name, text, _ in CASES:
        (place / "programs" / f"case_{name}.py").write_text(f"{PROGRAM}{text}\n")
    (place / "bug.cpp").write_text(BUG)
    subprocess.run(["g++", "-g", "-w", "-o", place / "compat" / "bug", place / "bug.cpp"], check=True)
    (place / "custody").symlink_to(BUILD / "custody")
    done = subprocess.run([HERE / "run.py", "--build", place, "--programs", place / "programs"], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout.replace("case_", "") + done.stderr


def main():
    with tempfile.TemporaryDirectory(prefix="custody-compat-") as place:
        status, said = perform(Path(place))
    wrong = [f"{name}: '{wanted}' is not said" for name, _, wanted in CASES if wanted not in said]
    wrong += [] if status == 1 else [f"exit status {status}"]
    wrong += [] if "11 programs, 8 with problems, 1 left out" in said else ["the totals are wrong"]
    if wrong:
        print(said, *wrong, sep="\n")
    print(f"{len(CASES) + 2 - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Large programs, and their own test suites, run by themselves and under Custody: output and exit status must be the same,
every log valid, and each finding that is an error explained in the program's file. `make compat` builds Custody and calls
this. What is fetched and built is kept in the build directory. `--only NAME` takes some.

A program is a file of tests/compat/programs/ with
  prepare(workshop)  gives a stage.Program; `workshop` is a directory that is kept from one time to the next, in which it may
                     fetch, unpack and build (debian.py helps). Raises stage.LeftOut when what it needs is not there.
  RIGHT              findings that are right, a list of {"kind": ..., "in": function, "module": name, "why": ...}; `in` and
                     `module` are patterns with * and ?, each has to fit a frame of the finding's stacks; one may be absent."""

import argparse
import datetime
import importlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "scenarios"), str(ROOT / "tests" / "crates"), str(ROOT / "bench")]
sys.dont_write_bytecode = True

import findings  # noqa: E402
import tables  # noqa: E402
from harness.logs import Log  # noqa: E402
from stage import LeftOut, Stage, differences  # noqa: E402

SHOWN = 8  # problems of a program that are printed; all are in its problems.txt
HEADINGS = ["program", "version", "what was run", "same result", "errors", "of them unexplained", "warnings", "seconds",
            "under Custody"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody in it")
    parser.add_argument("--only", default="", metavar="NAME", help="programs and runs with this in `PROGRAM RUN`")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="put the table into this Markdown page")
    parser.add_argument("--keep", action="store_true", help="keep the logs of runs without findings, and all directories")
    parser.add_argument("--programs", type=Path, default=HERE / "programs", help="directory with files of programs")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.place = options.build / "compat"
    return options


def play(run, place, custody):
    """Both plays of a run, one after the other; outcomes, the log's path, and what is wrong."""
    outcomes = []
    log = place / "log.jsonl"
    for name, stage in (("plain", Stage(place / "plain")), ("custody", Stage(place / "custody", custody, log))):
        (place / name).mkdir(parents=True)
        outcomes.append(run.play(stage))
    read = Log(log)
    problems = differences(run, *outcomes) + read.problems
    if not read.events("start"):
        problems.append("the log has no start event")
    serious = any(finding["severity"] in ("error", "warning") for finding in read.findings())
    return outcomes, findings.read(custody, log) if serious else [], problems


class Tally:
    """What a program's runs add up to."""

    def __init__(self, right):
        self.right, self.same, self.runs = right, 0, 0
        self.seconds, self.counts = [0.0, 0.0], Counter()
        self.errors, self.unexplained, self.warnings, self.problems = [], [], [], []

    def add(self, run, outcomes, found, problems):
        self.runs += 1
        self.same += not problems
        self.seconds = [sum(pair) for pair in zip(self.seconds, (outcome.seconds for outcome in outcomes))]
        self.counts.update(run.count(outcomes[0].output))
        errors = [finding for finding in found if finding["severity"] == "error"]
        unexplained = [finding for finding in errors if findings.explanation(finding, {"explained": self.right}) is None]
        self.errors += errors
        self.unexplained += unexplained
        self.warnings += [finding for finding in found if finding["severity"] == "warning"]
        wrong = problems + [findings.describe(finding) for finding in unexplained]
        self.problems += [f"{run.name}: {words}" for words in wrong]
        return bool(wrong)

    def what(self, program):
        counts = self.counts or Counter({"run" if self.runs == 1 else "runs": self.runs})
        return ", ".join(f"{number:,} {thing}" for thing, number in counts.items()) + (f" {program.what}" if program.what else "")

    def row(self, name, program):
        return [name, program.version, self.what(program), f"{self.same} of {self.runs}", findings.counted(self.errors),
                findings.counted(self.unexplained), findings.counted(self.warnings), f"{self.seconds[0]:.0f}",
                f"{self.seconds[1]:.0f}"]


def clear(place, keep):
    """What a run leaves behind when nothing was wrong with it: its log where something was found."""
    if not keep:
        for name in ("plain", "custody"):
            shutil.rmtree(place / name, ignore_errors=True)
        if not (place / "report.txt").exists():
            shutil.rmtree(place, ignore_errors=True)


def write_report(custody, log, path):
    """The findings as `custody report` tells them."""
    done = subprocess.run([custody, "report", "--severity", "warning", log], capture_output=True, check=False)
    path.write_bytes(done.stdout + done.stderr)


def perform(name, module, options):
    """Plays all runs of a program. A row of the table, and what is wrong. Raises LeftOut."""
    workshop = options.place / name
    workshop.mkdir(parents=True, exist_ok=True)
    program = module.prepare(workshop)
    results, tally = options.place / "results" / name, Tally(getattr(module, "RIGHT", []))
    shutil.rmtree(results, ignore_errors=True)
    custody = options.build / "custody"
    for number, run in enumerate(run for run in program.runs if options.only in f"{name} {run.name}"):
        place = results / f"{number:03}-{run.name.replace('/', '-')}"
        place.mkdir(parents=True)
        outcomes, found, problems = play(run, place, custody)
        if found:
            write_report(custody, place / "log.jsonl", place / "report.txt")
        wrong = tally.add(run, outcomes, found, problems)
        if wrong:
            for which, outcome in zip(("plain", "custody"), outcomes):
                (place / f"{which}.txt").write_text(outcome.output, encoding="utf-8")
        else:
            clear(place, options.keep)
    if tally.problems:
        (results / "problems.txt").write_text("\n".join(tally.problems) + "\n", encoding="utf-8")
    return (tally.row(name, program) if tally.runs else None), tally.problems


def may_fit(name, only):
    """Whether runs of the program can have `only` in `PROGRAM RUN`; what it has to begin with, as runs are not known."""
    return not only or only in name or " " not in only or name.endswith(only.split(" ", maxsplit=1)[0])


def perform_all(options):
    """Rows of the table, what was left out, and how many programs have problems; prints what is wrong as it comes."""
    rows, absent, wrong = [], [], 0
    sys.path.insert(0, str(options.programs))
    for name in sorted(path.stem for path in options.programs.glob("*.py")):
        if not may_fit(name, options.only):
            continue
        try:
            row, problems = perform(name, importlib.import_module(name), options)
        except LeftOut as reason:
            print(f"left out: {name}: {reason}", flush=True)
            absent.append(name)
            continue
        if row is None:
            continue
        rows.append(row)
        wrong += bool(problems)
        more = [f"and {len(problems) - SHOWN} more: {options.place}/results/{name}/problems.txt"] if len(problems) > SHOWN else []
        words = [problem.replace("\n", "\n     ") for problem in problems[:SHOWN] + more]
        print(f"{'FAIL' if problems else 'ok  '} {', '.join(row[:4])}", *(f"     {line}" for line in words), sep="\n", flush=True)
    return rows, absent, wrong


def main():
    options = arguments()
    options.place.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = str(options.place / "cache")  # prepared facts: not the user's
    rows, absent, wrong = perform_all(options)
    if rows:
        print(tables.aligned([HEADINGS, *rows]))
    if options.update and rows:
        made = f"Made by `make compat`, {datetime.date.today()}."
        made += f" Left out, as the machine does not have it: {', '.join(absent)}." if absent else ""
        tables.replace_between(options.update, f"{made}\n\n{tables.markdown([HEADINGS, *rows])}")
    print(f"{len(rows)} programs, {wrong} with problems, {len(absent)} left out")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())

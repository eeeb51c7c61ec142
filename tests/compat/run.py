#!/usr/bin/python3
"""Large programs, and their own test suites, run by themselves and under Custody: output and exit status must be the
same, every log valid, and each finding that is an error explained in the program's file. `make compat` builds Custody
and calls this. What is fetched and built is kept in the build directory. `--only NAME` takes some.

A program is a file of tests/compat/programs/ with
  prepare(workshop)  gives a stage.Program; `workshop` is a directory that is kept from one time to the next, in which
                     it may fetch, unpack and build (debian.py helps). Raises stage.LeftOut when it lacks something.
  RIGHT              findings that are right, a list of {"kind": ..., "in": function, "module": name, "why": ...}; `in`
                     and `module` are patterns with * and ?; each has to fit a frame of the finding's stacks, and one of
                     them may be left out."""

import argparse
import datetime
import importlib
import os
import shutil
import signal
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

SHOWN = 8  # problems of a program that are printed; problems.txt has all
HEADINGS = ["program", "version", "what was run", "same result", "errors", "of them unexplained", "warnings", "seconds",
            "under Custody"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody in it")
    parser.add_argument("--only", default="", metavar="NAME", help="`PROGRAM` or `PROGRAM RUN`")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="put the table into this Markdown page; of programs that were not run the former rows stay")
    parser.add_argument("--keep", action="store_true", help="keep logs and directories of runs without problems, too")
    parser.add_argument("--programs", type=Path, default=HERE / "programs", help="directory with files of programs")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.place = options.build / "compat"
    options.program, _, options.run = options.only.partition(" ")
    return options


def play(run, place, custody):
    """Both plays of a run, one after the other; outcomes, the log's path, and what is wrong."""
    outcomes = []
    log = place / "log.jsonl"
    for name, stage in (("plain", Stage(place / "plain")), ("under", Stage(place / "under", custody, log))):
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
        unexplained = [error for error in errors if findings.explanation(error, {"explained": self.right}) is None]
        self.errors += errors
        self.unexplained += unexplained
        self.warnings += [finding for finding in found if finding["severity"] == "warning"]
        wrong = problems + [findings.describe(finding) for finding in unexplained]
        self.problems += [f"{run.name}: {words}" for words in wrong]
        return bool(wrong)

    def what(self, program):
        counts = self.counts or Counter({"run" if self.runs == 1 else "runs": self.runs})
        return " ".join([", ".join(f"{number:,} {thing}" for thing, number in counts.items()), program.what]).strip()

    def row(self, name, program):
        return [name, program.version, self.what(program), f"{self.same} of {self.runs}", findings.counted(self.errors),
                findings.counted(self.unexplained), findings.counted(self.warnings), f"{self.seconds[0]:.0f}",
                f"{self.seconds[1]:.0f}"]


def keep_evidence(custody, place, outcomes):
    """Of a run with problems: what both plays said, and the findings as `custody report` tells them."""
    for name, outcome in zip(("plain", "custody"), outcomes):
        (place / f"{name}.txt").write_text(outcome.output, encoding="utf-8")
    command = [custody, "report", "--severity", "warning", place / "log.jsonl"]
    done = subprocess.run(command, capture_output=True, check=False)
    (place / "report.txt").write_bytes(done.stdout + done.stderr)


def perform(name, module, options):
    """Plays all runs of a program. A row of the table, and what is wrong. Raises LeftOut."""
    workshop = options.place / name
    workshop.mkdir(parents=True, exist_ok=True)
    program = module.prepare(workshop)
    results, tally = options.place / "results" / name, Tally(getattr(module, "RIGHT", []))
    shutil.rmtree(results, ignore_errors=True)
    custody = options.build / "custody"
    for number, run in enumerate(run for run in program.runs if options.run in run.name):
        place = results / f"{number:03}-{run.name.replace('/', '-')}"
        place.mkdir(parents=True)
        outcomes, found, problems = play(run, place, custody)
        if tally.add(run, outcomes, found, problems):
            keep_evidence(custody, place, outcomes)
        elif not options.keep:
            shutil.rmtree(place)
    if tally.problems:
        (results / "problems.txt").write_text("\n".join(tally.problems) + "\n", encoding="utf-8")
    return (tally.row(name, program) if tally.runs else None), tally.problems


def announce(row, problems, results):
    """A line for a program that has run, and its first problems."""
    more = [f"and {len(problems) - SHOWN} more: {results}/problems.txt"] if len(problems) > SHOWN else []
    words = [problem.replace("\n", "\n     ") for problem in problems[:SHOWN] + more]
    title = f"{'FAIL' if problems else 'ok  '} {', '.join(row[:4])}"
    print(title, *(f"     {line}" for line in words), sep="\n", flush=True)


def perform_all(options):
    """Rows of the table, what was left out, and how many programs have problems; prints what is wrong as it comes."""
    rows, absent, wrong = [], [], 0
    sys.path.insert(0, str(options.programs))
    for name in sorted(path.stem for path in options.programs.glob("*.py") if options.program in path.stem):
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
        announce(row, problems, options.place / "results" / name)
    return rows, absent, wrong


def with_former(page, rows):
    """The rows of the table in a page, with those of `rows` in the place of their programs' former ones."""
    former = {line[2:-2].split(" | ")[0]: line[2:-2].split(" | ") for line in page.read_text(encoding="utf-8").splitlines()
              if line.startswith("| ") and line.count(" | ") == len(HEADINGS) - 1}
    known = {name: cells for name, cells in former.items() if name != HEADINGS[0] and not name.startswith("---")}
    known.update({row[0]: row for row in rows})
    return [known[name] for name in sorted(known)]


def main():
    options = arguments()
    for number in (signal.SIGHUP, signal.SIGQUIT):  # ignored under nohup, and then by what is run here, too
        signal.signal(number, signal.SIG_DFL)
    options.place.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = str(options.place / "cache")  # prepared facts: not the user's
    rows, absent, wrong = perform_all(options)
    if rows:
        print(tables.aligned([HEADINGS, *rows]))
    if options.update and rows:
        made = f"Made by `make compat`, {datetime.date.today()}."
        made += f" Left out, as the machine does not have it: {', '.join(absent)}." if absent else ""
        table = tables.markdown([HEADINGS, *with_former(options.update, rows)])
        tables.replace_between(options.update, f"{made}\n\n{table}")
    print(f"{len(rows)} programs, {wrong} with problems, {len(absent)} left out")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())

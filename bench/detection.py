#!/usr/bin/python3
"""Runs the scenarios of real bugs, and those of leaks, under Custody, Valgrind and a preloaded sanitizer of gcc, side by
side, and prints what each found, missed and made up; then measures what looking for leaks takes at the end of a program
with a large heap. `make detection` builds what is needed, calls this and puts the tables into docs/detection.md.
`--only NAME` tries what has NAME in its name."""

import argparse
import datetime
import os
import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "scenarios"))  # for harness
sys.dont_write_bytecode = True

import bug_checkers  # noqa: E402
import bug_programs  # noqa: E402
import bug_tables  # noqa: E402
import bug_verdicts  # noqa: E402
import leak_tables  # noqa: E402
import tables  # noqa: E402

PARTS = ("bugs", "leaks", "times")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody and the heaps in it")
    parser.add_argument("--only", default="", help="programs with this in their name: 'c/leak_shapes lost'")
    parser.add_argument("--jobs", type=int, default=2, help="how many programs at a time (2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that the times are medians of (3)")
    parser.add_argument("--mib", type=int, default=256, help="live heap for the times (256)")
    parser.add_argument("--without", choices=PARTS, action="append", default=[], help="leave a part out; several times")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="replace the tables in this Markdown page")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.without += ["times"] if options.only else []  # they are of no program
    return options


def examine(trial, checker, place):
    return checker.examine(trial, place) if trial.command else None


def judge_column(trials, said):
    """Verdicts on what one checker said about the trials, each with its twin's words at hand."""
    spoken = {(t.case.program.path, t.case.run.name, t.build.name): s for t, s in zip(trials, said, strict=True)}
    return [bug_verdicts.judge(t, s, spoken.get((t.case.program.path, t.case.run.twin, t.build.name)))
            for t, s in zip(trials, said, strict=True)]


def try_bugs(options, checkers):
    """All bugs and correct programs in all builds, judged."""
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(options.jobs) as pool:
        os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")  # prepared facts: not the user's
        trials = bug_programs.trials(bug_programs.all_cases(options.only), work, pool)
        print(f"detection: {len(trials)} programs with bugs or without under {len(checkers)} checkers", file=sys.stderr,
              flush=True)
        pending = [[pool.submit(examine, trial, checker, Path(work) / f"run-{column}-{row}")
                    for row, trial in enumerate(trials)] for column, checker in enumerate(checkers)]
        said = [[future.result() for future in column] for column in pending]
    return bug_tables.Results(trials, [judge_column(trials, column) for column in said])


def tables_of_bugs(options):
    checkers = bug_checkers.side_by_side(options.build)
    results = try_bugs(options, checkers)
    return list(bug_tables.all_tables(results, [checker.heading for checker in checkers])) if results.trials else []


def describe(options):
    """Where, when and how."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    only = f" --only '{options.only}'" if options.only else ""
    return f"Made by `make detection`{only}, {datetime.date.today()}, {model}, {' '.join(platform.libc_ver())}."


def as_markdown(parts, title):
    return "\n\n".join([title, *(f"{words}:\n\n{tables.markdown(rows)}" if words else tables.markdown(rows)
                                 for words, rows in parts)])


def as_text(parts, title):
    return "\n\n".join([title, *(f"{words}\n{tables.aligned(rows)}" for words, rows in parts)])


def publish(parts, region, options):
    """Prints the tables, and puts them into their region of the page."""
    title = describe(options)
    print(as_text(parts, title), flush=True)
    if options.update:
        tables.replace_between(options.update, as_markdown(parts, title), region)


def main():
    options = arguments()
    for region, part in (("bugs", tables_of_bugs), ("leaks", leak_tables.all_tables)):
        parts = [] if region in options.without else part(options)
        if parts:
            publish(parts, region, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

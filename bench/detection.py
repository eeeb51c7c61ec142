#!/usr/bin/python3
"""Runs the leak scenarios under Custody, Valgrind and a preloaded LeakSanitizer, side by side, and prints what each found,
missed and made up; then measures what each takes at the end of a program with a large heap. `make detection` builds what
is needed, calls this and puts the tables into docs/detection.md. `--only NAME` tries what has NAME in its name."""

import argparse
import datetime
import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

import leak_checkers  # noqa: E402
import leak_programs  # noqa: E402
import leak_times  # noqa: E402
import leak_verdicts  # noqa: E402
import tables  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody and the heaps in it")
    parser.add_argument("--only", default="", help="programs whose name contains this, for example 'c/leak_shapes lost'")
    parser.add_argument("--jobs", type=int, default=2, help="how many programs at a time (2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that the times are medians of (3)")
    parser.add_argument("--mib", type=int, default=256, help="live heap for the times (256)")
    parser.add_argument("--without", choices=("programs", "times"), help="leave one half out")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="replace the tables in this Markdown page")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def examine(trial, number, checker, work):
    said = checker.examine(trial.command, Path(work) / f"{checker.name}-{number}")
    return leak_verdicts.judge(trial, said)


def try_programs(options, checkers):
    """Trials, and for each checker the list of its verdicts."""
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(options.jobs) as pool:
        trials = leak_programs.all_trials(work, options.only)
        print(f"detection: {len(trials)} programs under {len(checkers)} checkers", file=sys.stderr, flush=True)
        pending = [[pool.submit(examine, trial, number, checker, work) for number, trial in enumerate(trials)]
                   for checker in checkers]
        return trials, [[future.result() for future in column] for column in pending]


def truth_words(trial):
    if trial.kind == "leak":
        size = f", {trial.lost.bytes:,} bytes" if trial.lost.bytes else ""
        return f"{trial.lost.blocks:,} lost{size}"
    return f"{trial.possible:,} possible" if trial.kind == "possible" else "nothing lost"


def program_tables(trials, columns, headings):
    """A table for each program: runs, the truth, and a word for each checker; what is not right stands out."""
    for program in dict.fromkeys(trial.program for trial in trials):
        rows = [[f"`{program}`", "truth", *headings]]
        for number, trial in enumerate(trials):
            if trial.program == program:
                verdicts = [column[number] for column in columns]
                words = [v.word if v.outcome == "exact" else f"**{v.word}**" for v in verdicts]
                rows.append([trial.run, truth_words(trial), *words])
        yield rows


def describe(options):
    """Where, when and how."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    only = f" --only '{options.only}'" if options.only else ""
    return f"Made by `make detection`{only}, {datetime.date.today()}, {model}, {' '.join(platform.libc_ver())}."


def sections(options, checkers):
    """The page's tables, as a list of lists of rows, with a paragraph before each."""
    headings = [checker.heading for checker in checkers]
    parts = []
    if options.without != "times":
        words = (f"Seconds for a GiB of live heap from the end of `main` to the end of the process, less those without a "
                 f"checker; {options.mib} MiB live, medians of {options.rounds} rounds (Valgrind: one)")
        times = [["live at exit", *headings], *leak_times.measure(checkers, leak_checkers.Plain(), options)]
        parts.append((words, times))
    if options.without != "programs":
        trials, columns = try_programs(options, checkers)
        totals = [["", *headings], *leak_verdicts.total_rows(trials, columns)]
        parts.insert(0, (f"Totals of {len(trials)} programs", totals))
        parts += [("", rows) for rows in program_tables(trials, columns, headings)]
    return parts


def as_markdown(parts, title):
    return "\n\n".join([title, *(f"{words}:\n\n{tables.markdown(rows)}" if words else tables.markdown(rows)
                                 for words, rows in parts)])


def as_text(parts, title):
    return "\n\n".join([title, *(f"{words}\n{tables.aligned(rows)}" for words, rows in parts)])


def main():
    options = arguments()
    checkers = leak_checkers.side_by_side(options.build)
    parts, title = sections(options, checkers), describe(options)
    print(as_text(parts, title))
    if options.update:
        tables.replace_between(options.update, as_markdown(parts, title))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The tables of leaks: the leak scenarios under each checker, and what looking takes at the end of a large heap."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import leak_checkers
import leak_programs
import leak_times
import leak_verdicts


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


def time_tables(options, checkers):
    words = (f"Seconds for a GiB of live heap from the end of `main` to the end of the process, less those without a "
             f"checker; {options.mib} MiB live, medians of {options.rounds} rounds (Valgrind: one)")
    headings = [checker.heading for checker in checkers]
    yield words, [["live at exit", *headings], *leak_times.measure(checkers, leak_checkers.Plain(), options)]


def tables_of_programs(options, checkers):
    trials, columns = try_programs(options, checkers)
    if not trials:
        return
    headings = [checker.heading for checker in checkers]
    yield f"Totals of {len(trials)} programs", [["", *headings], *leak_verdicts.total_rows(trials, columns)]
    for rows in program_tables(trials, columns, headings):
        yield "", rows


def all_tables(options):
    """(words in front, rows) of each table."""
    checkers = leak_checkers.side_by_side(options.build)
    times = [] if "times" in options.without else list(time_tables(options, checkers))
    totals, *programs = [*tables_of_programs(options, checkers)] or [None]
    return [part for part in (totals, *times, *programs) if part]

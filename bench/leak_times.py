"""What looking for leaks takes at the end of a program: from the end of `main` until the process is gone, under each
checker, less what the same takes without one, scaled to a GiB of live heap."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPES = (
    ("nodes", "64-byte nodes, one list in random order"),
    ("lost-nodes", "the same list, lost"),
    ("kilobytes", "blocks of 1 KiB without pointers but one"),
    ("megabytes", "buffers of 1 MiB"),
    ("pointers", "blocks of 4 KiB full of pointers to each other"),
)
MIB_PER_GIB = 1024
# Valgrind takes most of a minute for what the others do in a second: it gets one round.
ONE_ROUND = ("valgrind",)


def seconds_at_end(checker, program, shape, mib):
    """Seconds from the time that the program prints to its end. None when it fails."""
    with tempfile.TemporaryDirectory() as place:
        try:
            done = checker.start([str(program), shape, str(mib)], Path(place))
        except subprocess.TimeoutExpired:
            return None
        ended = time.clock_gettime(time.CLOCK_MONOTONIC)
    words = done.stdout.split()
    return ended - float(words[0]) if words else None


def measure_shape(checkers, plain, program, shape, options):
    """Cells of a row: seconds for each GiB, less the plain run."""
    samples = {checker.name: [] for checker in [plain, *checkers]}
    for number in range(options.rounds):
        for checker in [plain, *checkers]:
            if number == 0 or checker.name not in ONE_ROUND:
                samples[checker.name].append(seconds_at_end(checker, program, shape, options.mib))
    base = statistics.median(samples[plain.name])
    cells = []
    for checker in checkers:
        values = samples[checker.name]
        figure = None if None in values else (statistics.median(values) - base) * MIB_PER_GIB / options.mib
        cells.append("failed" if figure is None else f"{figure:.2f}")
    return cells


def measure(checkers, plain, options):
    """Rows of the table of times."""
    rows = []
    for shape, words in SHAPES:
        rows.append([words, *measure_shape(checkers, plain, options.build / "bench" / "heaps", shape, options)])
        print(f"detection: {words}: {', '.join(rows[-1][1:])}", file=sys.stderr, flush=True)
    return rows

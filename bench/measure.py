"""Measures the workload programs of this directory, and what a process costs when it starts and when it ends."""

import sys

from table import Table

# Program, workload, threads, operations of a thread: about a twentieth of a second each.
WORKLOADS = (
    ("blocks", "pair", 1, 1_500_000),
    ("blocks", "pair", 2, 1_500_000),
    ("blocks", "window", 1, 800_000),
    ("blocks", "window", 2, 800_000),
    ("handover", "handover", 2, 1_000_000),
    ("blocks", "zeroed", 1, 1_500_000),
    ("blocks", "grow", 1, 50_000),
    ("objects", "node", 1, 1_500_000),
    ("objects", "text", 1, 1_500_000),
    ("values", "box", 1, 1_500_000),
    ("values", "vec", 1, 1_500_000),
)
# What is short is measured more often than what is long.
SHORT = 2
STARTS = 20
LIVE_MIB = 256
MIB_PER_GIB = 1024


def workload_row(name, threads):
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


def workloads(options, columns, launcher):
    """Nanoseconds of processor time for each operation."""
    table = Table("Workloads", "ns", [column.name for column in columns])
    for program, name, threads, operations in WORKLOADS:
        row = workload_row(name, threads)
        if not options.chooses("micro", row):
            continue
        command = [options.build / "bench" / program, name, str(threads), str(operations)]
        for _ in range(options.rounds * SHORT):
            for column in columns:
                table.add(row, column.name, float(launcher.run(command, column).output))
        progress(row)
    return table


def starts(options, columns, launcher):
    """Milliseconds that a process takes which does nothing."""
    table = Table("A process that does nothing", "ms", [column.name for column in columns])
    command = [options.build / "bench" / "process"]
    if options.chooses("start", "start and end"):
        for _ in range(options.rounds * STARTS):
            for column in columns:
                table.add("start and end", column.name, launcher.run(command, column).wall * 1000)
        progress("start and end")
    return table


def exits(options, columns, launcher):
    """What a process costs at its end that leaves many live blocks, scaled to one GiB, and what memory it takes."""
    table = Table(f"{LIVE_MIB} MiB live at exit", "s/GiB; MiB", [column.name for column in columns])
    command = [options.build / "bench" / "process", str(LIVE_MIB)]
    if options.chooses("exit", "end"):
        for _ in range(options.rounds):
            for column in columns:
                run = launcher.run(command, column)
                table.add("end, seconds per GiB", column.name, (run.ended - float(run.output)) * MIB_PER_GIB / LIVE_MIB)
                table.add("largest resident size, MiB", column.name, run.memory)
        progress("exit")
    return table


def progress(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)

"""Runs programs and takes their figures. A result is one table: rows by name, each with the samples of every column."""

import dataclasses
import os
import statistics
import subprocess
import sys
import time

# Program, workload, threads, operations of a thread: about a twentieth of a second each.
WORKLOADS = (
    ("blocks", "pair", 1, 1_500_000),
    ("blocks", "pair", 2, 1_500_000),
    ("blocks", "window", 1, 800_000),
    ("blocks", "window", 2, 800_000),
    ("blocks", "zeroed", 1, 1_500_000),
    ("blocks", "grow", 1, 50_000),
    ("objects", "node", 1, 1_500_000),
    ("objects", "text", 1, 1_500_000),
    ("values", "box", 1, 1_500_000),
    ("values", "vec", 1, 1_500_000),
)
STARTS_A_ROUND = 20
LIVE_MIB = 256
MIB_PER_GIB = 1024


@dataclasses.dataclass
class Table:
    """Samples of every row and column, in the order in which the rounds took them."""

    title: str
    unit: str
    columns: list
    rows: dict = dataclasses.field(default_factory=dict)

    def add(self, row, column, value):
        self.rows.setdefault(row, {name: [] for name in self.columns})[column].append(value)

    def median(self, row, column):
        return statistics.median(self.rows[row][column])

    def ratio(self, row, column):
        """Median over the rounds of a column to the first column."""
        first = self.rows[row][self.columns[0]]
        return statistics.median(ours / base for ours, base in zip(self.rows[row][column], first, strict=True))


def output_of(command, allocator):
    """What a program prints, as a number. A program that fails ends the run."""
    done = subprocess.run(command, env=allocator.environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} under {allocator.name} ended with status {done.returncode}")
    return float(done.stdout)


def workloads(options, columns):
    """Nanoseconds of processor time for each operation."""
    table = Table("Workloads", "ns", [column.name for column in columns])
    for program, name, threads, operations in WORKLOADS:
        row = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
        if options.only not in row:
            continue
        for _ in range(options.rounds):
            for column in columns:
                command = [options.build / "bench" / program, name, str(threads), str(operations)]
                table.add(row, column.name, output_of(command, column))
        progress(row)
    return table


def run_time(command, allocator):
    """Milliseconds from spawning a program to its end."""
    begin = time.monotonic()
    pid = os.posix_spawn(command[0], command, allocator.environment())
    _, status = os.waitpid(pid, 0)
    if status != 0:
        sys.exit(f"bench: {command[0]} under {allocator.name} failed")
    return (time.monotonic() - begin) * 1000


def starts(options, columns):
    """Milliseconds that a process takes which does nothing."""
    table = Table("A process that does nothing", "ms", [column.name for column in columns])
    command = [str(options.build / "bench" / "process")]
    for _ in range(options.rounds * STARTS_A_ROUND):
        for column in columns:
            table.add("start and end", column.name, run_time(command, column))
    progress("start and end")
    return table


def end_of_process(command, allocator):
    """Seconds from the time that a program prints to its end, and its largest resident size in MiB."""
    read_end, write_end = os.pipe()
    pid = os.posix_spawn(command[0], command, allocator.environment(),
                         file_actions=[(os.POSIX_SPAWN_DUP2, write_end, 1), (os.POSIX_SPAWN_CLOSE, read_end)])
    os.close(write_end)
    _, status, usage = os.wait4(pid, 0)
    ended = time.clock_gettime(time.CLOCK_MONOTONIC)
    with os.fdopen(read_end) as stream:
        text = stream.read()
    if status != 0:
        sys.exit(f"bench: {command[0]} under {allocator.name} failed")
    return ended - float(text), usage.ru_maxrss / 1024


def exits(options, columns):
    """What a process costs at its end that leaves many live blocks, scaled to one GiB, and what memory it takes."""
    table = Table(f"{LIVE_MIB} MiB live at exit", "s/GiB; MiB", [column.name for column in columns])
    command = [str(options.build / "bench" / "process"), str(LIVE_MIB)]
    for _ in range(min(options.rounds, 5)):
        for column in columns:
            seconds, resident = end_of_process(command, column)
            table.add("end, seconds per GiB", column.name, seconds * MIB_PER_GIB / LIVE_MIB)
            table.add("largest resident size, MiB", column.name, resident)
    progress("exit")
    return table


def progress(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)

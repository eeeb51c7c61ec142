"""The goals that the project has set itself for speed and memory, and how a run of the benchmarks stands to them."""

import dataclasses

from measure import MIB_PER_GIB, workload_row

HEAD = ["Goal", "limit", "measured", "verdict"]


@dataclasses.dataclass(frozen=True)
class Goal:
    """A goal in words, the figure that it allows, and the figure that was measured, both with two decimals. `note` stands
    beside what was measured."""

    words: str
    limit: float
    measured: float
    unit: str = ""
    at_least: bool = False
    note: str = ""

    def is_met(self):
        measured = round(self.measured, 2)
        return measured >= self.limit if self.at_least else measured <= self.limit

    def miss(self):
        """By how many hundredths of the limit it is missed."""
        measured = round(self.measured, 2)
        return 100 * abs(measured - self.limit) / self.limit

    def cells(self):
        limit = f"{'at least' if self.at_least else 'at most'} {self.limit:.2f}{self.unit}"
        verdict = "met" if self.is_met() else f"**missed by {max(self.miss(), 1):.0f} %**"
        return [self.words, limit, f"{self.measured:.2f}{self.unit}{self.note}", verdict]


def of_programs(results):
    for kind, column, words, limit in (
            ("time", "stacks=1", "Real programs with `stacks=1`: time", 0.95),
            ("time", "defaults", "Real programs with the defaults, leak audit included: time", 1.05),
            ("memory", "defaults", "The same: largest memory", 1.30)):
        table = results.get(kind)
        if table and all(table.has(row, column) for row in table.rows):
            yield Goal(words, limit, table.mean_ratio(column), note=f" times glibc ({len(table.rows)} programs)")


def of_workloads(table, column="stacks=1"):
    for name in ("pair", "window"):
        row = workload_row(name, 1)
        if table.has(row, column):
            yield Goal(f"`{name}` with `{column}`: time", 1.20, table.ratio(row, column), note=" times glibc")
    for name in ("pair", "window"):
        one, two = workload_row(name, 1), workload_row(name, 2)
        if table.has(one, column) and table.has(two, column):
            glibc = table.median(two, table.columns[0]) / table.median(one, table.columns[0])
            yield Goal(f"`{name}` with `{column}`: an operation in each of two threads, to one in a single thread", 1.00,
                       table.median(two, column) / table.median(one, column), note=f" (glibc {glibc:.2f})")


def of_starts(table):
    for column, words in (("defaults", "preloaded, with the defaults"), ("custody run", "by `custody run`")):
        for row in table.rows:
            if table.has(row, column):
                yield Goal(f"A process that does nothing, {words}: added time", 5.00,
                           table.median(row, column) - table.median(row, table.columns[0]), " ms")


def of_exits(table):
    row = "end, seconds per GiB"
    seconds = table.median(row, "leaks=full") - table.median(row, "leaks=off")
    yield Goal("Leak audit at exit: live heap in a second", 1.00, 1 / max(seconds, 1 / MIB_PER_GIB), " GiB", at_least=True)


def judge(results):
    """Goals that the tables at hand have figures for."""
    judged = list(of_programs(results))
    for kind, of_table in (("micro", of_workloads), ("start", of_starts), ("exit", of_exits)):
        if kind in results:
            judged += of_table(results[kind])
    return judged

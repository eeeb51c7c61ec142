#!/usr/bin/python3
"""Measures programs under plain glibc, under other allocators and checkers, and under Custody, interleaved in one run, and
prints medians and their ratios to glibc. `make bench` builds what is needed and calls this; BENCH_ARGS adds arguments.

Each round runs every program under every allocator, one after the other, so that what disturbs the machine disturbs all
of them; a ratio is the median of the ratios of the rounds. What is not installed is left out with a word."""

import argparse
import datetime
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import allocators  # noqa: E402
import goals  # noqa: E402
import launcher  # noqa: E402
import measure  # noqa: E402
import plot  # noqa: E402
import programs  # noqa: E402
import real  # noqa: E402
import tables  # noqa: E402


class Options(argparse.Namespace):
    """What is asked for on the command line."""

    def chooses(self, kind, row):
        """Is this row of this kind (`real`, `micro`, `start`, `exit`) asked for?"""
        return self.only in f"{kind} {row}"

    def columns(self, kind, candidates):
        """Those candidates that stand in tables of a kind, the first one always."""
        first, *others = [c for c in candidates if isinstance(c, allocators.Allocator) and kind in c.kinds]
        return [first] + [c for c in others if not self.allocators or c.name in self.allocators]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody and the workloads in it")
    parser.add_argument("--rounds", type=int, default=5,
                        help="rounds over the real programs; what is short takes twice as many (5)")
    parser.add_argument("--only", default="", help="rows with this in 'real NAME', 'micro NAME', 'start' or 'exit'")
    parser.add_argument("--allocators", type=lambda text: text.split(","), default=[], metavar="NAME,...",
                        help="columns, beside glibc (all)")
    parser.add_argument("--csv", type=Path, help="also write every figure to this file")
    parser.add_argument("--plot", type=Path, help="also draw the real programs into this file (SVG)")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="replace the tables in this Markdown page, and the plot "
                        "beside it")
    options = parser.parse_args(namespace=Options())
    if options.update and (options.only or options.allocators):
        parser.error("--update is for whole runs: a page's figures are of one run")
    options.build = options.build.resolve()
    return options


def describe_machine(rounds):
    """One line that says where and when."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    libc = " ".join(platform.libc_ver())
    return f"{datetime.date.today()}, {model}, {libc}, {rounds} round{'s' if rounds > 1 else ''}"


def candidates(options):
    """All columns but those that are not installed, which are told."""
    found = list(allocators.all_of_them(options.build))
    unknown = set(options.allocators) - {c.name for c in found}
    if unknown:
        sys.exit(f"bench: no allocator is called {', '.join(unknown)}; there are {', '.join(c.name for c in found)}")
    for column in found:
        if isinstance(column, allocators.Missing):
            print(f"bench: {column.name} is left out: {column.package} is not installed", file=sys.stderr)
    return found


def run_all(options, work):
    """Every table that is asked for, by kind."""
    run, found = launcher.Launcher(options.build, work), candidates(options)
    data = Path(work) / "data"
    programs.write_data(data)
    time_, processor, memory = real.all_programs(options, options.columns("real", found), run, data)
    results = {"time": time_, "processor": processor, "memory": memory,
               "micro": measure.workloads(options, options.columns("micro", found), run),
               "start": measure.starts(options, options.columns("start", found), run),
               "exit": measure.exits(options, allocators.for_exits(options.build), run)}
    results = {kind: table for kind, table in results.items() if table.rows}
    return results or sys.exit(f"bench: nothing is called {options.only}")


def main():
    options = arguments()
    for name in ("LD_PRELOAD", "CUSTODY_OPTIONS"):
        os.environ.pop(name, None)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as work:
        results = run_all(options, work)
    title = f"{describe_machine(options.rounds)}, {(time.monotonic() - begin) / 60:.0f} minutes"
    judged = goals.judge(results)
    print(tables.as_text(title, results, judged))
    if options.csv:
        options.csv.write_text(tables.as_csv(results), encoding="utf-8")
    if options.plot and "time" in results:
        plot.write(options.plot, results["time"], results["memory"])
    if options.update:
        tables.update_page(options.update, title, results, judged)
        plot.write(options.update.with_suffix(".svg"), results["time"], results["memory"])
    return 0


if __name__ == "__main__":
    sys.exit(main())

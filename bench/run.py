#!/usr/bin/python3
"""Measures programs under plain glibc, plain jemalloc and Custody, interleaved in one run, and prints medians and their
ratios to glibc. `make bench` builds what is needed and calls this; BENCH_ARGS adds arguments.

Each round runs every workload under every allocator, one after the other, so that what disturbs the machine disturbs all
of them; a ratio is the median of the ratios of the rounds."""

import argparse
import datetime
import platform
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import allocators  # noqa: E402
import measure  # noqa: E402
import tables  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody and the workloads in it")
    parser.add_argument("--rounds", type=int, default=9, help="rounds that the medians are taken over")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--csv", type=Path, help="also write every figure to this file")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="replace the tables in this Markdown page")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def describe_machine(rounds):
    """One line that says where and when."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    libc = " ".join(platform.libc_ver())
    return f"{datetime.date.today()}, {model}, {libc}, {rounds} rounds"


def main():
    options = arguments()
    columns = allocators.for_workloads(options.build)
    if not any(column.name == "jemalloc" for column in columns):
        print("bench: libjemalloc.so.2 is not installed (libjemalloc2): its column is left out", file=sys.stderr)
    results = [measure.workloads(options, columns)]
    if not options.only:
        results.append(measure.starts(options, columns))
        results.append(measure.exits(options, allocators.for_exits(options.build)))
    title = describe_machine(options.rounds)
    print(tables.as_text(title, results))
    if options.csv:
        options.csv.write_text(tables.as_csv(results), encoding="utf-8")
    if options.update:
        tables.update_page(options.update, title, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

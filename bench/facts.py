#!/usr/bin/python3
"""Measures what `custody prepare` takes for large programs, and what comes of it. `make bench-facts` builds what is needed and
calls this; the programs are generated and compiled once, which takes some minutes. BENCH_ARGS adds arguments."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import facts_programs  # noqa: E402
import run  # noqa: E402
import tables  # noqa: E402

MIB = 1 << 20
HEAD = ["Program", "file, MiB", "debug information, MiB", "seconds", "memory, MiB", "rows", "facts, KiB"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody in it")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the quickest counts")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="replace the table in this Markdown page")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def programs(build):
    """Words and files of what is measured."""
    place = build / "bench" / "facts"
    place.mkdir(parents=True, exist_ok=True)
    yield "Rust, `-g`", facts_programs.build_rust(place, "rust_debug", 150)
    yield "Rust, `-g -O -C lto=fat`", facts_programs.build_rust(place, "rust_lto", 60, "-O", "-C", "lto=fat")
    yield "C++, `clang++ -g`", facts_programs.build_cxx(place, "cxx", 16, 16)
    library = facts_programs.rustc_library()
    if library:
        yield "rustc's library: symbols only", library


def debug_bytes(path):
    """The size of all sections of debug information."""
    listing = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    rows = [line.split("]", maxsplit=1)[1].split() for line in listing.splitlines() if "] .debug_" in line]
    return sum(int(row[4], 16) for row in rows)


def prepare_once(build, path, cache):
    """Processor seconds and MiB of one preparation."""
    child = subprocess.Popen([build / "custody", "prepare", "--quiet", "--force", "--cache", cache, path])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"bench: custody prepare {path}: exit status {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(options, words, path):
    """Cells of a program's row."""
    with tempfile.TemporaryDirectory() as cache:
        figures = [prepare_once(options.build, path, cache) for _ in range(options.rounds)]
        facts = next(Path(cache).glob("*.facts")).stat().st_size
    seconds, memory = min(figures)
    rows = (facts - 80) // 8  # struct custody_facts_header, and a word a row
    sizes = [f"{path.stat().st_size / MIB:.0f}", f"{debug_bytes(path) / MIB:.0f}"]
    return [words, *sizes, f"{seconds:.2f}", f"{memory:.0f}", f"{rows:,}", f"{facts / 1024:.1f}"]


def main():
    options = arguments()
    lines = [HEAD]
    for words, path in programs(options.build):
        lines.append(row(options, words, path))
        print("bench:", ", ".join(lines[-1]), file=sys.stderr, flush=True)
    print(tables.aligned(lines))
    if options.update:
        title = f"Processor time, the quickest round: {run.describe_machine(options.rounds)}."
        tables.replace_between(options.update, f"{title}\n\n{tables.markdown(lines)}", "facts")
    return 0


if __name__ == "__main__":
    sys.exit(main())

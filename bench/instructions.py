#!/usr/bin/python3
"""Counts instructions: runs a workload under Custody and Valgrind's Callgrind, and prints what each function spent for one
operation, itself. Unlike times these figures are the same on every run. `make bench-instructions` builds and calls this."""

import argparse
import os
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

OPERATIONS = 200_000


def profile(build, workload, options, operations, work):
    """Instructions of each function, from Callgrind's output file."""
    out = Path(work) / f"callgrind.{operations}"
    environment = dict(os.environ, LD_PRELOAD=str(build / "libcustody_preload.so"), CUSTODY_OPTIONS=options)
    command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
               "--compress-pos=no", build / "bench" / "blocks", workload, "1", str(operations)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return own_costs(out.read_text(encoding="utf-8"))


def own_costs(text):
    """Sums the lines "position cost" by function and source file; the line after `calls=` is what the called function
    cost. Code that was inlined into a function keeps its own file (`fi=`, `fe=`)."""
    costs, function, file, skip = Counter(), "", "", False
    for line in text.splitlines():
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith(("fl=", "fi=", "fe=")):
            file = Path(line[3:]).name
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"(0x)?[0-9a-f]+ \d+$", line):
            if not skip:
                costs[function, file] += int(line.split()[1])
            skip = False
    return costs


def show(costs):
    """A line a function, most first, and under it a line a source file."""
    totals = Counter()
    for (function, _), cost in costs.items():
        totals[function] += cost
    for function, total in totals.most_common():
        if total < OPERATIONS / 2:
            break
        print(f"{total / OPERATIONS:8.1f}  {function}")
        parts = Counter({file: cost for (name, file), cost in costs.items() if name == function})
        for file, cost in parts.most_common():
            if len(parts) > 1 and cost >= OPERATIONS / 2:
                print(f"{cost / OPERATIONS:17.1f}  {file}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--workload", default="pair", help="one of bench/blocks.c")
    parser.add_argument("--options", default="stacks=1:leaks=off", help="CUSTODY_OPTIONS")
    options = parser.parse_args()
    settings = f"log=/dev/null:{options.options}"
    with tempfile.TemporaryDirectory() as work:
        few, many = (profile(options.build.resolve(), options.workload, settings, n, work)
                     for n in (OPERATIONS, 2 * OPERATIONS))
    print(f"instructions for each operation of `{options.workload}` with {options.options}:")
    many.subtract(few)  # what happens once is gone
    show(many)


if __name__ == "__main__":
    main()

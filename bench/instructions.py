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
    """Sums the lines "position cost" by function; the line after `calls=` is what the called function cost."""
    costs, function, skip = Counter(), "", False
    for line in text.splitlines():
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"(0x)?[0-9a-f]+ \d+$", line):
            if not skip:
                costs[function] += int(line.split()[1])
            skip = False
    return costs


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
    for function, cost in many.most_common():
        if cost >= OPERATIONS / 2:
            print(f"{cost / OPERATIONS:8.1f}  {function}")


if __name__ == "__main__":
    main()

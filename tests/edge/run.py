#!/usr/bin/python3
"""The edges: glibc's special cases, threads, forks, ends, descriptors, limits, plugins; settings that are wrong; hard times; and
programs as Debian ships them, whose output and status must stay as they are. Programs of this directory are read like
the scenarios (tests/scenarios/harness/header.py). `run.py --filter NAME` runs some of them. CUSTODY_BUILD names the
directory with Custody in it (build)."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenarios")]
sys.dont_write_bytecode = True

import endurance  # noqa: E402
import faults  # noqa: E402
import hardships  # noqa: E402
import real  # noqa: E402
import settings  # noqa: E402
from harness import suite  # noqa: E402


def main():
    options = suite.arguments(__doc__.split("\n\n", maxsplit=1)[0])
    programs = [p for p in suite.programs_in(HERE) if options.filter in f"edge/{p.name}"]

    def tasks(work):
        return (suite.programs_as_tasks(programs, work) + settings.tasks(work, options.filter)
                + hardships.tasks(work, options.filter)
                + faults.tasks(work, options.filter, options.full) + endurance.tasks(work, options.filter)
                + real.tasks(work, options.filter))

    return suite.run(options, tasks)


if __name__ == "__main__":
    sys.exit(main())

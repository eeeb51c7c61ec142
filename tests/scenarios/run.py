#!/usr/bin/python3
"""The scenarios: small real programs under `custody run`, each with the findings it must have and a correct twin that
must have none. Programs lie in c/, cxx/, rust/ and mixed/, libraries that they share in lib/; the opening comment of
each program says what is expected (harness/header.py gives the words). `run.py --filter NAME` runs some of them.
CUSTODY_BUILD names the directory with Custody in it (build)."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from harness import allocators, doors, suite, words  # noqa: E402


def main():
    options = suite.arguments(__doc__.split("\n\n", maxsplit=1)[0])
    programs = suite.programs_in(*(HERE / group for group in ("c", "cxx", "rust", "mixed")))
    chosen = [program for program in programs if options.filter in f"{program.path.parent.name}/{program.name}"]

    def tasks(work):
        checks = [(words.schema_task,), (words.examples_task,), (words.coverage_task, programs)] if not options.filter else []
        return checks + suite.programs_as_tasks(chosen, work, options.full) + doors.tasks(work, options.filter) + \
            allocators.tasks(work, options.filter)

    return suite.run(options, tasks)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Programs that are linked with Custody: several copies in one process, compiled out, installed, in a debugger. `run.py
--filter NAME` runs some of them. CUSTODY_BUILD names the directory with Custody in it (build)."""

import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenarios")]
sys.dont_write_bytecode = True

import copies  # noqa: E402
import debugger  # noqa: E402
import disabled  # noqa: E402
import installed  # noqa: E402
import many_threads  # noqa: E402
from harness import suite  # noqa: E402
from scene import Scene  # noqa: E402

MODULES = [copies, debugger, disabled, installed, many_threads]


def run_case(module, case, work):
    try:
        problems = case(Scene(work))
    except Exception:  # noqa: BLE001 - one broken case must not hide the others
        problems = [traceback.format_exc()]
    return [(f"{module}/{case.__name__}", problems)]


def main():
    options = suite.arguments(__doc__.split("\n\n", maxsplit=1)[0])

    def tasks(work):
        return [(run_case, module.__name__, case, work) for module in MODULES for case in module.CASES
                if options.filter in f"{module.__name__}/{case.__name__}"]

    return suite.run(options, tasks)


if __name__ == "__main__":
    sys.exit(main())

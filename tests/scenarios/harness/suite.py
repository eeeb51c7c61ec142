"""A suite: a directory of programs, built and run in parallel, one line per failure and one of totals."""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from harness.build import build_program
from harness.command import BuildError, build_dir
from harness.execute import run_once
from harness.header import parse

SUFFIXES = (".c", ".cpp", ".rs")


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--filter", default="", metavar="NAME", help="only what has NAME in its name")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary directory and say where it is")
    parser.add_argument("--full", action="store_true", help="builds that take long, too")
    parser.add_argument("--verbose", action="store_true", help="a line for what passes, too")
    return parser.parse_args()


def programs_in(*directories):
    """Every program of the directories, parsed, in order of their names."""
    paths = [path for directory in directories for path in sorted(Path(directory).iterdir()) if path.suffix in SUFFIXES]
    return [parse(path) for path in paths]


def title_of(program, build, run=None):
    variant = " ".join(f"{axis}={value}" for axis, value in build.items())
    return f"{program.path.parent.name}/{program.name}{' ' + run.name if run else ''} [{variant}]"


def run_build(program, build, first, work):
    """Builds one variant and makes its runs; a list of (title, problems). The first variant of a program is also run
    with --fail-on never, where it must keep its own exit status."""
    place = Path(tempfile.mkdtemp(dir=work))
    try:
        binary = place / program.name
        build_program(program, build, work, binary)
        results = []
        for number, run in enumerate(program.runs):
            for tolerant in (False, True) if first else (False,):
                problems = run_once(program, build, run, binary, place / f"run-{number}-{tolerant:d}", tolerant)
                results.append((title_of(program, build, run) + (" tolerant" if tolerant else ""), problems))
        return results
    except BuildError as error:
        return [(title_of(program, build), [f"does not build: {error}"])]
    except Exception:  # noqa: BLE001 - one broken scenario must not hide the others
        return [(title_of(program, build), [traceback.format_exc()])]


def programs_as_tasks(programs, work, full=False):
    """Tasks for run(): a function and its arguments each, one per variant of each program."""
    return [(run_build, program, build, number == 0, work)
            for program in programs for number, build in enumerate(program.builds(full))]


def report(results, verbose):
    """Prints results as they come; returns how many passed and failed."""
    passed = failed = 0
    for title, problems in results:
        if problems:
            failed += 1
            print(f"FAIL {title}", *("     " + problem.replace("\n", "\n     ") for problem in problems), sep="\n")
        else:
            passed += 1
            if verbose:
                print(f"ok   {title}")
        sys.stdout.flush()
    return passed, failed


def run(options, make_tasks):
    """Runs the tasks that make_tasks(work directory) gives: each a function, and arguments that pickle, whose result is
    a list of (title, problems). Prints the totals; returns the exit status for the suite."""
    if not (build_dir() / "custody").exists():
        print(f"{build_dir() / 'custody'} is not there: run make first")
        return 1
    work, begun = tempfile.mkdtemp(prefix="custody-scenarios-"), time.monotonic()
    os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")  # prepared facts: not the user's
    try:
        with ProcessPoolExecutor(options.jobs) as pool:
            futures = [pool.submit(*task) for task in make_tasks(work)]
            passed, failed = report((result for future in futures for result in future.result()), options.verbose)
    finally:
        if options.keep:
            print(f"kept {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    print(f"in {time.monotonic() - begun:.0f} s with {os.cpu_count()} processors")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or (not passed and not options.filter) else 0

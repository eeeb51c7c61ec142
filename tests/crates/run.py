#!/usr/bin/python3
"""The tests of crates with C or C++ inside, as their authors publish them, run by themselves and under Custody: the same
tests must pass, and what Custody finds must be explained in list.toml. `make crates` builds Custody and calls this.
Crates and their dependencies are fetched by cargo; everything is built in the build directory. `--only NAME` takes some."""

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "bench"))
sys.dont_write_bytecode = True

import findings  # noqa: E402
import sources  # noqa: E402
import tables  # noqa: E402
import trial  # noqa: E402

SHOWN = 8  # problems of a crate that are printed; all are in its report
HEADINGS = ["crate", "inside", "build", "tests passed", "under Custody", "findings", "of them unexplained", "seconds",
            "under Custody"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"), help="directory with Custody in it")
    parser.add_argument("--only", default="", metavar="NAME", help="crates and builds with this in `NAME BUILD`")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="put the table into this Markdown page")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.place = options.build / "crates"
    return options


def chosen(options):
    """(crate, build) of the list."""
    crates = tomllib.loads((HERE / "list.toml").read_text(encoding="utf-8"))["crate"]
    return [(crate, build) for crate in crates for build in crate.get("builds", ["debug"])
            if options.only in f"{crate['name']} {build}"]


def write_report(custody, logs, path):
    """The findings as `custody report` tells them."""
    done = subprocess.run([custody, "report", "--severity", "warning", *logs], capture_output=True, check=False)
    path.write_bytes(done.stdout + done.stderr)


def tests(runs):
    """`376, 19 failed`"""
    failed = sum(run.failed for run in runs)
    return str(sum(run.passed for run in runs)) + (f", {failed} failed" if failed else "")


def seconds(runs):
    return f"{sum(run.seconds for run in runs):.1f}"


def run_programs(crate, build, options, results):
    """Runs the crate's test programs: executions plainly and under Custody, findings, what differs. Raises CargoError."""
    custody, problems, found, runs = options.build / "custody", [], [], []
    source = sources.copied(crate, options.place)
    for number, (name, program) in enumerate(sources.test_programs(crate, build, source, options.place)):
        log = results / f"{number}-{name}.jsonl"
        plain, under, differences = trial.compare(program, crate, source, log, custody)
        problems += [f"{name}: {words}" for words in differences]
        found += findings.read(custody, log)
        runs.append((plain, under))
    write_report(custody, sorted(results.glob("*.jsonl")), results / "report.txt")
    return *zip(*runs, strict=True), found, problems


def examine(crate, build, options):
    """Builds and runs the tests of a crate. A row of the table, and what is wrong. Raises CargoError."""
    results = options.place / "results" / f"{crate['name']}-{build}"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    plain, under, found, problems = run_programs(crate, build, options, results)
    unexplained = [finding for finding in found if findings.explanation(finding, crate) is None]
    problems += [findings.describe(finding) for finding in unexplained]
    problems += [] if sum(run.passed for run in plain) else ["no test passed"]
    return [f"{crate['name']} {crate['version']}", crate["inside"], build, tests(plain), tests(under),
            findings.counted(found), findings.counted(unexplained), seconds(plain), seconds(under)], problems


def examine_all(options):
    """Rows of the table; prints what is wrong as it comes. Returns them and the number of crates with problems."""
    rows, wrong = [], 0
    for crate, build in chosen(options):
        title = f"{crate['name']} {crate['version']} {build}"
        try:
            row, problems = examine(crate, build, options)
            rows.append(row)
        except (sources.CargoError, subprocess.CalledProcessError) as error:
            problems = [str(error)]
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        print(f"{'FAIL' if problems else 'ok  '} {title}", *(f"     {p}" for p in problems[:SHOWN] + more), sep="\n",
              flush=True)
        wrong += bool(problems)
    return rows, wrong


def main():
    options = arguments()
    options.place.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = str(options.place / "cache")  # prepared facts: not the user's
    rows, wrong = examine_all(options)
    print(tables.aligned([HEADINGS, *rows]))
    if options.update and rows:
        made = f"Made by `make crates`, {datetime.date.today()}, {sources.cargo(['--version'], HERE).strip()}."
        tables.replace_between(options.update, f"{made}\n\n{tables.markdown([HEADINGS, *rows])}")
    print(f"{len(rows)} crates and builds, {wrong} with problems")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())

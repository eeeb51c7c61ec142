"""The doors: doors/doors.cpp takes every pair of a function that allocates and one that releases, and says so; what must
be found follows from the lists that the runtime itself is made from."""

import tempfile
from pathlib import Path

from harness.build import build_program
from harness.execute import custody_command, start
from harness.header import Expectation, Program, Run
from harness.logs import Log, judge
from harness.words import doors

SOURCE = Path(__file__).resolve().parent.parent / "doors" / "doors.cpp"
BUILDS = [{"cc": "gcc", "opt": "2"}, {"cc": "clang", "opt": "0"}, {"cc": "clang", "opt": "2"}]
NAMED_ALIGN = 64
PLAIN_ALIGN = 16


def given_alignment(release):
    """Whether the release names an alignment (NAMED_ALIGN in doors.cpp)."""
    return "align" in release


def plain_alignment(contract):
    """The alignment that a release names by not naming any: `delete` without one is wrong for an over-aligned block,
    `free` takes any. None where it names none."""
    return PLAIN_ALIGN if contract in ("new", "new[]") else None


def expected_of(alloc, release, size, align):
    """The finding that a pair must have, or None."""
    contracts = {symbol: contract for symbol, contract, _ in doors()}
    facts = {"owner": [f"doors/c++/{contracts[alloc]}"], "call": [release], "alloc": ["doors"], "release": ["doors"],
             "by": [f"doors/c++/{contracts[release]}"]}
    if size:
        facts["size"] = [str(size)]
    if contracts[alloc] != contracts[release]:
        return Expectation("mismatched-release", "error", "exact", facts)
    given = NAMED_ALIGN if given_alignment(release) else plain_alignment(contracts[release])
    if given and given != (align or PLAIN_ALIGN):
        facts["given-align"] = [str(given)]
        return Expectation("layout-mismatch", "error", "exact", facts)
    return None


def uncovered(said):
    """Doors of C and C++ that the program did not go through, by what it said."""
    missing = []
    for symbol, _, verb in doors():
        if symbol.startswith(("__rust", "custody_")):
            continue  # Rust's entries have scenarios of their own; the public API has unit tests
        used = {"ALLOC": [1], "LIBC": [1], "RELEASE": [2], "RESIZE": [1, 2], "QUERY": [0], "OWN": [0]}[verb]
        for column in used:
            words = [line[1] if column == 0 else line[column] for line in said
                     if line[0] == ("silent" if column == 0 else "pair")]
            if symbol not in words:
                missing.append(f"nothing went through {symbol} as {verb}")
    return missing


def run_doors(build, work):
    place = Path(tempfile.mkdtemp(dir=work))
    program, run = Program(SOURCE, flags=["-Wno-deprecated-declarations"]), Run("doors", [])
    build_program(program, build, work, place / "doors")
    result = start(custody_command(place / "log.jsonl", run, [place / "doors"], ["--fail-on", "never"]), run, place)
    said = [line.split() for line in result.stdout.splitlines()]
    pairs = [(line[1], line[2], int(line[3]), int(line[4])) for line in said if line[0] == "pair"]
    log = Log(place / "log.jsonl")
    expects = [expectation for expectation in (expected_of(*pair) for pair in pairs) if expectation]
    problems = log.problems + uncovered(said) + judge(log, expects)
    problems += [" ".join(line) for line in said if line[0] == "failed"]
    if result.returncode:
        problems.append(f"exit status {result.returncode}: {result.stderr[-1500:]}")
    return [(f"doors/doors [{' '.join(f'{axis}={value}' for axis, value in build.items())}]", problems)]


def tasks(work, wanted):
    return [(run_doors, build, work) for build in BUILDS] if wanted in "doors/doors" else []

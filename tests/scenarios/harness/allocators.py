"""The allocators of libraries: doors/allocators.c takes every pair of an allocator and a release function, and says so;
what must be found follows from the list that the runtime itself is made from."""

import tempfile
from pathlib import Path

from harness.build import build_program
from harness.execute import custody_command, start
from harness.header import Expectation, Program, Run
from harness.logs import Log, judge
from harness.words import allocators

SOURCE = Path(__file__).resolve().parent.parent / "doors" / "allocators.c"
PACKAGES = ["libcrypto", "glib-2.0", "sqlite3", "libpq", "libxml-2.0", "libcurl"]
BUILDS = [{"cc": "gcc", "opt": "2"}, {"cc": "clang", "opt": "0"}]


def expected_of(made, released):
    """The finding that a pair of contracts must have, or None."""
    library = {contract: name for contract, name, _ in allocators()}
    calls = {contract: calls for contract, _, calls in allocators()}
    related = library.get(made) == library.get(released)
    if made == released:
        return None
    if "FOR_CALLERS" in (calls.get(made), calls.get(released)) and (related or "malloc" in (made, released)):
        return None
    facts = {"owner": [f"*/c/{made}"], "by": [f"*/c/{released}"], "call": ["free"]}
    cut = calls.get(made) == "ALIGNED"
    words = ("warning", "inferred") if related and not cut else ("error", "exact")
    return Expectation("cross-allocator-free", *words, facts)


def uncovered(pairs):
    """Contracts of the list of which nothing was made or released."""
    contracts = {contract for contract, _, _ in allocators()}
    missing = contracts - {made for made, _ in pairs} | contracts - {released for _, released in pairs}
    return [f"no pair with {contract}" for contract in sorted(missing)]


def run_allocators(build, work):
    place = Path(tempfile.mkdtemp(dir=work))
    program, run = Program(SOURCE, flags=["-fno-builtin"], packages=PACKAGES), Run("allocators", [])
    build_program(program, build, work, place / "allocators")
    command = custody_command(place / "log.jsonl", run, [place / "allocators"], ["--fail-on", "never", "--leaks", "off"])
    result = start(command, run, place)
    pairs = [line.split()[1:] for line in result.stdout.splitlines() if line.startswith("pair")]
    log = Log(place / "log.jsonl")
    expects = [expectation for expectation in (expected_of(*pair) for pair in pairs) if expectation]
    problems = log.problems + uncovered(pairs) + judge(log, expects)
    if result.returncode:
        problems.append(f"exit status {result.returncode}: {result.stderr[-1500:]}")
    return [(f"doors/allocators [{' '.join(f'{axis}={value}' for axis, value in build.items())}]", problems)]


def tasks(work, wanted):
    return [(run_allocators, build, work) for build in BUILDS] if wanted in "doors/allocators" else []

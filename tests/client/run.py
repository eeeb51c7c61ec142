#!/usr/bin/python3
"""The Rust client under `custody run`: the clean run, each bug and each correct twin, for both link kinds, debug and
release; the same of the program in C over a Rust library, and of the bridge to C++; and the tests of the crates. What is
expected comes from each program's own table, `client list --tsv`.

Usage: run.py [NAME...]   only the bugs of these names (and none of the crates' tests)
CUSTODY_BUILD names the build directory (default: build). Every log is kept in its tests/client and checked against the
schema. Ends with "N passed, N failed", and status 1 when any failed."""

import csv
import json
import os
import pathlib
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CUSTODY_BUILD", ROOT / "build")).resolve()
LOGS = BUILD / "tests" / "client"
LINKS = ["static", "dynamic"]
LIBRARIES = ["ledger", "till", "receipts"]
VARIANTS = [f"{link}-{profile}" for link in LINKS for profile in ["debug", "release"]]
FAIL_STATUS = 99
TIMEOUT = 120
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/audit-log.schema.json").read_text()))


class Fact(NamedTuple):
    """A finding in the words of the client's table."""

    kind: str
    severity: str
    owner: str
    by: str
    size: int


class Run(NamedTuple):
    """One run of the client under Custody, and what is wanted of it."""

    name: str
    program: pathlib.Path
    arguments: list
    wanted: list  # of Fact
    unwanted: list  # of Fact: not even as a note


def programs():
    """The name, the link kind and the file of each program, as `make client` builds them."""
    for variant in VARIANTS:
        yield variant, variant.split("-")[0], BUILD / "client" / variant / "client"
    for link in LINKS:
        yield f"shop-{link}", link, BUILD / "client" / f"shop-{link}" / "shop"
    yield "album", "static", BUILD / "client" / "album" / "album"


def expectations(program):
    """Name of each bug, and the facts that are to be found."""
    table = subprocess.run([program, "list", "--tsv"], check=True, capture_output=True, text=True).stdout
    bugs = defaultdict(list)
    for name, _group, kind, severity, owner, by, size, _summary in csv.reader(table.splitlines(), delimiter="\t"):
        bugs[name] += [] if kind == "-" else [Fact(kind, severity, owner, by, int(size))]
    return bugs


def on_sides_of(link, program, facts):
    """The facts with the libraries' sides as this link kind makes them: modules of their own, or parts of the program."""

    def side(party):
        name, slash, contract = party.partition("/")
        if name in LIBRARIES:
            name = f"lib{name}.so" if link == "dynamic" else program.name
        return name + slash + contract

    return [fact._replace(owner=side(fact.owner), by=side(fact.by)) for fact in facts]


def runs(only):
    """Every run: the clean one, and each bug beside its twin, of each program."""
    for where, link, program in programs():
        if not only:
            yield Run(f"{where}-clean", program, ["clean"], [], [])
        for bug, facts in expectations(program).items():
            if only and bug not in only:
                continue
            facts = on_sides_of(link, program, facts)
            yield Run(f"{where}-{bug}", program, [bug], facts, [])
            yield Run(f"{where}-good-{bug}", program, ["good", bug], [], facts)


def read_log(path):
    """The lines of a log, and what the schema says against them."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    faults = [f"line {n}: {error.message}" for n, line in enumerate(lines, 1) for error in SCHEMA.iter_errors(line)]
    return lines, faults


def party(finding, role):
    return f"{finding[role]['side']}/{finding[role]['contract']}" if role in finding else "-"


def fact_of(finding):
    size = finding["bytes"] if finding["kind"] == "leak" else finding["block"].get("size", 0)
    return Fact(finding["kind"], finding["severity"], party(finding, "owner"), party(finding, "by"), size)


def admit_unknown(fact, wanted):
    """The wanted fact that this one is, but for sides that attribution leaves open; else the fact itself."""

    def same(found, expected):
        return found == expected or found == "unknown/" + expected.partition("/")[2]

    for want in wanted:
        if fact[:2] == want[:2] and fact.size == want.size and same(fact.owner, want.owner) and same(fact.by, want.by):
            return want
    return fact


def is_lost_too(fact, wanted):
    """Whether a leak goes with a wanted one: an object of several blocks is lost with all of them."""
    return fact.kind == "leak" and any(want.kind == "leak" and want.owner == fact.owner for want in wanted)


def judge_findings(run, lines):
    """What is missing, too much, or not certain among the findings."""
    findings = [line for line in lines if line["event"] == "finding"]
    facts = [admit_unknown(fact_of(finding), run.wanted) for finding in findings]
    found, wanted = Counter(facts), Counter(run.wanted)
    faults = [f"not found: {fact}" for fact in (wanted - found).elements()]
    faults += [f"too much: {fact}" for fact in (found - wanted).elements()
               if fact.severity != "note" and not is_lost_too(fact, run.wanted)]
    faults += [f"in the correct twin: {fact}" for fact in run.unwanted if fact in found]
    faults += [f"inferred: {f}" for f, line in zip(facts, findings) if f in wanted and line["confidence"] != "exact"]
    return faults


def judge_end(run, lines, done):
    """Whether the client went on to its own end, and `custody run` said what it should."""
    ends = [line.get("status") for line in lines if line["event"] == "exit"]
    faults = [] if ends == [0] else [f"the client ended with {ends}, not [0]"]
    status = FAIL_STATUS if any(fact.severity == "error" for fact in run.wanted) else 0
    if done.returncode != status:
        faults.append(f"custody run: status {done.returncode}, not {status}")
    if not done.stdout.strip():
        faults.append("the client printed nothing")
    return faults


def perform(run):
    """Faults of one run; none when all is well."""
    log = LOGS / f"{run.name}.log"
    log.unlink(missing_ok=True)
    command = [BUILD / "custody", "run", "--log", log, "--", run.program, *run.arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return [f"no end after {TIMEOUT} seconds"]
    if not log.exists():
        return [f"no log was written (status {done.returncode})", done.stderr.strip()]
    lines, faults = read_log(log)
    faults = faults or judge_findings(run, lines) + judge_end(run, lines, done)
    return faults + [done.stderr.strip()] if faults and done.stderr.strip() else faults


def test_crates(link):
    """Faults of the tests of the crates, linked in one way. custody-sys and custody have a suite of their own."""
    command = ["cargo", "test", "--quiet", "--locked", "--workspace", "--exclude", "custody-sys", "--exclude", "custody",
               "--no-default-features", "--features"]
    features = ",".join(f"{crate}/{link}" for crate in ["ledger-sys", "ledger", "till", "client"])
    environment = dict(os.environ, CARGO_TARGET_DIR=str(BUILD / "cargo"), CUSTODY_LIB_DIR=str(BUILD))
    done = subprocess.run(
        [*command, features], cwd=ROOT / "rust-client", env=environment, capture_output=True, text=True
    )
    return [] if done.returncode == 0 else [done.stdout[-4000:], done.stderr[-4000:]]


def report(name, faults):
    print(f"{'FAILED' if faults else 'passed'}  {name}")
    for fault in faults:
        print("        " + fault.replace("\n", "\n        "))
    return bool(faults)


def main(only):
    LOGS.mkdir(parents=True, exist_ok=True)
    work = list(runs(only))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [report(run.name, faults) for run, faults in zip(work, pool.map(perform, work))]
    if not only:
        results += [report(f"crates-{link}", test_crates(link)) for link in LINKS]
    failed = sum(results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The lists of include/custody/*.def, and a check that the schema and the suites keep up with them."""

import json
import re
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "audit-log.schema.json"


def rows(name):
    """The entries of a .def file, each a list of its arguments with quotes taken off."""
    text = (ROOT / "include" / "custody" / f"{name}.def").read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    entries = re.findall(r"^CUSTODY_\w+\((.*?)\)$", text, flags=re.MULTILINE | re.DOTALL)
    return [[word.strip().strip('"') for word in entry.split(",", 3)] for entry in entries]


def finding_kinds():
    return {row[1] for row in rows("findings")}


def contract_names():
    """Name of a contract by the identifier that doors.def uses."""
    return {row[0]: row[1] for row in rows("contracts")}


def doors():
    """Every door as (symbol, name of its contract, verb)."""
    names = contract_names()
    return [(symbol, names[contract], verb) for _, symbol, contract, verb in rows("doors")]


def allocators():
    """Every allocator of a library as (name of its contract, its library, which calls are meant)."""
    names = contract_names()
    rows_of_list = [row[:3] + [word.strip() for word in row[3].split(",", 2)] for row in rows("allocators")]
    return [(names[row[0]], row[1], row[4]) for row in rows_of_list]


def schema_task():
    """The schema's words are those of the lists."""
    schema = json.loads(SCHEMA.read_text())["$defs"]
    problems = []
    for what, ours, theirs in (("kinds", finding_kinds(), schema["finding"]["properties"]["kind"]["enum"]),
                               ("contracts", set(contract_names().values()), schema["contract"]["enum"])):
        if ours != set(theirs):
            problems.append(f"{what}: only in one of list and schema: {sorted(ours ^ set(theirs))}")
    return [("words/schema", problems)]


def examples_task():
    """The lines that docs/audit-log.md shows are valid."""
    lines = [line for line in (ROOT / "docs" / "audit-log.md").read_text().splitlines() if line.startswith('{"v"')]
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    problems = [f"{line[:60]}: {error.message}" for line in lines for error in validator.iter_errors(json.loads(line))]
    return [("words/examples", problems if lines else ["no example found"])]


def coverage_task(programs):
    """Every kind of finding is expected by some scenario."""
    expected = {e.kind for program in programs for run in program.runs for e in run.expects}
    return [("words/coverage", [f"no scenario expects {kind}" for kind in sorted(finding_kinds() - expected)])]

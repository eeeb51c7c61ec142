"""Audit logs as tests see them: every line valid by the schema, every process in order, and findings with their facts
spelled as expectations spell them."""

import json
import re
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "audit-log.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


# Shapes of lines that were valid: a line that differs only in numbers of two digits or more is valid, too. (Of a large
# log most lines are such, and to validate one takes longer than to write it.)
NUMBERS = re.compile(r'0x[0-9a-f]+|(?<=[:,\[])[0-9]{2,}(?:\.[0-9]+)?')
VALID_SHAPES = set()


def errors_of(line, event):
    """How a line breaks the schema."""
    shape = NUMBERS.sub("0", line)
    if shape in VALID_SHAPES:
        return []
    errors = list(VALIDATOR.iter_errors(event))
    if not errors:
        VALID_SHAPES.add(shape)
    return errors


class Log:
    """The lines of one log, and what is wrong with them."""

    def __init__(self, path):
        self.lines, self.problems, self.modules, self.parents = [], [], {}, {}
        text = Path(path).read_bytes().decode("utf-8", errors="strict") if Path(path).exists() else ""
        if text and not text.endswith("\n"):
            self.problems.append("the last line is not complete")
        for number, line in enumerate(text.splitlines(), 1):
            self._read(number, line)
        self._check_order()

    def _read(self, number, line):
        try:
            event = json.loads(line)
        except ValueError as error:
            self.problems.append(f"line {number} is not JSON: {error}: {line[:200]}")
            return
        for error in errors_of(line, event):
            where = "/".join(map(str, error.absolute_path))
            self.problems.append(f"line {number} breaks the schema at '{where}': {error.message[:200]}: {line[:300]}")
        self.lines.append(event)
        if event.get("event") == "module":
            self.modules[event["pid"], event["id"]] = Path(event["path"]).name
        if event.get("event") == "fork":
            self.parents[event["pid"]] = event["parent"]

    def _check_order(self):
        """seq counts 1, 2, 3, ... in every process image; a `start` or a `fork` begins an image anew."""
        last = {}
        for event in self.lines:
            pid, seq = event.get("pid"), event.get("seq")
            if event.get("event") in ("start", "fork"):
                last[pid] = 0 if seq == 1 else last.get(pid, 0)
            if seq != last.get(pid, 0) + 1:
                self.problems.append(f"pid {pid}: seq {seq} after {last.get(pid, 0)}")
            last[pid] = seq

    def events(self, name):
        return [event for event in self.lines if event.get("event") == name]

    def findings(self):
        return self.events("finding")

    def total(self, finding):
        """How often a finding was seen in its process, by the `repeats` of its exit."""
        for exit_event in self.events("exit"):
            for repeat in exit_event["repeats"]:
                if exit_event["pid"] == finding["pid"] and repeat["key"] == finding["key"]:
                    return repeat["count"]
        return 1

    def module(self, pid, number):
        """Name of a module; a child knows those of its parent by the same numbers. None where there is none."""
        if number is None or (pid, number) in self.modules or pid not in self.parents:
            return self.modules.get((pid, number))
        return self.module(self.parents[pid], number)

    def symbol(self, finding, stack):
        """Raw name of the function of the first frame of `stack`; None without one."""
        frames = finding.get(stack) or []
        return frames[0].get("symbol") if frames else None

    def innermost(self, finding, stack):
        """Name of the module in which the first frame of `stack` lies; None without one."""
        frames = finding.get(stack) or []
        return self.module(finding["pid"], frames[0]["module"]) if frames else None


def party_text(party):
    """Side, language and, where the party has one, contract."""
    return "/".join(party[name] for name in ("side", "lang", "contract") if name in party) if party else None


def facts_of(log, finding):
    """The facts an expectation may name, as strings (None where the finding has no such fact)."""
    block, given, by = finding.get("block", {}), finding.get("given", {}), finding.get("by", {})
    facts = {
        "owner": party_text(finding.get("owner")), "by": party_text(by), "call": by.get("call"),
        "size": block.get("size"), "align": block.get("align"),
        "given-size": given.get("size"), "given-align": given.get("align"),
        "place": finding.get("place"), "place-name": finding.get("place_name"), "offset": finding.get("offset"),
        "class": finding.get("class"), "when": finding.get("when"), "held_by": party_text(finding.get("held_by")),
        "capacity": finding.get("capacity"), "length": finding.get("length"),
        "blocks": finding.get("blocks"), "bytes": finding.get("bytes"),
        "policy": finding["policy"].rpartition(":")[2] if "policy" in finding else None,
        "advice": re.match(r"\w*", finding.get("expect", "")).group(),
        "type": finding.get("type"), "expected-type": finding.get("expected_type"),
        "history": ">".join(moment["deed"] for moment in finding.get("history", [])) or None,
        "thread": finding.get("thread"), "total": log.total(finding),
        "alloc": log.innermost(finding, "alloc"), "symbol": log.symbol(finding, "alloc"),
        "release": log.innermost(finding, "release"),
        "first": log.innermost(finding, "first_release"),
    }
    return {name: None if value is None else str(value) for name, value in facts.items()}


def describe(log, finding):
    facts = facts_of(log, finding)
    known = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
    return f"{finding['kind']} {finding['severity']} {finding['confidence']} {known}"


def part_matches(pattern, actual):
    return pattern == "*" or pattern == actual


def value_matches(pattern, actual):
    """`pattern` against a fact: `*` is anything, a party matches part by part."""
    if actual is None:
        return pattern == "none"
    patterns, actuals = pattern.split("/"), actual.split("/")
    if len(patterns) == 1:
        return part_matches(pattern, actual)
    return len(patterns) == len(actuals) and all(map(part_matches, patterns, actuals))


def finding_matches(log, expectation, finding):
    words = ("kind", "severity", "confidence")
    if not all(any(part_matches(p, finding[w]) for p in getattr(expectation, w).split(",")) for w in words):
        return False
    facts = facts_of(log, finding)
    return all(any(value_matches(value, facts[name]) for value in values) for name, values in expectation.facts.items())


def judge(log, expects, forbids=(), tolerated=("note",)):
    """What is wrong with the findings of `log`: expected ones that are missing, and those that should not be there.
    Findings of a severity in `tolerated` need no expectation."""
    left, problems = log.findings(), []
    for expectation in expects:
        match = next((f for f in left if finding_matches(log, expectation, f)), None)
        if match is None:
            problems.append(f"missing:    {expectation}")
        else:
            left.remove(match)
    problems += [f"unexpected: {describe(log, f)}" for f in left if f["severity"] not in tolerated]
    for forbidden in forbids:
        hits = [f for f in log.findings() if finding_matches(log, forbidden, f)]
        problems += [f"forbidden:  {describe(log, f)}" for f in hits]
    return problems

"""What the checkers said about real bugs and correct programs, beside the truth. Custody is held to what the scenario
expects: kind, sides, contracts, size. Of the others any word counts that they have not for the correct twin, too."""

import dataclasses

from harness import execute, logs
from harness.header import Expectation

# Where a call lies follows from what the compiler has inlined.
OF_THE_BUILD = ("alloc", "release", "first", "symbol", "total", "thread")
OF_THE_BLOCK = ("size", "given-size", "class", "blocks", "bytes", "place")

EXACT, INFERRED, OTHER, MISSED, FAILED, UNBUILT = "exact", "inferred", "other", "missed", "failed", "unbuilt"
SILENT, ACCUSED = "silent", "accused"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One of the outcomes, and the checker's words for it."""

    outcome: str
    words: str = ""


def expected(trial):
    """What the header expects in this build; of what it expects of other builds only, the same."""
    expects = [e for e in trial.case.run.expects if e.applies_to(trial.axes)] or trial.case.run.expects
    expects = [execute.expand(e, trial.case.program, trial.axes) for e in expects]
    return [dataclasses.replace(e, facts={n: v for n, v in e.facts.items() if n not in OF_THE_BUILD}) for e in expects]


def only_of_the_block(expectation):
    facts = {name: values for name, values in expectation.facts.items() if name in OF_THE_BLOCK}
    return Expectation("*", "error,warning", "*", facts)


def matches(log, expectation):
    return any(logs.finding_matches(log, expectation, finding) for finding in log.findings())


def judge_by_expectations(trial, said):
    """Exact when all is told as expected, inferred when at least something is told of every block."""
    expects = expected(trial)
    words = ", ".join(said.words)
    if expects and all(matches(said.log, e) for e in expects):
        return Verdict(EXACT, words)
    if expects and all(matches(said.log, e) or matches(said.log, only_of_the_block(e)) for e in expects):
        return Verdict(INFERRED, words)
    return Verdict(OTHER if said.words else MISSED, words)


def judge_by_words(said, twin):
    """Something is told that is not told of the correct twin."""
    new = [word for word in said.words if twin is None or word not in twin.words]
    return Verdict(EXACT if new else MISSED, ", ".join(new))


def judge(trial, said, twin):
    """The verdict on what a checker said about a trial, and about its correct twin in the same build (or None)."""
    if said is None:
        return Verdict(UNBUILT)
    if said.failure:
        return Verdict(FAILED, said.failure)
    if not trial.case.is_bug:
        return Verdict(ACCUSED if said.words else SILENT, ", ".join(said.words))
    return judge_by_expectations(trial, said) if said.log else judge_by_words(said, twin)

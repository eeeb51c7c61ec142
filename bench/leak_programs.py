"""The leak scenarios as a bed of trials: each run of a program, built once, with what it really loses. The truth is what
the scenario's opening comment expects; the programs are those that the test suite runs."""

import dataclasses
import tempfile
from pathlib import Path

from harness import build, header

SCENARIOS = Path(__file__).resolve().parent.parent / "tests" / "scenarios"
GROUPS = ("c", "cxx", "rust", "mixed")
# Optimised and linked with shared libraries, as programs are delivered.
PREFERRED = {"cc": "gcc", "opt": "2", "profile": "release", "ld": "lld", "link": "shared"}
LOST = ("definite", "indirect")
# Whether a child leaks when it forgets what its parent made, and its parent releases, is a matter of taste.
UNDECIDED = {("leak_processes", "lost-inherited")}


@dataclasses.dataclass(frozen=True)
class Loss:
    """Blocks that are told as lost or, with `bytes` None, whose sizes are libc's business."""

    blocks: int = 0
    bytes: int | None = 0

    def agrees_with(self, told):
        return self.blocks == told.blocks and self.bytes in (None, told.bytes)


@dataclasses.dataclass(frozen=True)
class Trial:
    """One run of a built program."""

    program: str
    run: str
    command: tuple
    place: Path
    lost: Loss
    possible: int

    @property
    def name(self):
        return f"{self.program} {self.run}"

    @property
    def kind(self):
        return "leak" if self.lost.blocks else "possible" if self.possible else "correct"


def expected_leaks(run, axes):
    return [e for e in run.expects if e.kind == "leak" and e.applies_to(axes)]


def number(expectation, fact):
    return int(expectation.facts[fact][0]) if fact in expectation.facts else None


def blocks_of(expectations, classes):
    return sum(number(e, "blocks") or 1 for e in expectations if e.facts["class"][0] in classes)


def loss_of(run, expectations):
    """What the run really loses. Its name has the last word: what is held is not lost, though no checker may see it."""
    if run.name.startswith(("held-", "freed-")):
        return Loss()
    sizes = [number(e, "bytes") for e in expectations if e.facts["class"][0] in LOST]
    return Loss(blocks_of(expectations, LOST), None if None in sizes else sum(sizes))


def preferred_build(program):
    """The build of the program that has most of what PREFERRED says."""
    return max(program.builds(), key=lambda axes: sum(PREFERRED.get(a) == value for a, value in axes.items()))


def is_plain(run):
    """Whether the run is the program alone, without settings or a part of Custody."""
    return not (run.options or run.cli or run.env or run.limit)


def runs_of(program, only):
    """The runs to try, those with `only` in their names."""
    title = f"{program.path.parent.name}/{program.name}"
    return [run for run in program.runs
            if is_plain(run) and (program.name, run.name) not in UNDECIDED and only in f"{title} {run.name}"]


def trials_of(program, runs, work):
    """Builds a program; its trials."""
    place = Path(tempfile.mkdtemp(dir=work))
    axes = preferred_build(program)
    build.build_program(program, axes, work, place / program.name)
    trials = []
    for run in runs:
        leaks = expected_leaks(run, axes)
        trials.append(Trial(f"{program.path.parent.name}/{program.name}", run.name, (str(place / program.name), *run.args),
                            place, loss_of(run, leaks), blocks_of(leaks, ("possible",))))
    return trials


def all_trials(work, only):
    paths = [path for group in GROUPS for path in sorted((SCENARIOS / group).glob("leak_*"))]
    programs = [(program, runs_of(program, only)) for program in map(header.parse, paths)]
    return [trial for program, runs in programs if runs for trial in trials_of(program, runs, work)]

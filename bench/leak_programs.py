"""The leak scenarios as a bed of trials: each run of a program, built once, with what it really loses. The truth is what
the scenario's opening comment expects; the programs are those that the test suite runs."""

import dataclasses
import sys
import tempfile
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent.parent / "tests" / "scenarios"
sys.path.insert(0, str(SCENARIOS))

from harness import build, header  # noqa: E402

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


def trials_of(path, work):
    """Builds the program of a source file; its trials."""
    program = header.parse(path)
    place = Path(tempfile.mkdtemp(dir=work))
    axes = preferred_build(program)
    build.build_program(program, axes, work, place / program.name)
    title = f"{path.parent.name}/{path.stem}"
    trials = []
    for run in program.runs:
        if is_plain(run) and (program.name, run.name) not in UNDECIDED:
            leaks = expected_leaks(run, axes)
            command = (str(place / program.name), *run.args)
            trials.append(Trial(title, run.name, command, place, loss_of(run, leaks), blocks_of(leaks, ("possible",))))
    return trials


def sources(only):
    """The leak scenarios, those with `only` in their names or runs."""
    paths = [path for group in GROUPS for path in sorted((SCENARIOS / group).glob("leak_*"))]
    wanted = only.split(" ")[0]
    return [path for path in paths if wanted in f"{path.parent.name}/{path.stem}"] or paths


def all_trials(work, only):
    trials = [trial for path in sources(only) for trial in trials_of(path, work)]
    return [trial for trial in trials if only in trial.name]

"""The scenarios of real bugs as a bed of trials: each bug, its correct twin, and the correct programs that naive tools
accuse, in every build of a fixed list. What a scenario's opening comment gives as origin makes it a row; what it expects
is the truth."""

import dataclasses
import sys
import tempfile
from pathlib import Path

from harness import build as harness_build
from harness import command, header

SCENARIOS = Path(__file__).resolve().parent.parent / "tests" / "scenarios"
GROUPS = ("c", "cxx", "rust", "mixed")
CORRECT = "correct"


@dataclasses.dataclass(frozen=True)
class Build:
    """A way to build: its name in the tables, and the axes of Rust programs and of those in C and C++."""

    name: str
    rust: dict
    native: dict

    def axes(self, program):
        axes = dict(self.rust if program.path.suffix == ".rs" else self.native)
        if not program.libs:
            del axes["link"]
        return axes | ({"crate": "rlib"} if program.crates else {})


# Valgrind 3.19 gives up on the debug information that clang writes unless told otherwise.
BUILDS = (
    Build("debug, shared", {"profile": "debug", "ld": "lld", "link": "shared"},
          {"cc": "gcc", "opt": "0", "ld": "bfd", "link": "shared"}),
    Build("debug, static", {"profile": "debug", "ld": "bfd", "link": "static"},
          {"cc": "gcc", "opt": "0", "ld": "lld", "link": "static"}),
    Build("release, shared", {"profile": "release", "ld": "bfd", "link": "shared"},
          {"cc": "gcc", "opt": "2", "ld": "bfd", "link": "shared"}),
    Build("release, static", {"profile": "release", "ld": "lld", "link": "static"},
          {"cc": "gcc", "opt": "2", "ld": "lld", "link": "static"}),
    Build("clang", {"profile": "release", "ld": "bfd", "link": "static", "cc": "clang", "dwarf": "4"},
          {"cc": "clang", "opt": "2", "ld": "bfd", "link": "static", "dwarf": "4"}),
    Build("stripped", {"profile": "release", "ld": "lld", "link": "shared", "strip": "yes"},
          {"cc": "gcc", "opt": "2", "ld": "bfd", "link": "shared", "strip": "yes"}),
    Build("LTO", {"profile": "release", "ld": "lld", "link": "static", "lto": "fat"},
          {"cc": "gcc", "opt": "2", "ld": "bfd", "link": "static", "lto": "fat"}),
    Build("thin LTO, stripped", {"profile": "release", "ld": "bfd", "link": "static", "lto": "thin", "strip": "yes"},
          {"cc": "clang", "opt": "2", "ld": "lld", "link": "static", "strip": "yes"}),
)


@dataclasses.dataclass(frozen=True)
class Case:
    """One run of a program: a bug, the correct twin of bugs, or a correct program of its own."""

    program: header.Program
    run: header.Run
    group: str
    words: str

    @property
    def name(self):
        return f"{self.program.path.parent.name}/{self.program.name} {self.run.name}"

    @property
    def is_bug(self):
        return self.group != CORRECT


@dataclasses.dataclass(frozen=True)
class Trial:
    """A case in one build; `command` is None where the program cannot be built so."""

    case: Case
    build: Build
    axes: dict
    command: tuple | None


def run_named(program, name):
    found = [run for run in program.runs if run.name == name]
    if not found:
        raise header.HeaderError(f"{program.path}: no run {name}, which is to be a correct twin")
    return found[0]


def cases_of(program):
    """Bugs of the program, twins of these, correct programs."""
    bugs = [Case(program, run, origin.group, origin.words) for run in program.runs for origin in run.origins]
    twins = [run_named(program, name) for name in dict.fromkeys(bug.run.twin for bug in bugs if bug.is_bug)]
    known = {bug.run.name for bug in bugs if not bug.is_bug}
    return bugs + [Case(program, run, CORRECT, "twin") for run in twins if run.name not in known]


def all_cases(only):
    """Cases in order of their groups, those with `only` in their names; a bug brings its twin along."""
    paths = [path for group in GROUPS for path in sorted((SCENARIOS / group).iterdir()) if path.suffix in (".c", ".cpp", ".rs")]
    cases = [case for path in paths for case in cases_of(header.parse(path))]
    wanted = [case for case in cases if only in case.name]
    twins = {(bug.program.path, bug.run.twin) for bug in wanted if bug.is_bug}
    chosen = [case for case in cases if case in wanted or (not case.is_bug and (case.program.path, case.run.name) in twins)]
    return sorted(chosen, key=lambda case: case.group if case.is_bug else "~")


def builds_of(program):
    """The builds of the list that differ for this program."""
    different = {}
    for build in BUILDS:
        different.setdefault(tuple(sorted(build.axes(program).items())), build)
    return list(different.values())


def made(program, axes, work):
    """Path of the program built so, or None where that cannot be."""
    place = Path(tempfile.mkdtemp(dir=work))
    try:
        harness_build.build_program(program, axes, work, place / program.name)
    except command.BuildError as error:
        print(f"detection: {program.name} {axes}: {error}", file=sys.stderr)
        return None
    return place / program.name


def trials(cases, work, pool):
    """Every case in every build."""
    programs = {case.program.path: case.program for case in cases}
    paths = {(path, build.name): pool.submit(made, program, build.axes(program), work)
             for path, program in programs.items() for build in builds_of(program)}
    found = []
    for case in cases:
        for build in builds_of(case.program):
            path = paths[case.program.path, build.name].result()
            found.append(Trial(case, build, build.axes(case.program), (str(path), *case.run.args) if path else None))
    return found

"""The header comment of a scenario: what to build, which runs to make, and what each run must and must not find.

A line of the comment that starts with `@` is a directive; everything else is prose. Directives before the first `@run`
belong to the program, those after it to that run:

    @libs vault press            libraries of lib/ that it links; their `link` axis follows
    @plugins vault               libraries that it loads with dlopen from its own directory
    @crates ore                  Rust libraries of lib/ that it uses as crates; their `crate` axis follows
    @custody WORD...             how it meets Custody, an axis: `preload`, as without this line; `shared` or `static`, linked
                                 with it and not preloaded; `both`, linked with the shared one and preloaded
    @builds cc=gcc opt=0,2       axes and their values, instead of the language's default matrix; further lines add to it
    @more ld=gold strip=yes      the same, for builds that are made with `run.py --full` only
    @flags -pthread              more flags for compiler and linker
    @packages libpq sqlite3      libraries of the system that it links, by their names for pkg-config
    @run NAME [ARG...]           one execution; without a further word of it, it must be silent: no error, no warning
    @exit N                      the program's own exit status (0)
    @compare                     run it without Custody too: output and status must be the same
    @options name=value...       settings, as in CUSTODY_OPTIONS
    @cli --strict ...            options of `custody run`
    @policy RULE                 one line of the policy that the run obeys; the first is line 1
    @unused LINE...              lines of the policy that nothing matches; all others have to be of use
    @env NAME=VALUE              environment of the run
    @limit address-space KIB     ulimit -v for the run
    @origin GROUP WORDS          the real bug that the run is made after, or the correct program (group `correct`)
    @twin NAME                   the run that is the same without the bug (good)
    @expect KIND SEVERITY CONFIDENCE name=value...   a finding that must be there (once)
    @forbid KIND name=value...   a finding that must not be there, of any severity
    @allow warning               warnings that nothing expects are no failure here
    @module NAME name=value...   what the log's line of a module says

`@expect[link=static] ...` holds for the builds named only, as do the other words in brackets; values joined by `,` are alternatives. In names of sides and
modules `$prog` is the program, `$vault` the library vault: its file when it is shared, the program when it is static; `$std` is Rust's standard library as a shared object.
`*` stands for anything, `none` for a fact that the finding does not have. Leaks of the class `reachable` are notes, which
need no expectation; those of any other class are errors or warnings, so that a run without a word of them must have none.
"""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_AXES = {
    ".c": {"cc": ["gcc", "clang"], "opt": ["0", "2"]},
    ".cpp": {"cc": ["gcc", "clang"], "opt": ["0", "2"]},
    ".rs": {"profile": ["debug", "release"], "ld": ["lld", "bfd"]},
}
# What a build that does not name the axis has.
USUAL = {"profile": "release", "ld": "bfd", "lto": "no", "strip": "no", "std": "own", "entries": "kept", "debug-info": "full",
         "custody": "preload"}
DIRECTIVE = re.compile(r"^\s*(?:/\*+|\*|//[/!]?)?\s*@(\w+)(?:\[([^\]]*)\])?\s*(.*?)\s*(?:\*/)?$")


CUSTODY_WORDS = ("preload", "shared", "static", "both")


class HeaderError(ValueError):
    """A directive that cannot be read; the message names file and line."""


def parse_pairs(words):
    """`name=value` words as a dict of name to list of alternatives."""
    return {name: value.split(",") for name, value in (word.split("=", 1) for word in words)}


def is_among(build, only):
    """Whether a build is one of those that a directive is for."""
    return all(build.get(axis, USUAL.get(axis)) in values for axis, values in only.items())


@dataclass
class Expectation:
    """A finding described by some of its facts."""

    kind: str
    severity: str
    confidence: str
    facts: dict
    only: dict = field(default_factory=dict)

    def applies_to(self, build):
        return is_among(build, self.only)

    def __str__(self):
        facts = " ".join(f"{name}={','.join(values)}" for name, values in self.facts.items())
        return f"{self.kind} {self.severity} {self.confidence} {facts}"


@dataclass(frozen=True)
class Origin:
    """Where a run comes from: the group of real bugs and the words that name the one."""

    group: str
    words: str


@dataclass
class Run:
    """One execution of a program and what must come of it."""

    name: str
    args: list
    exit: int = 0
    compare: bool = False
    options: list = field(default_factory=list)
    cli: list = field(default_factory=list)
    policy: list = field(default_factory=list)
    unused: list = field(default_factory=list)
    env: dict = field(default_factory=dict)
    limit: int = 0
    allows: list = field(default_factory=list)
    modules: list = field(default_factory=list)
    origins: list = field(default_factory=list)
    twin: str = "good"
    expects: list = field(default_factory=list)
    forbids: list = field(default_factory=list)


@dataclass
class Program:
    """A source file with its header, parsed."""

    path: Path
    libs: list = field(default_factory=list)
    plugins: list = field(default_factory=list)
    crates: list = field(default_factory=list)
    custody: list = field(default_factory=list)
    matrix: list = field(default_factory=list)
    more: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    packages: list = field(default_factory=list)
    runs: list = field(default_factory=list)

    @property
    def name(self):
        return self.path.stem

    def builds(self, full=False):
        """Every combination of the axes of each of its lines, as dicts of axis to value."""
        lines = list(self.matrix or [DEFAULT_AXES[self.path.suffix]]) + (self.more if full else [])
        return [build for axes in lines for build in self._combinations(dict(axes))]

    def _combinations(self, axes):
        if self.libs:
            axes.setdefault("link", ["shared", "static"])
        if self.crates:
            axes.setdefault("crate", ["rlib"])
        if self.custody:
            axes.setdefault("custody", self.custody)
        return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def parse_custody(words):
    unknown = [word for word in words if word not in CUSTODY_WORDS]
    if unknown or not words:
        raise ValueError(f"one or more of {', '.join(CUSTODY_WORDS)}, not {' '.join(unknown)}")
    return words


def parse_expectation(words, only):
    kind, severity, confidence, *facts = words
    return Expectation(kind, severity, confidence, parse_pairs(facts), only)


def parse_forbidden(words, only):
    kind, *facts = words
    return Expectation(kind, "*", "*", parse_pairs(facts), only)


def apply_to_run(run, word, only, words):
    """One directive of a run. False when there is no such directive."""
    if word == "exit":
        run.exit = int(words[0])
    elif word == "compare":
        run.compare = True
    elif word == "options":
        run.options += words
    elif word == "cli":
        run.cli += words
    elif word == "policy":
        run.policy.append(" ".join(words))
    elif word == "unused":
        run.unused += [(int(line), only) for line in words]
    elif word == "env":
        run.env.update(pair.split("=", 1) for pair in words)
    elif word == "limit":
        run.limit = int(words[1]) * 1024
    elif word == "origin":
        run.origins.append(Origin(words[0], " ".join(words[1:])))
    elif word == "twin":
        run.twin = words[0]
    elif word == "allow" and words == ["warning"]:
        run.allows.append(only)
    elif word == "module":
        run.modules.append((only, words[0], parse_pairs(words[1:])))
    elif word == "expect":
        run.expects.append(parse_expectation(words, only))
    elif word == "forbid":
        run.forbids.append(parse_forbidden(words, only))
    else:
        return False
    return True


def apply_directive(program, word, only, words):
    """One directive of a program. False when there is no such directive."""
    if word == "run":
        program.runs.append(Run(words[0], words))
    elif word == "libs" and not program.runs:
        program.libs += words
    elif word == "plugins" and not program.runs:
        program.plugins += words
    elif word == "crates" and not program.runs:
        program.crates += words
    elif word == "custody" and not program.runs:
        program.custody += parse_custody(words)
    elif word == "builds" and not program.runs:
        program.matrix.append(parse_pairs(words))
    elif word == "more" and not program.runs:
        program.more.append(parse_pairs(words))
    elif word == "flags" and not program.runs:
        program.flags += words
    elif word == "packages" and not program.runs:
        program.packages += words
    else:
        return bool(program.runs) and apply_to_run(program.runs[-1], word, only, words)
    return True


def header_lines(path):
    """The opening comment, numbered: up to the first line that is code."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip() and not re.match(r"\s*(/\*|\*|//)", line):
            return
        yield number, line


def parse(path):
    """The program of the source file `path`. Raises HeaderError."""
    program = Program(path)
    for number, line in header_lines(path):
        match = DIRECTIVE.match(line)
        if not match:
            continue
        word, only, rest = match.groups()
        try:
            known = apply_directive(program, word, parse_pairs((only or "").split()), rest.split())
        except (ValueError, IndexError) as error:
            raise HeaderError(f"{path}:{number}: @{word}: {error}") from error
        if not known:
            raise HeaderError(f"{path}:{number}: @{word}: no such directive here")
    if not program.runs:
        raise HeaderError(f"{path}: no @run in its opening comment")
    return program

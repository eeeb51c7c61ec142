"""The real programs that are measured, with the inputs that they get: scripts of the directory `programs`, and data that is
made here, the same every time. All are chosen to allocate much."""

import dataclasses
import os
import shutil
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "programs"
# Hashes that begin anywhere give other orders each time, and other times.
VARIABLES = {"LC_ALL": "C", "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0"}
QUERY = "group_by(.tags[0]) | map({tag: .[0].tags[0], number: length, most: (map(.v.x) | max)})"


@dataclasses.dataclass(frozen=True)
class Program:
    """A row: its name, the Debian package that it is from, and the command. Words with a place in front of them are files of
    the directory of inputs (`data/`) or of the scripts (`script/`)."""

    name: str
    package: str
    command: tuple

    def words(self, data):
        """The command with its files' paths, or None when it is not installed."""
        path = shutil.which(self.command[0])
        return path and [path, *(place_of(word, data) for word in self.command[1:])]


def place_of(word, data):
    return word.replace("data/", f"{data}/").replace("script/", f"{SCRIPTS}/")


PROGRAMS = (
    Program("sqlite3", "sqlite3", ("sqlite3", ":memory:", ".read script/query.sql")),
    Program("gawk", "gawk", ("gawk", "-f", "script/words.awk", "data/words.txt")),
    Program("jq", "jq", ("jq", "-c", QUERY, "data/rows.json")),
    Program("xmllint", "libxml2-utils", ("xmllint", "--format", "data/rows.xml")),
    Program("lua", "lua5.4", ("lua5.4", "script/tables.lua")),
    Program("python3", "python3", ("/usr/bin/python3", "-S", "script/objects.py")),
    Program("perl", "perl", ("/usr/bin/perl", "script/lists.pl")),
    Program("g++", "g++", ("g++", "-O1", "-S", "-o", "-", "script/templates.cc")),
    Program("z3", "z3", ("z3", "data/formulas.smt2")),
)


def numbers(seed):
    """Numbers below 2 to the 31st that look random (a linear congruence)."""
    while True:
        seed = (seed * 1103515245 + 12345) % (1 << 31)
        yield seed >> 8  # the low bits of such a sequence repeat soon


def words_text(lines=200_000):
    return "".join(f"{i * 7919 % 1_000_003} word{i % 30_011} {i}\n" for i in range(lines))


def rows_json(rows=30_000):
    chance = numbers(1)

    def row(i):
        tags = ", ".join(f'"{"abcdef"[next(chance) % 6] * 5}"' for _ in range(6))
        return f'{{"id": {i}, "name": "n{i}", "tags": [{tags}], "v": {{"x": 0.{next(chance)}, "y": [1, 2, 3]}}}}'

    return f"[{', '.join(map(row, range(rows)))}]\n"


def rows_xml(rows=120_000):
    elements = "".join(f'<e id="{i}"><n>name {i}</n><v a="{3 * i}">t</v></e>' for i in range(rows))
    return f"<r>{elements}</r>\n"


def formulas_smt2(unknowns=150, reach=8):
    """A function and numbers of which each is bounded by its neighbours."""
    lines = ["(declare-fun f (Int) Int)", *(f"(declare-const x{i} Int)" for i in range(unknowns))]
    for i in range(unknowns - reach):
        lines.append(f"(assert (and (> (f x{i}) (+ x{i + 1} {i % 5})) (< x{i} (+ (f x{i + reach - 1}) {i}))))")
        lines.append(f"(assert (or (= (mod x{i} 7) {i % 7}) (> x{i} {3 * i})))")
    return "\n".join([*lines, "(check-sat)"]) + "\n"


DATA = {"words.txt": words_text, "rows.json": rows_json, "rows.xml": rows_xml, "formulas.smt2": formulas_smt2}


def write_data(place):
    """Makes all inputs in a directory."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text_of in DATA.items():
        (place / name).write_text(text_of(), encoding="ascii")


def variables():
    """The environment of a program, whatever the allocator."""
    return {**os.environ, **VARIABLES}

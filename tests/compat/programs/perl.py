"""perl as Debian has it, and scripts of its own suite: those of the language, which need nothing built but perl."""

import re
import shutil
from pathlib import Path

import debian
from common import PERL
from stage import Program, Run

RIGHT = [PERL]

DIRECTORIES = ("base", "cmd", "comp", "opbasic", "class", "mro", "re", "op")


def results(text):
    """Each test and its result, without names, which may hold addresses."""
    return "\n".join(re.findall(r"^(?:not )?ok \d+|^1\.\.\d+", text, re.MULTILINE))


def count(text):
    return {"test scripts": 1, "tests": len(re.findall(r"^ok \d+", text, re.MULTILINE))}


def prepare(workshop):
    debian.need("perl")
    tree = debian.unpacked("perl", workshop)
    library = Path(debian.run(["perl", "-MConfig", "-e", "print $Config{archlibexp}"], workshop))
    if not (tree / "lib" / "Config.pm").exists():
        # What a build makes there is as the installed perl has it.
        for file in library.rglob("*"):
            target = tree / "lib" / file.relative_to(library)
            if file.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
    scripts = [path for part in DIRECTORIES for path in sorted((tree / "t" / part).glob("*.t"))]
    runs = [Run(f"{path.parent.name}/{path.stem}", ["perl", "-I../lib", path], cwd=tree / "t", env={"PERL_CORE": "1", "LC_ALL": "C"},
                normalise=results, count=count) for path in scripts]
    return Program(debian.installed("perl"), runs, "of its own suite")

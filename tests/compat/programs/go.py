"""Go: a correct program that crosses to C and back by cgo (files/go), as a program, and as a library that a C program loads.
Its threads, its signals and its stacks are its own runtime's. A Go program ends without libc, so that there is no end
for Custody to look for leaks at; the C program ends with it, while Go's threads live."""

import shutil
from pathlib import Path

import debian
from stage import Program, Run

RIGHT = []

FILES = Path(__file__).resolve().parents[1] / "files" / "go"
DEEDS = ("cross", "preempt", "pass", "threads", "signals", "children", "keep")


def prepare(workshop):
    debian.need("go", "gcc")
    place = workshop / "source"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(FILES, place)
    environment = {"CGO_ENABLED": "1", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOCACHE": str(workshop / "cache")}
    debian.run(["go", "build", "-o", workshop / "program", "."], place, environment)
    debian.run(["go", "build", "-buildmode=c-shared", "-o", workshop / "library.so", "."], place, environment)
    debian.run(["gcc", "-g", "-o", workshop / "host", place / "host" / "host.c"], workshop)
    loaded = [workshop / "host", workshop / "library.so"]
    runs = [Run(f"{deed} in {name}", [*words, deed]) for name, words in (("a program", [workshop / "program"]), ("a library", loaded))
            for deed in DEEDS]
    runs.append(Run("all in a library", [*loaded, *DEEDS]))
    return Program(debian.run(["go", "env", "GOVERSION"], place, environment).strip().removeprefix("go"), runs,
                   "cgo both ways, threads, preemption by signals, as program and library")

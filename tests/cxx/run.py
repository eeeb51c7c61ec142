#!/usr/bin/python3
"""custody.hpp: compiled in every way that it promises to work in, and a program that uses all of it, run linked with
Custody (shared, static), linked and preloaded, and compiled out. No run may have an error or a warning in its log.

Usage: run.py [NAME...]   what has one of these words in its name
CUSTODY_BUILD names the build directory (default: build). Ends with "N passed, N failed", and status 1 when any failed."""

import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CUSTODY_BUILD", ROOT / "build")).resolve()
OUT = BUILD / "tests" / "cxx"
HERE = ROOT / "tests" / "cxx"
TIMEOUT = 120

COMPILERS = {"gcc": ["g++"], "clang": ["clang++"], "libcxx": ["clang++", "-stdlib=libc++"]}
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
DISABLED = "-DCUSTODY_DISABLE"
# Each standard, each with and without exceptions and the runtime, in four steps instead of twelve.
WAYS = [
    ["-std=c++17"],
    ["-std=c++17", "-fno-exceptions", DISABLED],
    ["-std=c++20", DISABLED],
    ["-std=c++2b", "-fno-exceptions"],
]
SHARED = [f"-L{BUILD}", "-lcustody", f"-Wl,-rpath,{BUILD}"]
STATIC = [str(BUILD / "libcustody.a")]
PROGRAMS = {  # name: compiler, options, ways to run
    "shared": ("gcc", ["-O2", *SHARED], ["alone", "preloaded"]),
    "static": ("libcxx", ["-O0", *STATIC], ["alone"]),
    "disabled": ("clang", ["-O2", DISABLED], ["alone"]),
}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, **options)


def compile_command(compiler, *rest):
    return [*COMPILERS[compiler], "-I", ROOT / "include", *WARNINGS, *rest]


def check_compiles(compiler, way):
    done = run(compile_command(compiler, *way, "-fsyntax-only", HERE / "every_name.cpp"))
    return done.stderr.splitlines()[:20] if done.returncode else []


def faults_of_log(log):
    findings = [line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "finding"]
    return [json.dumps(line) for line in findings if line["severity"] != "note"]


def check_run(program, way, is_disabled):
    """Faults of one run; the program's own words when it failed."""
    log = OUT / f"{program.name}-{way}.log"
    log.unlink(missing_ok=True)
    if way == "preloaded":
        done = run([BUILD / "custody", "run", "--quiet", "--log", log, "--", program])
    else:
        done = run([program], env={**os.environ, "CUSTODY_OPTIONS": f"log={log}"})
    faults = done.stdout.splitlines() + done.stderr.splitlines() if done.returncode else []
    if not is_disabled and not faults:
        faults += faults_of_log(log) if log.exists() else ["no log was written"]
    return faults


def check_program(name):
    compiler, options, ways = PROGRAMS[name]
    program = OUT / name
    done = run(compile_command(compiler, "-std=c++17", "-g", "-pthread", "-o", program, HERE / "custody_hpp.cpp", *options))
    if done.returncode:
        return [("build", done.stderr.splitlines()[:20])]
    return [(way, check_run(program, way, name == "disabled")) for way in ways]


def main(words):
    OUT.mkdir(parents=True, exist_ok=True)
    work = [
        (f"{compiler} {' '.join(way)}", lambda compiler=compiler, way=way: [("compiles", check_compiles(compiler, way))])
        for compiler in COMPILERS
        for way in WAYS
    ]
    work = [(name, lambda name=name: check_program(name)) for name in PROGRAMS] + work
    if words:
        work = [item for item in work if any(word in item[0] for word in words)]
    passed = failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, _), results in zip(work, pool.map(lambda item: item[1](), work)):
            for what, faults in results:
                print(f"{'FAILED' if faults else 'passed'}  {name}: {what}", *faults, sep="\n        ")
                failed, passed = failed + bool(faults), passed + (not faults)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

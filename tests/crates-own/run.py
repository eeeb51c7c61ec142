#!/usr/bin/python3
"""The crates custody-sys and custody: their tests in every link kind and compiled out, how the library is found, and their
examples, by themselves and under `custody run`.

Usage: run.py [NAME...]   only the steps of these names
CUSTODY_BUILD names the build directory (default: build). Ends with "N passed, N failed", and status 1 when any failed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CUSTODY_BUILD", ROOT / "build")).resolve()
EXAMPLES = BUILD / "cargo" / "debug" / "examples"
TESTS = ["allocator", "block", "findings", "ledger_model", "objects"]
FAIL_STATUS = 99


class Fault(Exception):
    """What is wrong."""


def cargo(*arguments, status=0, **environment):
    """Runs cargo in the workspace; what it printed. An environment variable that is None is unset."""
    variables = dict(os.environ, CARGO_TARGET_DIR=str(BUILD / "cargo"), CUSTODY_LIB_DIR=str(BUILD), CUSTODY_BUILD=str(BUILD))
    variables |= environment
    variables = {name: value for name, value in variables.items() if value is not None}
    command = ["cargo", arguments[0], "--quiet", "--locked", *arguments[1:]]
    done = subprocess.run(command, cwd=ROOT / "rust-client", env=variables, capture_output=True, text=True)
    if (done.returncode != 0) != (status != 0):
        raise Fault(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
    return done.stdout + done.stderr


def run(*command, status=0):
    """Runs a program; what it printed on both."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != status:
        raise Fault(f"{command}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def expect(text, *parts):
    for part in parts:
        if part not in text:
            raise Fault(f"not said: {part}\n{text}")


def of_crates(kind):
    return ["--no-default-features", "--features", f"custody-sys/{kind},custody/{kind},custody/audit"]


def some_tests():
    return ["--package", "custody", "--lib", *(word for test in TESTS for word in ["--test", test])]


def static():
    """All tests: also what does not compile, and documentation."""
    cargo("test", "--package", "custody-sys", "--package", "custody", *of_crates("static"))


def dynamic():
    cargo("test", *some_tests(), *of_crates("dynamic"))
    cargo("test", "--package", "custody-sys", "--test", "abi", "--no-default-features", "--features", "dynamic")


def disabled():
    """Compiled out, without any library."""
    with tempfile.TemporaryDirectory() as nothing:
        cargo("test", *some_tests(), *of_crates("disabled"), CUSTODY_LIB_DIR=nothing, PKG_CONFIG_LIBDIR=nothing)


def bindgen():
    """The declarations made anew."""
    cargo("test", "--package", "custody-sys", "--test", "abi", "--features", "bindgen")


def examples():
    """They do what they say, alone and under Custody, which finds nothing but what is wrong on purpose."""
    cargo("build", "--package", "custody", "--examples", *of_crates("static"))
    for example, said in [
        ("global_allocator", "belongs to example"),
        ("library", "while it lives: 41"),
        ("boundary", "events: 42"),
    ]:
        expect(run(EXAMPLES / example), said)
        expect(run(BUILD / "custody", "run", "--", EXAMPLES / example), said, "0 errors, 0 warnings")
    with tempfile.TemporaryDirectory() as directory:
        log = pathlib.Path(directory) / "log"
        late = [EXAMPLES / "library", "--late"]
        expect(run(BUILD / "custody", "run", "--log", log, "--", *late, status=FAIL_STATUS), "after its end: -1", "1 error")
        expect(run(EXAMPLES / "read_log", log), "stale-handle")


def program_of(said):
    """The program that cargo says it has built."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return next(line["executable"] for line in lines if line.get("executable"))


def allocator():
    """Rust's allocator as a side, under Custody: nothing is wrong. Optimised, too."""
    for optimise in ["0", "3"]:
        said = cargo("rustc", "--package", "custody", "--test", "allocator", "--profile", "test", *of_crates("static"),
                     "--message-format", "json", "--", "-C", f"opt-level={optimise}")
        expect(run(BUILD / "custody", "run", "--", program_of(said)), "test result: ok", "0 errors, 0 warnings")


def link_paths(said):
    """Where the build script of custody-sys said that the library is."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    scripts = [line for line in lines if line["reason"] == "build-script-executed" and "custody-sys" in line["package_id"]]
    return [path for script in scripts for path in script["linked_paths"]]


def found():
    """Through pkg-config, where it is installed; a clear word where it is nowhere."""
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        (place / "lib").mkdir()
        check = ["check", "--package", "custody-sys"]
        said = cargo(*check, status=101, CUSTODY_LIB_DIR=str(place / "lib"))
        expect(said, "Custody was not found: libcustody.a is in none of these places:", f"{place}/lib (CUSTODY_LIB_DIR)")
        shutil.copy(BUILD / "libcustody.a", place / "lib")
        (place / "lib" / "custody.pc").write_text(
            f"Name: custody\nDescription: for a test\nVersion: 0.1.0\nLibs: -L{place}/lib -lcustody\n"
            f"Cflags: -I{ROOT}/include\n"
        )
        pkg_config = {"CUSTODY_LIB_DIR": None, "PKG_CONFIG_PATH": str(place / "lib")}
        said = cargo(*check, "--message-format", "json", **pkg_config)
        if f"native={place}/lib" not in link_paths(said):
            raise Fault(f"not linked from {place}/lib: {link_paths(said)}")


STEPS = [static, dynamic, disabled, bindgen, examples, allocator, found]


def perform(step):
    """Prints how it went; true when it failed."""
    try:
        step()
    except Fault as fault:
        print(f"FAILED  {step.__name__}\n        " + str(fault).replace("\n", "\n        "), flush=True)
        return True
    print(f"passed  {step.__name__}", flush=True)
    return False


def main(only):
    steps = [step for step in STEPS if not only or step.__name__ in only]
    failed = sum(perform(step) for step in steps)
    print(f"{len(steps) - failed} passed, {failed} failed")
    return 1 if failed or not steps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

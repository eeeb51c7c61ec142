"""Runs a test program of a crate by itself and under Custody, and compares: exit status, and which tests passed."""

import dataclasses
import os
import re
import subprocess
import time

TIMEOUT_S = 1200
LINE = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (?:.*\s)?(ok|FAILED|ignored)", re.MULTILINE)
TOTAL = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    """What came of one execution."""

    status: int
    passed: int
    failed: int
    results: dict
    seconds: float
    words: str


def execute(command, place, environment):
    """Runs a command in a directory. What hangs has the status None."""
    begun = time.monotonic()
    try:
        done = subprocess.run(command, cwd=place, env={**os.environ, **environment}, capture_output=True, text=True,
                              errors="replace", check=False, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        status, out, err = None, "", f"ended after {TIMEOUT_S} s"
    totals = TOTAL.findall(out)
    return Outcome(status, sum(int(p) for p, _ in totals), sum(int(f) for _, f in totals), dict(LINE.findall(out)),
                   time.monotonic() - begun, out[-1500:] + err[-1500:])


def as_custody_passes_on(status):
    return 128 - status if status is not None and status < 0 else status


def differences(plain, under):
    """What is not the same in both executions, in words."""
    found = []
    if as_custody_passes_on(plain.status) != under.status:
        found.append(f"exit status {plain.status}, under Custody {under.status}: {under.words}")
    if (plain.passed, plain.failed) != (under.passed, under.failed):
        found.append(f"passed {plain.passed}, failed {plain.failed}; under Custody {under.passed} and {under.failed}")
    found += [f"{name}: {result}, under Custody {under.results[name]}" for name, result in plain.results.items()
              if under.results.get(name, result) != result]
    return found


def compare(program, crate, source, log, custody):
    """Both executions of a program, and their differences in words."""
    words = [program, *(word for name in crate.get("skip", []) for word in ("--skip", name))]
    environment = {"CARGO_MANIFEST_DIR": str(source)}
    plain = execute(words, source, environment)
    prefix = [custody, "run", "--quiet", "--fail-on", "never", "--leaks", "full", "--log", log, "--"]
    under = execute([*prefix, *words], source, environment)
    return plain, under, differences(plain, under)

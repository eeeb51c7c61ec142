"""What the runtime asks of the kernel, refused: the n-th request of a whole program, for every n, alone or with all that
follow, by a copy of the library that is linked for that (parts/faults.c). Nothing may crash, nobody be accused who did
nothing, and a program that is not audited is said to be not. `--full` tries every n, otherwise some."""

import os
import subprocess
import tempfile
from pathlib import Path

from harness.build import execute
from harness.command import build_dir
from harness.logs import Log

HERE = Path(__file__).resolve().parent
LIBRARY = build_dir() / "tests" / "libcustody_faults.so"
STEPS = ["use", "bug", "41", "leak", "51", "work"]
MAY_BE_FOUND = {("double-free", 41), ("leak", 51)}
SOME = 40  # of the requests, without --full
RUST = """#[no_mangle] pub extern "C" fn answer() -> i32 {
    (0..4).map(|i| std::hint::black_box(Box::new([i; 10])).len() as i32).sum::<i32>() + 2
}
"""


def build(place):
    binary = place / "hardship"
    execute(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-pthread", "-o", str(binary), str(HERE / "parts" / "hardship.c")])
    return binary


def start(binary, place, steps, faults, **how):
    env = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(LIBRARY), **faults,
           "CUSTODY_OPTIONS": f"log={place / 'log.jsonl'}:leaks=full:fail_on=error:prepare=:facts={place}"}
    (place / "log.jsonl").unlink(missing_ok=True)
    return subprocess.run([binary, *steps], env=env, cwd=place, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60, **how)


def count_requests(binary, place, steps):
    """How many requests there are, and the run in which they were counted."""
    with open(place / "requests", "wb") as told:
        result = start(binary, place, steps, {"FAULT_TELL": str(told.fileno())}, pass_fds=[told.fileno()])
    return (place / "requests").stat().st_size, result


def judge(place, result, what):
    log = Log(place / "log.jsonl")
    errors = {(finding["kind"], finding["block"]["size"]) for finding in log.findings() if finding["severity"] == "error"}
    warnings = [finding["kind"] for finding in log.findings() if finding["severity"] == "warning"]
    # A program that is refused memory says so itself.
    goes_on = (result.returncode in (0, 99) and result.stdout == "done\n") or \
        (result.returncode in (3, 99) and "Cannot allocate memory" in result.stdout)
    audited = bool(log.events("start"))
    if not audited and result.returncode == -6 and "double free detected" in result.stderr:
        goes_on = True  # libc's own opinion of the program, which nobody else watches
    told = audited or "not audited" in result.stderr or "could not be written to" in result.stderr
    words = [line for line in result.stderr.splitlines() if line.startswith("custody: ")]
    once = len(words) == len(set(words)) and len(words) <= 3
    if goes_on and errors <= MAY_BE_FOUND and set(warnings) <= {"leak"} and told and once:
        return []
    return [f"{what}: status {result.returncode}, stdout {result.stdout[-200:]!r}, found {errors} {warnings}, "
            f"stderr {result.stderr[-600:]!r}"]


def refuse(work, how, full):
    place = Path(tempfile.mkdtemp(dir=work))
    binary = build(place)
    total, result = count_requests(binary, place, STEPS)
    problems = judge(place, result, "nothing refused")
    if total < SOME or result.returncode != 99:
        problems.append(f"{total} requests, status {result.returncode}")
    for number in range(1, total + 1, 1 if full else max(1, total // SOME)):
        problems += judge(place, start(binary, place, STEPS, {how: str(number)}), f"{how}={number} of {total}")
    return [(f"faults/{how}", problems[:5])]


def nothing_is_writable_and_executable(work):
    """Looked for whenever protections change: at start, while hooks are laid in Rust that is loaded beside other threads."""
    place = Path(tempfile.mkdtemp(dir=work))
    binary, source, library = build(place), place / "answer.rs", place / "libanswer.so"
    source.write_text(RUST)
    execute(["rustc", "-O", "--crate-type", "cdylib", "-o", str(library), str(source)])
    problems = []
    for steps in (["load", str(library)], ["threads", "load", str(library), "load", str(library)]):
        total, result = count_requests(binary, place, steps)
        hooked = [module.get("rust") for module in Log(place / "log.jsonl").events("module") if "libanswer" in module["path"]]
        if result.stdout != "done\n" or result.returncode != 0 or total < SOME or not hooked:
            problems.append(f"{steps}: {total} requests, hooked {hooked}, status {result.returncode}, stderr {result.stderr[-500:]}")
    return [("faults/nothing_is_writable_and_executable", problems)]


def tasks(work, wanted, full):
    every = [(refuse, work, how, full) for how in ("FAULT_AT", "FAULT_FROM") if wanted in f"faults/{how}"]
    if wanted in "faults/nothing_is_writable_and_executable":
        every.append((nothing_is_writable_and_executable, work))
    return every

#!/usr/bin/python3
"""Long lives and large ones: a process in which nothing new happens takes no more memory, however long it goes on
(parts/soak.c), and one of very many blocks is audited to its end (parts/many.c). Short here; by itself,
`endurance.py soak MINUTES` and `endurance.py many BLOCKS` take as long as they are told, and print figures."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scenarios")]
sys.dont_write_bytecode = True

from harness.build import execute  # noqa: E402
from harness.command import ROOT, build_dir  # noqa: E402
from harness.logs import Log  # noqa: E402

ROUNDS = 160
BLOCKS = 200_000
ROUNDS_A_MINUTE = 6000  # about; on two processors of 2020
RUST = """#[no_mangle] pub extern "C" fn answer() -> i32 {
    (0..4).map(|i| std::hint::black_box(Box::new([i; 10])).len() as i32).sum::<i32>() + 2
}
"""


def start(place, name, *words, timeout=120):
    binary = place / name
    execute(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-pthread", f"-I{ROOT / 'include'}", "-o", str(binary), str(HERE / "parts" / f"{name}.c")])
    env = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(build_dir() / "libcustody_preload.so"), "HOME": str(place),
           "CUSTODY_OPTIONS": f"log={place / 'log.jsonl'}:leaks=full:fail_on=never"}
    return subprocess.run([binary, *map(str, words)], env=env, cwd=place, capture_output=True, text=True, check=False,
                          timeout=timeout)


def soak(place, rounds, timeout=120):
    source, library = place / "answer.rs", place / "libanswer.so"
    source.write_text(RUST)
    execute(["rustc", "-O", "--crate-type", "cdylib", "-o", str(library), str(source)])
    result = start(place, "soak", library, rounds, timeout=timeout)
    found = [finding["kind"] for finding in Log(place / "log.jsonl").findings() if finding["severity"] == "error"]
    right = result.stdout == "done\n" and result.returncode == 0 and found == ["double-free"]
    return result, [] if right else [f"status {result.returncode}, {result.stdout!r}, {result.stderr[-500:]!r}, found {found}"]


def many(place, blocks, timeout=120):
    begun = time.monotonic()
    result = start(place, "many", blocks, timeout=timeout)
    took = time.monotonic() - begun
    [end] = Log(place / "log.jsonl").events("exit")
    classes = {name: total["blocks"] for name, total in end["leaks"].items()}
    lost = (blocks + 999) // 1000
    right = result.stdout == "done\n" and result.returncode == 0
    # A neighbour's end, or what is left on the stack, may keep a few.
    right = right and lost * 0.9 <= classes.get("definite", 0) <= lost and classes["reachable"] >= blocks - lost
    return result, took, [] if right else [f"status {result.returncode}, {result.stderr[-500:]!r}, {classes}, lost {lost}"]


def run_soak(work):
    return [("endurance/soak", soak(Path(tempfile.mkdtemp(dir=work)), ROUNDS)[1])]


def run_many(work):
    return [("endurance/many", many(Path(tempfile.mkdtemp(dir=work)), BLOCKS)[2])]


def tasks(work, wanted):
    return [(run, work) for run, name in ((run_soak, "soak"), (run_many, "many")) if wanted in f"endurance/{name}"]


def main():
    what, amount = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        if what == "soak":
            result, problems = soak(Path(work), amount * ROUNDS_A_MINUTE, timeout=None)
        else:
            result, took, problems = many(Path(work), amount, timeout=None)
            print(f"{took:.1f} s in all, with the audit at the end")
        print(result.stderr.strip(), *problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

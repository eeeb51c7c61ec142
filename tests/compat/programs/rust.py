"""rustc and cargo: a workspace with a build script, a macro crate that rustc loads, unit, integration and documentation
tests, with and without link-time optimisation; then the tests and the program run. Programs must be the same bytes."""

import re
import shutil
from pathlib import Path

import debian
import servers
from stage import Program, Run

RIGHT = [
    {"kind": "leak", "module": "*gcc-*", "why": "the driver does not release its specs and file names; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "collect2", "why": "collect2 does not release the words of the linker's command line; Memcheck says it of the same blocks"},
]

FILES = Path(__file__).resolve().parents[1] / "files" / "rust"

CARGO = """
cp -R "$1" crates && cd crates
export CARGO_TARGET_DIR=$PWD/../target CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true RUST_TEST_THREADS=1
../under cargo $2 2>&1; echo "cargo $?"
shift 2
for program; do "../target/$program" one two two; done
"""

RUSTC = """
cp "$1/single.rs" .
./under rustc --edition 2021 -g -O --remap-path-prefix "$PWD=." single.rs -o single; echo "rustc $?"
sha256sum single
./single
./under rustc --edition 2021 --cfg wrong single.rs -o none; echo "rustc $?"
"""


def plainly(text):
    text = re.sub(r"(?m)^custody: .*\n", "", text)
    text = re.sub(r"-[0-9a-f]{16}\b", "-HASH", text)
    text = re.sub(r"\(/[^)]*/crates/", "(", text)
    text = re.sub(r"\bin (\d+m )?[\d.]+s\b", "in N", text)
    return servers.without_figures(text)


def count(text):
    return {"tests": sum(map(int, re.findall(r"^test result: .* (\d+) passed", text, re.MULTILINE)))}


def cargo(words, *programs):
    return lambda stage: servers.script(stage, CARGO, FILES, words, *programs)


def prepare(_workshop):
    debian.need("cargo", "rustc", "cc")
    runs = [Run("cargo test", act=cargo("test --workspace --jobs 1"), normalise=plainly, count=count),
            Run("cargo build --release", act=cargo("build --release --jobs 2", "release/tally"), normalise=plainly),
            Run("rustc", act=lambda stage: servers.script(stage, RUSTC, FILES), normalise=plainly)]
    version = debian.run([shutil.which("rustc"), "--version"], FILES).split()[1]
    return Program(version, runs, "a workspace built, its tests run")

"""The leak checkers that are measured side by side: how a program is run under each, and what it then says was lost."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

TIMEOUT_S = 120
CLASSES = {"definite": "lost", "indirect": "lost", "possible": "possible"}


@dataclasses.dataclass
class Said:
    """What a checker said about one run: blocks and bytes of what is lost, blocks of what may be, and how it failed."""

    blocks: int = 0
    bytes: int = 0
    possible: int = 0
    failure: str = ""


class Checker:
    """A checker by its name in the tables. `environment` and `prefix` make a command run under it; `read` takes what it
    said from the files of its directory and from stderr."""

    name = ""
    heading = ""
    prefix = ()

    def environment(self, _place):
        return {}

    def read(self, _place, _stderr):
        raise NotImplementedError

    def start(self, command, place):
        """Runs the command; the completed process. Raises TimeoutExpired."""
        variables = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "CUSTODY_OPTIONS")}
        variables.update(self.environment(place))
        return subprocess.run([*self.prefix, *command], env=variables, cwd=place, capture_output=True, text=True,
                              errors="replace", check=False, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)

    def examine(self, command, place):
        """Runs a program in a directory of its own and says what the checker said."""
        place.mkdir(parents=True)
        try:
            done = self.start(command, place)
        except subprocess.TimeoutExpired:
            return Said(failure="hung")
        if done.returncode < 0:
            return Said(failure=f"crashed ({signal.Signals(-done.returncode).name})")
        return self.read(place, done.stderr)


class Custody(Checker):
    """The preloaded library; its log has a line for every group of leaks."""

    name = "custody"

    def __init__(self, build):
        self.library = str(build / "libcustody_preload.so")
        self.heading = f"Custody {version_of([build / 'custody', '--version'])}"

    def environment(self, place):
        return {"LD_PRELOAD": self.library, "CUSTODY_OPTIONS": f"log={place / 'log.jsonl'}"}

    def read(self, place, _stderr):
        log = place / "log.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        leaks = [event for event in map(json.loads, lines) if event.get("kind") == "leak"]
        told = Counter()
        for leak in leaks:
            what = CLASSES.get(leak["class"])
            told[what] += leak["blocks"]
            told[what, "bytes"] += leak["bytes"]
        return Said(told["lost"], told["lost", "bytes"], told["possible"], "" if lines else "no log")


class Valgrind(Checker):
    """Memcheck; the summary that each process prints has its totals."""

    name = "valgrind"
    heading = "Valgrind"
    prefix = ("valgrind", "--leak-check=full", "--show-leak-kinds=all", "--trace-children=yes")
    line = re.compile(r"(definitely|indirectly|possibly) lost: ([\d,]+) bytes in ([\d,]+) blocks")

    def __init__(self):
        self.heading = version_of(["valgrind", "--version"]).replace("valgrind-", "Valgrind ")

    def read(self, _place, stderr):
        said = Said(failure="" if "HEAP SUMMARY" in stderr else "no report")
        for how, size, blocks in self.line.findall(stderr):
            if how == "possibly":
                said.possible += int(blocks.replace(",", ""))
            else:
                said.blocks += int(blocks.replace(",", ""))
                said.bytes += int(size.replace(",", ""))
        return said


class LeakSanitizer(Checker):
    """gcc's LeakSanitizer, preloaded; it writes a file for each process that leaks and none where nothing does."""

    name = "lsan"
    line = re.compile(r"^(?:Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object", re.MULTILINE)

    def __init__(self):
        self.library = subprocess.run(["gcc", "-print-file-name=liblsan.so"], capture_output=True, text=True,
                                      check=True).stdout.strip()
        if not Path(self.library).exists():
            raise SystemExit("detection: gcc has no liblsan.so here: run tools/deps.sh")
        self.heading = f"LeakSanitizer (gcc {version_of(['gcc', '-dumpfullversion'])})"

    def environment(self, place):
        return {"LD_PRELOAD": self.library, "LSAN_OPTIONS": f"log_path={place / 'lsan'}"}

    def read(self, place, _stderr):
        said = Said()
        for path in place.glob("lsan.*"):
            text = path.read_text(encoding="utf-8", errors="replace")
            if "LeakSanitizer has encountered a fatal error" in text:
                said.failure = "gave up"
            for size, blocks in self.line.findall(text):
                said.blocks += int(blocks)
                said.bytes += int(size)
        return said


class Plain(Checker):
    """No checker: what a program takes by itself."""

    name = "plain"
    heading = "plain"

    def read(self, _place, _stderr):
        return Said()


def version_of(command):
    """Last word of what the command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def side_by_side(build):
    if not shutil.which("valgrind"):
        raise SystemExit("detection: valgrind is not installed: run tools/deps.sh")
    return [Custody(build), Valgrind(), LeakSanitizer()]

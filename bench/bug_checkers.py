"""The checkers that real bugs are tried under: how a program is run under each, and the words it then has for what is
wrong. Words are the checker's own, without addresses, each once."""

import dataclasses
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from harness.logs import Log

TIMEOUT_S = 30
ORDINARY = ("LD_PRELOAD", "CUSTODY_OPTIONS", "CUSTODY_BUILD")


@dataclasses.dataclass
class Said:
    """What a checker said about one execution: its words, Custody's log, and how the checker failed."""

    words: tuple = ()
    log: Log | None = None
    failure: str = ""


def version_of(command):
    """Last word of what the command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


class Checker:
    """`command` is what runs a program under it, `environment` what that needs, `read` takes what it said from the files
    of its directory and from stderr."""

    heading = ""

    def command(self, words, _run, _place):
        return words

    def environment(self, _place):
        return {}

    def read(self, _place, _stderr):
        raise NotImplementedError

    def examine(self, trial, place):
        """Runs a trial in a directory of its own."""
        place.mkdir(parents=True)
        variables = {name: value for name, value in os.environ.items() if name not in ORDINARY}
        variables |= trial.case.run.env | self.environment(place)
        try:
            done = subprocess.run(self.command(trial.command, trial.case.run, place), env=variables, cwd=place, check=False,
                                  capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                  timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return Said(failure="hung")
        said = self.read(place, done.stderr)
        if done.returncode < 0 and not said.words:
            said.failure = f"crashed ({signal.Signals(-done.returncode).name})"
        return said


class Custody(Checker):
    """`custody run`, which makes the facts that optimised programs need; words are kinds of findings."""

    def __init__(self, build):
        self.program = str(build / "custody")
        self.heading = f"Custody {version_of([self.program, '--version'])}"

    def command(self, words, run, place):
        return [self.program, "run", "--quiet", "--leaks", "full", "--log", str(place / "log.jsonl"), *run.cli, "--", *words]

    def read(self, place, _stderr):
        log = Log(place / "log.jsonl")
        told = [finding["kind"] for finding in log.findings() if finding["severity"] != "note"]
        return Said(tuple(dict.fromkeys(told)), log, "" if log.events("exit") else "no end of the log")


class Valgrind(Checker):
    """Memcheck; words are the first lines of its errors."""

    errors = re.compile(r"^==\d+== (Invalid free|Mismatched free|Invalid read|Invalid write|Conditional jump|"
                        r"Use of uninitialised|Syscall param|Source and destination overlap|Argument .* has a fishy|"
                        r"[\d,]+ (?:\([^)]*\) )?bytes in [\d,]+ blocks are (?:definitely|indirectly) lost)", re.MULTILINE)

    def __init__(self):
        if not shutil.which("valgrind"):
            raise SystemExit("detection: valgrind is not installed: run tools/deps.sh")
        self.heading = version_of(["valgrind", "--version"]).replace("valgrind-", "Valgrind ")

    def command(self, words, _run, _place):
        return ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--trace-children=yes", *words]

    def read(self, _place, stderr):
        told = ["lost" if words.endswith("lost") else words.lower() for words in self.errors.findall(stderr)]
        return Said(tuple(dict.fromkeys(told)), failure="" if "ERROR SUMMARY" in stderr else "no report")


class AddressSanitizer(Checker):
    """gcc's AddressSanitizer, preloaded; it writes a file when it has found something, and ends the program."""

    errors = re.compile(r"ERROR: (AddressSanitizer: (?:attempting (?:to call )?)?[\w-]+|"
                        r"LeakSanitizer: detected memory leaks|LeakSanitizer has encountered a fatal error)")

    def __init__(self):
        self.library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True,
                                      check=True).stdout.strip()
        if not Path(self.library).exists():
            raise SystemExit("detection: gcc has no libasan.so here: run tools/deps.sh")
        self.heading = f"AddressSanitizer (gcc {version_of(['gcc', '-dumpfullversion'])})"

    def environment(self, place):
        return {"LD_PRELOAD": self.library, "ASAN_OPTIONS": f"log_path={place / 'asan'}"}

    def read(self, place, _stderr):
        told = [words for path in place.glob("asan.*")
                for words in self.errors.findall(path.read_text(encoding="utf-8", errors="replace"))]
        if any("fatal error" in words for words in told):
            return Said(failure="gave up")
        plain = ["lost" if "leaks" in words else words.split(" ")[-1] for words in told]
        return Said(tuple(dict.fromkeys(plain)))


def side_by_side(build):
    return [Custody(build), Valgrind(), AddressSanitizer()]

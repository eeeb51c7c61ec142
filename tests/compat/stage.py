"""Where a run of a program is played: once plainly and once under Custody, in directories of the same shape, and what
the two have to have in common. The file of a program says what is run by means of `Program`, `Run` and `Stage`; run.py
plays it."""

import dataclasses
import os
import resource
import subprocess
import time
import traceback
from pathlib import Path
from typing import Callable, Optional

TIMEOUT_S = 600


class LeftOut(RuntimeError):
    """What is needed is not there; the message says what."""


@dataclasses.dataclass
class Outcome:
    """What came of one play: its status (128+N for a signal, None for what had to be ended), what it said, and how long
    it took; without that, the whole play counts."""

    status: Optional[int]
    output: str
    seconds: float = 0.0


@dataclasses.dataclass
class Run:
    """Something that a program does. `command` is run in a directory of its own, or in `cwd`, with `env` beside the
    caller's environment; output is standard output and error. What a command cannot express is `act(stage)` instead: it
    gives an Outcome, and decides with stage.command() which of its processes are under Custody.

    Of the output, `normalise(text)` is compared: it takes out times, pids, addresses. `count(text)` is what the plain
    output says of how much was run, as {"tests": 34}; over all runs of a program the table has the sums."""

    name: str
    command: list = dataclasses.field(default_factory=list)
    act: Optional[Callable] = None
    cwd: Optional[Path] = None
    env: dict = dataclasses.field(default_factory=dict)
    normalise: Callable = staticmethod(lambda text: text)
    count: Callable = staticmethod(lambda text: {})
    timeout: int = TIMEOUT_S

    def play(self, stage):
        """The Outcome; one without a status when the play breaks off."""
        begun = time.monotonic()
        try:
            outcome = self.act(stage) if self.act else stage.run(self.command, self.env, self.cwd, self.timeout)
        except Exception:  # noqa: BLE001 - a program that does not start must not hide the others
            outcome = Outcome(None, traceback.format_exc())
        return dataclasses.replace(outcome, seconds=outcome.seconds or time.monotonic() - begun)


@dataclasses.dataclass
class Program:
    """A program that is ready to run. `what` follows its counts in the table: 9 scripts, 34 tests `of its own suite`."""

    version: str
    runs: list
    what: str = ""


@dataclasses.dataclass
class Stage:
    """One play of a run. `place` is an empty directory of its own, `log` the file that Custody writes."""

    place: Path
    custody: Optional[Path] = None
    log: Optional[Path] = None

    @property
    def plain(self):
        return self.custody is None

    def command(self, words):
        """`words`, to be run under Custody unless the play is plain."""
        if self.plain:
            return [str(word) for word in words]
        return [str(word) for word in (self.custody, "run", "--quiet", "--fail-on", "never", "--leaks", "full", "--log",
                                       self.log, "--", *words)]

    def environment(self, env=None):
        """The caller's environment without what speaks of Custody, and with `env`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CUSTODY_") and k != "LD_PRELOAD"}
        return {**kept, **{name: str(value) for name, value in (env or {}).items()}}

    def start(self, words, env=None, cwd=None, **popen):
        """Starts a server or the like; its Popen. Whoever starts it ends it."""
        return subprocess.Popen(self.command(words), cwd=cwd or self.place, env=self.environment(env),
                                stdin=popen.pop("stdin", subprocess.DEVNULL), preexec_fn=without_core_files, **popen)

    def run(self, words, env=None, cwd=None, timeout=TIMEOUT_S, stdin=None):
        """Runs a command to its end; its Outcome. What takes longer than `timeout` seconds is ended, with its group."""
        begun = time.monotonic()
        path = self.place / ".output"
        with open(path, "wb") as out:
            done = self.start(words, env, cwd, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                              stdin=stdin or subprocess.DEVNULL)
            try:
                status = done.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(done.pid, 9)
                done.wait()
                status = None
        text = path.read_bytes().decode("utf-8", errors="replace")
        path.unlink()
        return Outcome(as_shell(status), text, time.monotonic() - begun)


def without_core_files():
    """Runs in the child: what crashes on purpose writes no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def as_shell(status):
    """A status as a shell, and `custody run`, tells it."""
    return 128 - status if status is not None and status < 0 else status


def differences(run, plain, under):
    """What is not the same in both plays of a run, in words."""
    found = []
    if plain.status is None:
        found.append(f"without Custody it does not end either, or breaks off: {plain.output[-1500:]}")
    if plain.status != under.status:
        found.append(f"exit status {plain.status}, under Custody {under.status}: {under.output[-1500:]}")
    before, after = run.normalise(plain.output).splitlines(), run.normalise(under.output).splitlines()
    if before != after:
        shorter = min(len(before), len(after))
        number = next((n for n in range(shorter) if before[n] != after[n]), shorter)
        found.append(f"output differs in line {number + 1}:\n  plain   {' / '.join(before[number:number + 3])[:600]}\n"
                     f"  custody {' / '.join(after[number:number + 3])[:600]}")
    return found

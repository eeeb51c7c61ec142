"""Runs a command under an allocator by the small program `launch`, which takes its figures."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path


TIMEOUT_S = 900


@dataclasses.dataclass
class Run:
    """What became of a command: seconds on the clock and of processors, MiB, and when it was gone (CLOCK_MONOTONIC)."""

    wall: float
    processor: float
    memory: float
    ended: float
    output: bytes


class Launcher:
    """Runs commands in a directory of its own; files that one leaves there are gone before the next."""

    def __init__(self, build, work):
        self.program, self.work = build / "bench" / "launch", Path(work)
        self.place, self.output = self.work / "place", self.work / "output"
        self.place.mkdir()

    def run(self, command, allocator, environment=None):
        """A Run. A command that fails ends everything."""
        self.clear()
        child = subprocess.Popen([self.program, self.output, *allocator.words(command, self.place)], cwd=self.place,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment,
                                 start_new_session=True)
        try:
            words, _ = child.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            sys.exit(f"bench: {' '.join(map(str, command))} under {allocator.name} takes more than {TIMEOUT_S} s")
        status, *figures = words.split()
        if status != "0":
            complaint = Path(f"{self.output}.err").read_text(encoding="utf-8", errors="replace")[-2000:]
            sys.exit(f"bench: {' '.join(map(str, command))} under {allocator.name} ended with status {status}:\n{complaint}")
        wall, processor, memory, ended = map(float, figures)
        return Run(wall, processor, memory / 1024, ended, self.output.read_bytes())

    def clear(self):
        for path in self.place.iterdir():
            if path.is_file():
                path.unlink()

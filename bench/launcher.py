"""Runs a command under an allocator by the small program `launch`, which takes its figures."""

import dataclasses
import subprocess
import sys
from pathlib import Path


@dataclasses.dataclass
class Run:
    """What became of a command: seconds on the clock and of processors, MiB, and when it was gone (CLOCK_MONOTONIC)."""

    wall: float
    processor: float
    memory: float
    ended: float
    output: bytes


class Launcher:
    """Runs commands in a directory of its own, which is empty before each."""

    def __init__(self, build, work):
        self.program, self.work = build / "bench" / "launch", Path(work)
        self.place, self.output = self.work / "place", self.work / "output"
        self.place.mkdir()

    def run(self, command, allocator, environment=None):
        """A Run. A command that fails ends everything."""
        self.clear()
        done = subprocess.run([self.program, self.output, *allocator.words(command, self.place)], cwd=self.place,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        status, *figures = done.stdout.split()
        if status != "0":
            complaint = Path(f"{self.output}.err").read_text(encoding="utf-8", errors="replace")[-2000:]
            sys.exit(f"bench: {' '.join(map(str, command))} under {allocator.name} ended with status {status}:\n{complaint}")
        wall, processor, memory, ended = map(float, figures)
        return Run(wall, processor, memory / 1024, ended, self.output.read_bytes())

    def clear(self):
        for path in self.place.iterdir():
            if path.is_file():
                path.unlink()

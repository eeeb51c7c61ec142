"""Running the tools that builds are made with, and where Custody itself was built."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class BuildError(RuntimeError):
    """A tool refused; the message holds its words."""


def build_dir():
    """Where Custody was built: CUSTODY_BUILD, as the Makefile has it, or build/."""
    return (ROOT / os.environ.get("CUSTODY_BUILD", "build")).resolve()


def execute(command):
    """Runs a command that must succeed; what it printed. Raises BuildError."""
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        raise BuildError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout

"""Running the tools that builds are made with."""

import subprocess


class BuildError(RuntimeError):
    """A tool refused; the message holds its words."""


def execute(command):
    """Runs a command that must succeed; what it printed. Raises BuildError."""
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        raise BuildError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout

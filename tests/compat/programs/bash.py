"""bash: scripts of its own suite."""

import debian
from stage import Program, Run

RIGHT = []


def prepare(workshop):
    debian.need("bash")
    return Program(debian.installed("bash") or "unknown", [Run("loop", ["bash", "-c", "echo a | cat; exit 3"])])

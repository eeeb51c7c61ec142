"""The allocators that are measured side by side, each as the environment that a program is run in."""

import dataclasses
import os
import re
import subprocess
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Allocator:
    """What a column of the table is called, and what makes a program use it."""

    name: str
    preload: str = ""
    options: str = ""

    def environment(self):
        variables = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "CUSTODY_OPTIONS")}
        if self.preload:
            variables["LD_PRELOAD"] = self.preload
        if self.options:
            variables["CUSTODY_OPTIONS"] = self.options
        return variables


GLIBC = Allocator("glibc")


def find_jemalloc():
    """The path of Debian's libjemalloc2, or None."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"libjemalloc\.so\.2 .*=> (\S+)", listing)
    return found.group(1) if found else None


def custody(build, name, options):
    """Custody with these options; its log goes nowhere."""
    return Allocator(name, str(build / "libcustody_preload.so"), ":".join(filter(None, ("log=/dev/null", options))))


def for_workloads(build: Path):
    """Columns of the table of workloads. The work at exit is left out of all but the last."""
    jemalloc = find_jemalloc()
    plain = [GLIBC] + ([Allocator("jemalloc", jemalloc)] if jemalloc else [])
    return plain + [custody(build, f"stacks={frames}", f"stacks={frames}:leaks=off") for frames in (0, 1, 16)] + [
        custody(build, "defaults", "")
    ]


def for_exits(build: Path):
    """Columns of the table of processes that end with live blocks."""
    return [GLIBC] + [custody(build, f"leaks={extent}", f"leaks={extent}") for extent in ("off", "summary", "full")]

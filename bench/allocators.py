"""The allocators and checkers that are measured side by side: what makes a program run with each."""

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

PROGRAMS, ALL = ("real",), ("real", "micro", "start")


@dataclasses.dataclass(frozen=True)
class Allocator:
    """A column. `variables` and `prefix` are what a command is run with, in which `{place}` is a directory for files that
    come of it. `kinds` are the tables in which it stands. `rounds` is how many rounds suffice, 0 for all: what makes programs
    twice as slow and more is not told from another by a hundredth. `blind` are programs that it leaves alone."""

    name: str
    variables: tuple = ()
    prefix: tuple = ()
    kinds: tuple = ALL
    rounds: int = 0
    blind: tuple = ()

    def words(self, command, place):
        """The command as launch takes it."""
        return [word.replace("{place}", str(place)) for word in (*self.variables, *self.prefix)] + list(map(str, command))

    def takes_part(self, program, number):
        """In the round of this number, counted from 0, of this program?"""
        return program not in self.blind and (self.rounds == 0 or number < self.rounds)


@dataclasses.dataclass(frozen=True)
class Missing:
    """What is left out, and what to install for it."""

    name: str
    package: str


GLIBC = Allocator("glibc")


def custody(build, name, *options, kinds=ALL):
    """Custody with these options, preloaded; its log is a file, as it is for users."""
    settings = ":".join(("log={place}/custody.jsonl", *options))
    return Allocator(name, (f"LD_PRELOAD={build}/libcustody_preload.so", f"CUSTODY_OPTIONS={settings}"), kinds=kinds)


def library(name, package, path, *variables, beside="", **properties):
    """A column that a preloaded library makes, if it is installed, with another one `beside` it."""
    if not path or not Path(path).is_file():
        return Missing(name, package)
    return Allocator(name, (f"LD_PRELOAD={path} {beside}".rstrip(), *variables), **properties)


def installed(soname):
    """The path of a library that the dynamic linker finds, or None."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    found = re.search(rf"\b{re.escape(soname)} \(.*x86-64.*\) => (\S+)", listing)
    return found and found.group(1)


def of_compiler(compiler, name):
    """The path of a library that a compiler brings, or None."""
    if not shutil.which(compiler):
        return None
    path = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=False).stdout
    return path.strip() if Path(path.strip()).is_file() else None


def all_of_them(build):
    """Columns in their order, the first being what the others are compared with, and Missing ones. The sanitizers look for
    leaks as Custody does with its defaults, and like it leave the exit status alone."""
    yield GLIBC
    yield library("jemalloc", "libjemalloc2", installed("libjemalloc.so.2"))
    yield library("mimalloc", "libmimalloc2.0", installed("libmimalloc.so.2"))
    for frames in (0, 1, 16):
        yield custody(build, f"stacks={frames}", f"stacks={frames}", "leaks=off")
    yield custody(build, "defaults")
    yield Allocator("custody run", prefix=(f"{build}/custody", "run", "--quiet", "--log", "{place}/custody.jsonl", "--"),
                    variables=("XDG_CACHE_HOME={place}",), kinds=("start",))
    yield library("scudo", "libclang-rt-dev", of_compiler("clang", "libclang_rt.scudo_standalone-x86_64.so"))
    yield library("lsan", "liblsan0", of_compiler("gcc", "liblsan.so"),
                  "LSAN_OPTIONS=exitcode=0:log_path={place}/lsan", beside=build / "bench" / "wake.so")
    yield library("asan", "libasan8", of_compiler("gcc", "libasan.so"),
                  "ASAN_OPTIONS=detect_leaks=1:verify_asan_link_order=0:exitcode=0:log_path={place}/asan",
                  kinds=PROGRAMS, rounds=2)
    # Its library without the script around it, which prints. It records the first program of a tree, not the ones below.
    yield library("heaptrack", "libheaptrack", "/usr/lib/heaptrack/libheaptrack_preload.so",
                  "DUMP_HEAPTRACK_OUTPUT={place}/heaptrack", kinds=PROGRAMS, rounds=2, blind=("g++",))
    yield valgrind()


def valgrind():
    prefix = ("valgrind", "--leak-check=full", "--trace-children=yes", "--log-file={place}/valgrind.%p")
    return Allocator("valgrind", prefix=prefix, kinds=PROGRAMS, rounds=1) if shutil.which("valgrind") else Missing(
        "valgrind", "valgrind")


def for_exits(build):
    """Columns of the table of processes that end with live blocks."""
    extents = (f"leaks={extent}" for extent in ("off", "summary", "full"))
    return [GLIBC] + [custody(build, extent, extent, kinds=("exit",)) for extent in extents]

"""Changes what a linker has made with Rust in it: as a compiler with other names would have left it, or tools that strip.
The axis `entries` says what becomes of the symbols of Rust's allocator entries."""

import re

from harness.command import BuildError, execute

ENTRY = re.compile(r"^_RNvCs\w+_7___rustc\d+___r(?:ust|dl)_(?:alloc|dealloc|realloc|alloc_zeroed)$")
HASH = re.compile(r"^_RNvCs[0-9A-Za-z]+_")


def symbols_of(path, pattern):
    """Names of the file's own symbols that the pattern matches."""
    names = {line.split()[-1] for line in execute(["nm", path]).splitlines()}
    found = sorted(name for name in names if pattern.match(name))
    if not found:
        raise BuildError(f"{path} has no symbols like {pattern.pattern}")
    return found


def renamed(path):
    """As another compiler mangles: another hash in front, other crates' number behind."""
    return [word for name in symbols_of(path, ENTRY)
            for word in ("--redefine-sym", f"{name}={HASH.sub('_RNvCsaBcDeFgHiJ0_', name)}")]


def foreign(path):
    """As a compiler that we do not know would name them."""
    return [word for name in symbols_of(path, ENTRY)
            for word in ("--redefine-sym", f"{name}=_Unknown{name.rpartition('___')[2]}_v9")]


def one_missing(path):
    """Without the one that releases."""
    return [f"--strip-symbol={name}" for name in symbols_of(path, ENTRY) if name.endswith("___rust_dealloc")]


def default_missing(path):
    """Without the functions of the default allocator that the entries lead to."""
    return [f"--strip-symbol={name}" for name in symbols_of(path, ENTRY) if "___rdl_" in name]


def all_stripped(_path):
    return ["--strip-all"]


CHANGES = {"renamed": renamed, "foreign": foreign, "one-missing": one_missing, "default-missing": default_missing,
           "stripped": all_stripped}


def alter(path, axes):
    """Changes the file in place as the axes say. Raises BuildError."""
    if "entries" in axes and axes["entries"] != "kept":
        execute(["objcopy", *CHANGES[axes["entries"]](path), path])

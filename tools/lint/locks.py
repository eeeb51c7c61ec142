#!/usr/bin/python3
"""Usage: locks.py OBJECT_DIRECTORY

No lock is forgotten when the process forks. Read from the objects:

* who takes locks (cst_lock_acquire) frees them in a function of its own, named cst_*_after_fork;
* every such function is called, directly or by others of them, from the child's part of a fork (entry/moments).

tests/unit/test_fork_locks.c takes all of them at once and forks.
"""

import pathlib
import re
import subprocess
import sys

ROOT = "entry/moments"
AFTER_FORK = re.compile(r"^cst_\w+_after_fork$|^cst_audit_fork$|^cst_gate_reset$")


def names(path, option):
    """Names that an object defines for others, or asks of them."""
    text = subprocess.run(["nm", option, "--extern-only", "--format=posix", path], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in text.stdout.splitlines() if line}


def objects_in(directory):
    """Name of each object of the runtime, without its suffix: (what it defines, what it asks for)."""
    top = pathlib.Path(directory) / "runtime"
    return {str(path.relative_to(top))[:-2]: (names(path, "--defined-only"), names(path, "--undefined-only"))
            for path in sorted(top.rglob("*.o"))}


def reached(objects):
    """Functions for the child of a fork that are called in it: an object whose function is reached reaches what it asks for."""
    found, todo = set(), [ROOT]
    while todo:
        fresh = {name for name in objects[todo.pop()][1] if AFTER_FORK.match(name)} - found
        found |= fresh
        todo += [name for name, (defined, _) in objects.items() if defined & fresh]
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    objects, errors = objects_in(sys.argv[1]), []
    called = reached(objects)
    for name, (defined, asked) in objects.items():
        own = {function for function in defined if AFTER_FORK.match(function)}
        errors += [f"{name}: {function} is not called in the child of a fork" for function in sorted(own - called)]
        if "cst_lock_acquire" in asked and not (own and "cst_lock_reset" in asked):
            errors.append(f"{name}: takes a lock that no cst_*_after_fork of its own frees (cst_lock_reset)")
    print(*errors, sep="\n", end="\n" if errors else "")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Usage: layers.py OBJECT_DIRECTORY

Holds the house up: an include, and a call, stays on its floor or goes down.

    policy < plat < base < site < core < audit < entry < shims

* Includes are read from the sources. Core and audit meet in core/finding.h alone; include/custody/ may be used by all and
  uses nothing of ours; tools/ uses include/, runtime/shared/ and itself.
* The language of policy files (runtime/shared/policy) lies below the runtime's floors, since the tool is made of it too.
* Calls are read from the objects: an undefined cst_* or custody_* name must be defined on the same floor or a lower one.
* The private jemalloc (cst_je_*) is core's: only core includes its header, and its names stay out of the objects of lower
  floors and of audit. (Above core they come with the inline functions of the walk of a malloc.)
* Below the shims nothing may call the audited heap or stdio: the names of BANNED never appear in objects.
"""

import pathlib
import re
import subprocess
import sys

FLOORS = ["policy", "plat", "base", "site", "core", "audit", "entry", "shims"]
MEETING_POINT = "core/finding.h"
JEMALLOC = "core/je.h"
BANNED = set(
    "malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign valloc strdup strndup asprintf "
    "vasprintf getline getdelim printf fprintf dprintf sprintf snprintf vprintf vfprintf vsprintf vsnprintf puts fputs "
    "fputc putc putchar fwrite fread fopen fdopen fclose fflush perror opendir readdir qsort __printf_chk "
    "__fprintf_chk __snprintf_chk __vsnprintf_chk __sprintf_chk stdout stderr stdin".split()
)

# What BANNED forbids and is right all the same.
EXCEPTIONS = {
    # At exit, when the status changes: the program's own streams, which libc would have flushed next.
    ("runtime/entry/moments", "fflush"),
}


def floor_of(path):
    """Name of the floor a source, header or object belongs to; None outside the runtime, the shims and what is shared."""
    parts = path.parts
    if "shims" in parts:
        return "shims"
    for top in ("shared", "runtime"):
        if top in parts:
            at = parts.index(top) + 1
            return parts[at] if at < len(parts) - 1 else None
    return None


def includes(path):
    """(line number, file) of each #include "file" in a source."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match:
            yield number, match.group(1)


def runtime_include_error(floor, target):
    """Why a source of `floor` may not include `target`; None when it may."""
    if target.startswith("custody/"):
        return None
    head = target.split("/")[0]
    if "/" not in target:
        return None if floor == "shims" else f'"{target}": name the floor, as in "{floor}/{target}"'
    if head not in FLOORS:
        return f'"{target}" is on no floor'
    if FLOORS.index(head) > FLOORS.index(floor):
        return f'"{target}" is above {floor}'
    if target == JEMALLOC and floor != "core":
        return f'"{target}": the private jemalloc is core\'s alone'
    if floor == "audit" and head == "core" and target != MEETING_POINT:
        return f'"{target}": audit and core meet in {MEETING_POINT} alone'
    return None


def check_runtime_includes(errors):
    for top in ("runtime", "shims"):
        for path in sorted(pathlib.Path(top).rglob("*.[chS]")):
            floor = floor_of(path)
            if floor not in FLOORS:
                errors.append(f"{path}: lies on no floor")
                continue
            for number, target in includes(path):
                why = runtime_include_error(floor, target)
                if why:
                    errors.append(f"{path}:{number}: includes {why}")


def check_outer_includes(errors):
    for path in sorted(pathlib.Path("include/custody").glob("*")):
        for number, target in includes(path):
            if not target.startswith("custody/"):
                errors.append(f'{path}:{number}: a public header includes "{target}"')
    for path in sorted(pathlib.Path("tools").rglob("*.[ch]")):
        for number, target in includes(path):
            inner = (path.parent / target).is_file() or pathlib.Path("tools", target).is_file()
            # jemalloc's port is linked into the runtime, on its lowest floor.
            inner = inner or (path.parent.name == "jemalloc" and target.startswith("plat/"))
            # Generated parts of the tool are named without a directory.
            if not (target.startswith(("custody/", "policy/")) or inner or "/" not in target):
                errors.append(f'{path}:{number}: the tool includes "{target}"')


def symbols(path):
    """(defined, undefined) global names of an object."""
    listing = subprocess.run(["nm", "-g", "--format=posix", str(path)], capture_output=True, text=True, check=True).stdout
    defined, undefined = set(), set()
    for line in listing.splitlines():
        name, kind = line.split()[:2]
        (undefined if kind in "Uw" else defined).add(name)
    return defined, undefined


def check_calls(directory, errors):
    objects = {}
    for path in sorted(directory.rglob("*.o")):
        floor = floor_of(path.relative_to(directory))
        source = path.relative_to(directory).with_suffix("")
        if floor in FLOORS and any(source.with_suffix(end).is_file() for end in (".c", ".S")):
            objects[source] = (floor, *symbols(path))
    # What several floors define (weakly, for those above to supply another) is the lowest one's.
    by_height = sorted(objects.values(), key=lambda entry: FLOORS.index(entry[0]), reverse=True)
    home = {name: floor for floor, defined, _ in by_height for name in defined}
    for source, (floor, _, undefined) in objects.items():
        for name in sorted(undefined):
            why = call_error(floor, name, home)
            if why and (str(source), name) not in EXCEPTIONS:
                errors.append(f"{source}: {why}")
    return len(objects)


def call_error(floor, name, home):
    """Why code on `floor` may not use the symbol `name`; None when it may."""
    if name.startswith("cst_je_"):
        above = floor != "audit" and FLOORS.index(floor) >= FLOORS.index("core")
        return None if above else f"uses {name}: the private jemalloc is core's alone"
    if name in BANNED and floor != "shims":
        return f"uses {name}, which belongs to the audited program"
    if not name.startswith(("cst_", "custody_")):
        return None
    if name not in home:
        return f"uses {name}, which nothing defines"
    if FLOORS.index(home[name]) > FLOORS.index(floor):
        return f"{floor} uses {name} of {home[name]}"
    if floor == "audit" and home[name] == "core":
        return f"audit uses {name} of core; they meet in {MEETING_POINT} alone"
    return None


def main():
    errors = []
    check_runtime_includes(errors)
    check_outer_includes(errors)
    count = check_calls(pathlib.Path(sys.argv[1]), errors)
    if count == 0:
        errors.append(f"{sys.argv[1]}: no objects to check")
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""CUSTODY_DISABLE: the same programs do the same without Custody, need no symbol of it, and compile without a warning."""

import subprocess

from harness.command import ROOT, execute
from scene import SHARED, WARNINGS, unless

OFF = "-DCUSTODY_DISABLE"
STRICT = ["-Wpedantic", "-Wshadow", "-Wundef"]
DIALECTS = [("gcc", ["-std=c11"]), ("gcc", ["-std=gnu17", "-O2"]), ("clang", ["-std=c11"]), ("g++", ["-std=c++17", "-x", "c++"]),
            ("clang++", ["-std=c++17", "-x", "c++", "-O2"])]


def wanted_symbols(program):
    """Symbols of Custody that a program asks others for."""
    listing = execute(["nm", "--undefined-only", program])
    return [line for line in listing.splitlines() if "custody" in line]


def compiled_out(scene, source, expected):
    """Compiled out in every dialect: prints what is expected, and needs nothing of Custody."""
    problems = []
    for number, (compiler, words) in enumerate(DIALECTS):
        program = scene.build(f"off-{number}", [source], OFF, *STRICT, *words, compiler=compiler)
        off = scene.run(program)
        problems += unless(off.stdout == expected and off.status == 0 and not off.stderr and not off.log.lines,
                           f"{source} {compiler} {words}", off)
        problems += [f"{source} {compiler} wants {symbol}" for symbol in wanted_symbols(program)]
    return problems


def done_both_ways(scene, source):
    program = scene.build("live", [source], custody=SHARED)
    live = scene.run(program)
    problems = live.log.problems + unless(live.status == 0 and live.stdout and not live.log.findings(), "live", live)
    problems += [] if wanted_symbols(program) else ["nm shows nothing of a program that is linked with Custody"]
    return problems + compiled_out(scene, source, live.stdout)


def the_same_is_done_with_blocks(scene):
    return done_both_ways(scene, "blocks.c")


def the_same_is_done_with_objects_leases_and_callbacks(scene):
    return done_both_ways(scene, "families.c")


def the_same_is_done_with_loans(scene):
    return done_both_ways(scene, "loans.c")


def users_of_strict_flags_see_no_warning(scene):
    """Flags that C++ projects use and that headers in C are likely to break, with the library and without it."""
    source = scene.place / "user.cpp"
    source.write_text('#include <custody/custody.hpp>\nint main()\n{\n    char name[CUSTODY_GUARD_SIZE] = "";\n'
                      '    custody::lease lease(0, name, 1, CUSTODY_LEASE_OUT);\n    lease.end(CUSTODY_LENGTH_UNKNOWN);\n}\n')
    strict = [*WARNINGS, *STRICT, "-Wold-style-cast", "-Wsign-conversion", "-Wnon-virtual-dtor", f"-I{ROOT / 'include'}"]
    for words in ([], [OFF]):
        for standard in ("-std=c++17", "-std=c++20"):
            execute(["g++", *strict, "-Wuseless-cast", standard, *words, "-fsyntax-only", str(source)])
            execute(["clang++", *strict, standard, *words, "-fsyntax-only", str(source)])
    return []


def modules_share_what_they_register(scene):
    """A plugin that is compiled out, in a program that is, sees the program's sides."""
    plugin = scene.plugin("one.so", OFF)
    program = scene.build("program", ["host.c"], OFF, "-rdynamic", "-Wno-use-after-free")
    result = scene.run(program, "clean", plugin)
    return unless(result.status == 0 and "plugin: the same side\n" in result.stdout, "sides", result)


def a_part_of_the_headers_is_refused(scene):
    result = subprocess.run(["gcc", OFF, "-fsyntax-only", "-Iinclude", "-include", "custody/ledger.h", "-x", "c", "/dev/null"],
                            capture_output=True, text=True, check=False)
    return [] if result.returncode and "include custody/custody.h" in result.stderr else [result.stderr]


CASES = [the_same_is_done_with_blocks, the_same_is_done_with_objects_leases_and_callbacks,
         the_same_is_done_with_loans, users_of_strict_flags_see_no_warning, modules_share_what_they_register,
         a_part_of_the_headers_is_refused]

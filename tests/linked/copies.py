"""Several copies of the runtime in one process: one of them serves, whichever way they came in."""

from scene import ARCHIVE, SHARED, unless

HOST = "made by the host: heap, 401 bytes, host\n"
MET = "seen by the plugin: 401 bytes, host, the object\nplugin: the same side\nmade by the plugin: heap, 402 bytes, host\n"


def judge(result, plugins, processes=1, rounds=1, faults=1):
    """One runtime: one `start` and one `exit`, everybody sees the same sides, blocks and objects, and faults are told."""
    faulty = [finding for finding in result.log.findings() if finding["kind"] != "leak"]
    problems = list(result.log.problems)
    problems += unless(result.status == 0 and not result.stderr, "status or stderr", result)
    problems += unless(result.stdout == (HOST + plugins * MET) * processes * rounds, "what is shared", result)
    problems += unless(len(result.log.events("start")) == 1 and len(result.log.events("fork")) == processes - 1
                       and len(result.log.events("exit")) == processes, "start and exit", result)
    right = all(f["kind"] == "double-free" and f["block"]["size"] == 401 and f["by"]["side"] == "host" for f in faulty)
    return problems + unless(right and len(faulty) == faults, "findings", result)


def alone(scene):
    """Linked in each way that programs are, with each linker: the note by which copies find each other is there."""
    problems = []
    for name, compiler, flags, custody in (
            ("shared", "gcc", [], SHARED), ("archive", "gcc", [], ARCHIVE), ("static", "gcc", ["-static"], ARCHIVE),
            ("static-pie", "gcc", ["-static-pie"], ARCHIVE), ("fixed", "gcc", ["-no-pie"], ARCHIVE),
            ("stripped", "gcc", ["-s", "-Wl,--gc-sections"], ARCHIVE),
            ("lld", "clang", ["-fuse-ld=lld", "-Wl,--gc-sections,--icf=all"], ARCHIVE)):
        program = scene.build(name, ["host.c"], *flags, compiler=compiler, custody=custody)
        problems += judge(scene.run(program), 0)
        if not name.startswith("static"):
            problems += judge(scene.run(program, preload=True), 0)
    return problems


def in_the_program_and_in_plugins(scene):
    problems = []
    plugins = [scene.plugin("one.so", custody=ARCHIVE), scene.plugin("two.so", custody=SHARED),
               scene.plugin("three.so", "-Wl,--exclude-libs,ALL", custody=ARCHIVE)]
    for name, custody in (("shared", SHARED), ("archive", ARCHIVE)):
        program = scene.build(name, ["host.c"], custody=custody)
        for preload in (False, True):
            problems += judge(scene.run(program, *plugins, preload=preload), 3)
    return problems


def in_a_library_of_the_program(scene):
    """The library's constructors come first, and the program's copy serves; or the other way round."""
    library = scene.plugin("libplugin.so", custody=ARCHIVE)
    beside = [str(library), f"-Wl,-rpath,{scene.place}", "-Wl,--no-as-needed"]
    problems = []
    for name, custody in (("program", [*ARCHIVE, *beside]), ("library", [*beside, *ARCHIVE])):
        program = scene.build(name, ["host.c"], custody=custody)
        for preload in (False, True):
            problems += judge(scene.run(program, library, preload=preload), 1)
    return problems


def after_a_fork(scene):
    plugin = scene.plugin("one.so", custody=ARCHIVE)
    program = scene.build("archive", ["host.c"], custody=ARCHIVE)
    problems = []
    for preload in (False, True):
        problems += judge(scene.run(program, "fork", plugin, preload=preload), 1, processes=2, faults=2)
    return problems


def plugins_that_are_closed(scene):
    plugin = scene.plugin("one.so", custody=ARCHIVE)
    program = scene.build("archive", ["host.c"], custody=ARCHIVE)
    return judge(scene.run(program, "again", plugin), 1, rounds=2, faults=2)


def plugins_of_a_program_without_it(scene):
    """The copy of the first plugin serves, and stays when that is closed."""
    plugins = [scene.plugin(name, custody=custody)
               for name, custody in (("one.so", ARCHIVE), ("two.so", ARCHIVE), ("three.so", SHARED))]
    program = scene.build("opener", ["opener.c"])
    problems = []
    for preload in (False, True):
        result = scene.run(program, *plugins, preload=preload)
        sides = {line for line in result.stdout.splitlines() if line.startswith("host is")}
        seen = [line for line in result.stdout.splitlines() if line.startswith("seen")]
        right = result.status == 0 and not result.stderr and len(sides) == 1
        problems += result.log.problems + unless(right and seen[1:] == 5 * ["seen by the plugin: 402 bytes, host"],
                                                 "one side, and the block before", result)
        problems += unless(len(result.log.events("start")) == len(result.log.events("exit")) == 1, "start", result)
    return problems


def another_build(archive, scene):
    """An archive that says it is of another version."""
    bytes_of = open(archive, "rb").read()
    assert bytes_of.count(b"0.1.0\0custody_version\0") == 1
    path = scene.place / "libother.a"
    path.write_bytes(bytes_of.replace(b"0.1.0\0custody_version\0", b"0.0.9\0custody_version\0"))
    return [str(path)]


def of_another_version(scene):
    """Both serve, which is said once: each audits its own."""
    plugin = scene.plugin("other.so", custody=another_build(ARCHIVE[0], scene))
    program = scene.build("archive", ["host.c"], "-rdynamic", custody=ARCHIVE)
    lone = scene.build("lone", ["opener.c"])
    problems = []
    for name, result in (("in a plugin", scene.run(program, plugin)),
                         ("with the preload", scene.run(lone, plugin, preload=True))):
        said = result.stderr.splitlines()
        right = len(said) == 1 and "another build of Custody (0.1.0, in " in said[0] and "(0.0.9)" in said[0]
        problems += unless(result.status == 0 and right, name, result)
        problems += unless(len(result.log.events("start")) == 2, name, result)
    return problems


CASES = [alone, in_the_program_and_in_plugins, in_a_library_of_the_program, after_a_fork, plugins_that_are_closed,
         plugins_of_a_program_without_it, of_another_version]

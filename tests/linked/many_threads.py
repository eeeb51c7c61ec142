"""Threads and forks of programs that are linked with Custody, whose heap is another build than the preloaded one."""

from scene import ARCHIVE, SHARED, unless


def threads_come_and_go(scene):
    problems = []
    for name, flags, custody in (("shared", [], SHARED), ("archive", [], ARCHIVE), ("static", ["-static"], ARCHIVE)):
        program = scene.build(name, ["threads.c"], *flags, custody=custody)
        for preload in (False, True) if not flags else (False,):
            result = scene.run(program, preload=preload)
            faults = [finding for finding in result.log.findings() if finding["severity"] != "note"]
            problems += result.log.problems + unless(result.stdout == "done\n" and result.status == 0 and not faults, name,
                                                     result)
            problems += unless(len(result.log.events("start")) == 1 and len(result.log.events("fork")) == 3, name, result)
    return problems


CASES = [threads_come_and_go]

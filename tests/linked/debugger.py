"""Questions about addresses from gdb: custody_print, in a program that is stopped at a breakpoint."""

import os
import subprocess

from scene import ARCHIVE, PRELOAD, SHARED

COMMANDS = """
set confirm off
break stop_here
run
up
call (void)custody_print(block)
call (void)custody_print(block + 5)
call (void)custody_print(released)
call (void)custody_print(&local)
call (void)custody_print(&main)
call (void)custody_print(&given)
call (void)custody_print(0)
"""

LINES = [
    ": a live block of 411 bytes at 0x", "custody:   owned by session (c) under the contract custody",
    "custody:   allocated at {name}+0x", ": 5 bytes into a live block of 411 bytes", ": a released block of 412 bytes",
    "custody:   released at {name}+0x", ": on a stack: [stack]", ": code or static data: {name}",
    "custody: 0x0: not mapped", "custody:   transferred by session (c) to receiver (c) at {name}+0x",
]


def run_gdb(scene, program, preload):
    commands = scene.place / "commands.gdb"
    commands.write_text((f"set exec-wrapper env LD_PRELOAD={PRELOAD}\n" if preload else "") + COMMANDS)
    env = {**os.environ, "DEBUGINFOD_URLS": "", "HOME": str(scene.place)}
    env.pop("LD_PRELOAD", None)
    return subprocess.run(["gdb", "-nx", "-q", "-batch", "-x", commands, program], capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)


def an_address_is_described(scene):
    problems = []
    for name, custody in (("shared", SHARED), ("archive", ARCHIVE)):
        program = scene.build(name, ["stopped.c"], "-O0", custody=custody)
        for preload in (False, True):
            said = run_gdb(scene, program, preload)
            missing = [line for line in LINES if line.format(name=name) not in said.stderr + said.stdout]
            problems += [f"{name} {preload}: not said: {missing} in {said.stdout} {said.stderr}"] if missing else []
    return problems


CASES = [an_address_is_described]

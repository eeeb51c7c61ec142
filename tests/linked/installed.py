"""Custody as it is installed: programs are built from nothing but installed files, by pkg-config and by CMake."""

import os
import shutil
import subprocess

from harness.command import ROOT, build_dir, execute
from harness.logs import Log
from scene import HERE, Result, unless

EXPECTED = "made by the host: heap, 401 bytes, host\n"


def install(scene, destination=""):
    """Installs what is built; gives the prefix. Nothing but the build's directory is written to."""
    prefix = scene.place / "prefix"
    execute(["make", "-s", "-C", str(ROOT), f"BUILD={build_dir()}", "install", f"PREFIX={prefix}",
             f"DESTDIR={destination}"])
    return prefix


def pkg_config(prefix, *words):
    env = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    return subprocess.run(["pkg-config", *words, "custody"], env=env, capture_output=True, text=True,
                          check=True).stdout.split()


def run(scene, program, *arguments, **environment):
    log = scene.place / "log.jsonl"
    log.unlink(missing_ok=True)
    env = {**os.environ, "CUSTODY_OPTIONS": f"log={log}", **environment}
    return Result(subprocess.run([str(program), *arguments], env=env, capture_output=True, text=True, timeout=120,
                                 check=False), Log(log))


def judge(what, result):
    kinds = [finding["kind"] for finding in result.log.findings() if finding["kind"] != "leak"]
    return result.log.problems + unless(result.stdout == EXPECTED and result.status == 0 and kinds == ["double-free"], what,
                                        result)


def source_in(scene):
    """The program, far from any header of the source tree."""
    return shutil.copy(HERE / "host.c", scene.place / "host.c")


def by_pkg_config(scene):
    prefix, source, program = install(scene), source_in(scene), scene.place / "program"
    flags = pkg_config(prefix, "--cflags", "--libs")
    execute(["gcc", "-o", program, source, *flags, f"-Wl,-rpath,{prefix}/lib"])
    problems = judge("shared", run(scene, program))
    [archive] = pkg_config(prefix, "--variable=archive")
    execute(["gcc", "-o", program, source, *pkg_config(prefix, "--cflags"), archive])
    problems += judge("archive", run(scene, program))
    [preload] = pkg_config(prefix, "--variable=preload")
    problems += judge("preloaded", run(scene, program, LD_PRELOAD=preload))
    execute(["gcc", "-static", "-o", program, source, *pkg_config(prefix, "--static", "--cflags", "--libs")])
    return problems + judge("static", run(scene, program))


def by_cmake(scene):
    prefix = install(scene)
    source_in(scene)
    shutil.copy(HERE / "CMakeLists.txt", scene.place)
    execute(["cmake", "-S", scene.place, "-B", scene.place / "b", f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DCMAKE_BUILD_TYPE=Debug"])
    execute(["cmake", "--build", scene.place / "b"])
    problems = []
    for name in ("shared", "archive", "chosen"):
        problems += judge(name, run(scene, scene.place / "b" / name))
    result = run(scene, scene.place / "b" / "disabled", "clean")
    right = not result.log.lines and result.status == 0 and result.stdout.startswith("made by the host: foreign, 0 bytes")
    return problems + unless(right, "disabled", result)


def a_cmake_package_is_for_its_version(scene):
    prefix, problems = install(scene), []
    for wanted, found in (("0.1", True), ("0.1.0", True), ("0.0.9", False), ("0.2", False), ("1.0", False)):
        place = scene.place / wanted
        place.mkdir()
        (place / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.16)\nproject(wanted C)\n"
                                              f"find_package(Custody {wanted} REQUIRED)\n")
        result = subprocess.run(["cmake", "-S", place, "-B", place / "b", f"-DCMAKE_PREFIX_PATH={prefix}"],
                                capture_output=True, text=True, check=False)
        problems += [] if (result.returncode == 0) == found else [f"{wanted}: {result.stdout}{result.stderr}"]
    return problems


def what_was_installed_is_removed(scene):
    """Below DESTDIR, where nothing but what install put there is."""
    root = scene.place / "root"
    prefix = install(scene, root)
    files = [path for path in root.rglob("*") if not path.is_dir()]
    execute(["make", "-s", "-C", str(ROOT), f"BUILD={build_dir()}", "uninstall", f"PREFIX={prefix}", f"DESTDIR={root}"])
    left = [str(path) for path in root.rglob("*") if not path.is_dir()]
    return [f"left: {left}, of {len(files)}"] if left or len(files) < 20 or prefix.exists() else []


CASES = [by_pkg_config, by_cmake, a_cmake_package_is_for_its_version, what_was_installed_is_removed]

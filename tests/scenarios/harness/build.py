"""Builds programs and the libraries they link, in a directory outside the repository, one variant per combination of
axes. A library variant is built once, by whoever needs it first; a lock file keeps two workers apart."""

import fcntl
import subprocess
from pathlib import Path

LIB_DIR = Path(__file__).resolve().parent.parent / "lib"
INCLUDE_DIR = Path(__file__).resolve().parents[3] / "include"
COMMON = ["-g", "-fno-omit-frame-pointer", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{LIB_DIR}",
          f"-I{INCLUDE_DIR}"]
COMPILERS = {
    (".c", "gcc"): ["gcc", "-std=gnu11"],
    (".c", "clang"): ["clang", "-std=gnu11"],
    (".cpp", "gcc"): ["g++", "-std=c++17"],
    (".cpp", "clang"): ["clang++", "-std=c++17", "-fsized-deallocation"],
}
AXIS_FLAGS = {
    ("pie", "yes"): ["-fPIE", "-pie"],
    ("pie", "no"): ["-fno-pie", "-no-pie"],
    ("plt", "yes"): [],
    ("plt", "no"): ["-fno-plt"],
    ("bind", "lazy"): ["-Wl,-z,lazy"],
    ("bind", "now"): ["-Wl,-z,now"],
    ("cet", "yes"): ["-fcf-protection=full"],
    ("cet", "no"): ["-fcf-protection=none"],
    ("runtime", "shared"): [],
    ("runtime", "static"): ["-static-libstdc++", "-static-libgcc"],
    ("stdlib", "libstdc++"): [],
    ("stdlib", "libc++"): ["-stdlib=libc++"],
}
RUST_AXIS_FLAGS = {
    ("profile", "debug"): [],
    ("profile", "release"): ["-O"],
    ("ld", "lld"): [],
    ("ld", "bfd"): ["-Clinker-features=-lld"],
    ("frames", "omitted"): [],
    ("frames", "kept"): ["-Cforce-frame-pointers=yes"],
    ("lto", "no"): [],
    ("lto", "fat"): ["-Clto=fat"],
    ("lto", "thin"): ["-Clto=thin"],
    ("strip", "no"): [],
    ("strip", "yes"): ["-Cstrip=symbols"],
    ("std", "own"): [],
    ("std", "shared"): ["-Cprefer-dynamic", "-Crpath"],
}
RUST_COMMON = ["rustc", "--edition=2021", "-g", "-Dwarnings"]
RUST_SYSTEM_LIBS = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]


class BuildError(RuntimeError):
    """A compiler refused; the message holds its words."""


def execute(command):
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        raise BuildError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def library_source(name):
    for suffix in (".c", ".cpp", ".rs"):
        path = LIB_DIR / (name + suffix)
        if path.exists():
            return path
    raise BuildError(f"no library {name} in {LIB_DIR}")


def native_axes(build):
    """The axes that a C or C++ library of `build` is made with: those of a C program, or what fits a Rust profile."""
    opt = build.get("opt", "2" if build.get("profile") == "release" else "0")
    chosen = {"cc": build.get("cc", "gcc"), "opt": opt}
    chosen.update({axis: build[axis] for axis in ("plt", "bind", "cet", "stdlib") if axis in build})
    return chosen


def native_command(suffix, axes):
    command = COMPILERS[suffix, axes["cc"]] + [f"-O{axes['opt']}"] + COMMON
    for axis, value in axes.items():
        if (axis, value) in AXIS_FLAGS:
            command += AXIS_FLAGS[axis, value]
    if axes["cc"] == "clang":
        command.append("-Wno-unused-command-line-argument")
    return command


def rust_axes(build):
    """The axes that a Rust library is made with; an optimised C program meets GNU ld too."""
    release = build.get("profile") == "release" or build.get("opt", "0") != "0"
    return {"profile": "release", "ld": "bfd"} if release else {"profile": "debug", "ld": "lld"}


def rust_command(axes):
    command = list(RUST_COMMON)
    for axis, value in axes.items():
        command += RUST_AXIS_FLAGS.get((axis, value), [])
    return command


def build_native_library(source, axes, link, target):
    command = native_command(source.suffix, axes)
    if link == "shared":
        execute(command + ["-fPIC", "-shared", f"-Wl,-soname,{target.name}", "-o", target, source])
        return
    objekt = target.with_suffix(".o")
    execute(command + ["-fPIC", "-c", "-o", objekt, source])
    execute(["ar", "rcs", target, objekt])


def build_rust_library(source, axes, link, target):
    kind = "cdylib" if link == "shared" else "staticlib"
    execute(rust_command(axes) + [f"--crate-type={kind}", "-o", target, source])


def library(name, build, work, link):
    """Path of the library `name` made for `build`, building it when nobody has."""
    source = library_source(name)
    axes = rust_axes(build) if source.suffix == ".rs" else native_axes(build)
    place = Path(work) / "lib" / "-".join([name, link, *axes.values()])
    place.mkdir(parents=True, exist_ok=True)
    target = place / (f"lib{name}.so" if link == "shared" else f"lib{name}.a")
    with open(place / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            make = build_rust_library if source.suffix == ".rs" else build_native_library
            make(source, axes, link, target)
    return target


def library_link_words(program, build, work):
    """What the compiler driver gets to link the program's libraries, and the directories to find them in at run time."""
    words, rpaths = [], []
    for name in program.libs:
        path = library(name, build, work, build["link"])
        words.append(str(path))
        if build["link"] == "shared":
            rpaths.append(f"-Wl,-rpath,{path.parent}")
            continue
        suffix = library_source(name).suffix
        words += RUST_SYSTEM_LIBS if suffix == ".rs" else ["-lstdc++"] if suffix == ".cpp" else []
    return words + rpaths


def place_plugins(program, build, work, directory):
    """Puts the program's plugins beside it, where it looks for them."""
    for name in program.plugins:
        path = library(name, build, work, "shared")
        (Path(directory) / path.name).symlink_to(path)


def build_program(program, build, work, target):
    """Makes the executable `target` of `program` for `build`. Raises BuildError."""
    place_plugins(program, build, work, Path(target).parent)
    link_words = library_link_words(program, build, work)
    if program.path.suffix == ".rs":
        command = rust_command(build) + program.flags
        for word in link_words:
            command += ["-C", f"link-arg={word}"]
        execute(command + ["-o", target, program.path])
    else:
        command = native_command(program.path.suffix, build)
        execute(command + program.flags + ["-o", target, program.path] + link_words)

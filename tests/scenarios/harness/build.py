"""Builds programs and the libraries they link, in a directory outside the repository, one variant per combination of
axes (axes.py). A library variant is built once, by whoever needs it first; a lock file keeps two workers apart."""

import fcntl
from pathlib import Path

from harness import alter
from harness.axes import native_axes, native_command, rust_axes, rust_command
from harness.command import BuildError, build_dir, execute

LIB_DIR = Path(__file__).resolve().parent.parent / "lib"
SUFFIX_OF_LINK = {"shared": "so", "static": "a", "rlib": "rlib", "dylib": "so"}
RUST_SYSTEM_LIBS = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]


def library_source(name):
    for suffix in (".c", ".cpp", ".rs", ".sh"):
        path = LIB_DIR / (name + suffix)
        if path.exists():
            return path
    raise BuildError(f"no library {name} in {LIB_DIR}")


def build_native_library(source, axes, link, target):
    command = native_command(source.suffix, axes)
    if link == "shared":
        execute(command + ["-fPIC", "-shared", f"-Wl,-soname,{target.name}", "-o", target, source])
        return
    objekt = target.with_suffix(".o")
    execute(command + ["-fPIC", "-c", "-o", objekt, source])
    execute(["ar", "rcs", target, objekt])


def build_rust_library(source, axes, link, target):
    kind = {"shared": "cdylib", "static": "staticlib"}.get(link, link)
    execute(rust_command(axes, target.parent) + [f"--crate-type={kind}", "-o", target, source])
    if link != "static":
        alter.alter(target, axes)


def build_found_library(source, axes, link, target):
    """What a script makes of a library of the system: it gets the path of the shared library to make."""
    if axes or link != "shared":
        raise BuildError(f"{source} makes one library, a shared one")
    execute(["sh", source, target])


BUILDERS = {".rs": (rust_axes, build_rust_library), ".sh": (lambda _: {}, build_found_library)}


def library(name, build, work, link):
    """Path of the library `name` made for `build`, building it when nobody has. `link` says what it is: shared or static,
    and of a Rust library also rlib or dylib."""
    source = library_source(name)
    axes_of, make = BUILDERS.get(source.suffix, (native_axes, build_native_library))
    axes = axes_of(build)
    place = Path(work) / "lib" / "-".join([name, link, *(f"{axis}={value}" for axis, value in axes.items())])
    place.mkdir(parents=True, exist_ok=True)
    target = place / f"lib{name}.{SUFFIX_OF_LINK[link]}"
    with open(place / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
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


def crate_words(program, build, work):
    """What rustc gets to use the program's crates, and the directories to find them in at run time."""
    words = []
    for name in program.crates:
        path = library(name, build, work, build["crate"])
        words += ["--extern", f"{name}={path}", "-C", f"link-arg=-Wl,-rpath,{path.parent}"]
    return words


def place_plugins(program, build, work, directory):
    """Puts the program's plugins beside it, where it looks for them."""
    for name in program.plugins:
        path = library(name, build, work, "shared")
        (Path(directory) / path.name).symlink_to(path)


def custody_words(build):
    """What the linker gets to link the program with Custody, where its build says so."""
    if build.get("custody") in ("shared", "both"):
        return [str(build_dir() / "libcustody.so"), f"-Wl,-rpath,{build_dir()}"]
    return [str(build_dir() / "libcustody.a")] if build.get("custody") == "static" else []


def package_words(program, what):
    """What pkg-config says that a compiler gets (`--cflags`) or a linker (`--libs`) for the program's packages."""
    return execute(["pkg-config", what] + program.packages).split() if program.packages else []


def build_program(program, build, work, target):
    """Makes the executable `target` of `program` for `build`. Raises BuildError."""
    place_plugins(program, build, work, Path(target).parent)
    link_words = library_link_words(program, build, work) + package_words(program, "--libs") + custody_words(build)
    if program.path.suffix == ".rs":
        command = rust_command(build, Path(target).parent) + program.flags + crate_words(program, build, work)
        for word in link_words:
            command += ["-C", f"link-arg={word}"]
        execute(command + ["-o", target, program.path])
    else:
        command = native_command(program.path.suffix, build)
        flags = program.flags + package_words(program, "--cflags")
        execute(command + flags + ["-o", target, program.path] + link_words)
    if has_rust(program, build):
        alter.alter(target, build)


def has_rust(program, build):
    """Whether there is Rust inside the executable."""
    static = program.libs if build.get("link") == "static" else []
    return program.path.suffix == ".rs" or any(library_source(name).suffix == ".rs" for name in static)

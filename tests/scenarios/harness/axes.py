"""The axes along which programs and libraries vary, as words of the compilers. A program's axes are given by its header or
by whoever builds it; those of a library follow from the program that it is built for."""

import functools
from pathlib import Path

from harness.command import execute

LIB_DIR = Path(__file__).resolve().parent.parent / "lib"
INCLUDE_DIR = Path(__file__).resolve().parents[3] / "include"
NATIVE_COMMON = ["-g", "-fno-omit-frame-pointer", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{LIB_DIR}",
                 f"-I{INCLUDE_DIR}"]
COMPILERS = {
    (".c", "gcc"): ["gcc", "-std=gnu11"],
    (".c", "clang"): ["clang", "-std=gnu11"],
    (".cpp", "gcc"): ["g++", "-std=c++17"],
    (".cpp", "clang"): ["clang++", "-std=c++17", "-fsized-deallocation"],
}
NATIVE_FLAGS = {
    ("pie", "yes"): ["-fPIE", "-pie"],
    ("pie", "no"): ["-fno-pie", "-no-pie"],
    ("plt", "no"): ["-fno-plt"],
    ("bind", "lazy"): ["-Wl,-z,lazy"],
    ("bind", "now"): ["-Wl,-z,now"],
    ("cet", "yes"): ["-fcf-protection=full"],
    ("cet", "no"): ["-fcf-protection=none"],
    ("runtime", "static"): ["-static-libstdc++", "-static-libgcc"],
    ("runtime", "hidden"): ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"],
    **{("replaced", operator): [f"-DREPLACED_{operator.upper()}"]
       for operator in ("new", "delete", "sized", "nothrow", "aligned")},
    ("stdlib", "libc++"): ["-stdlib=libc++"],
    ("ld", "bfd"): ["-fuse-ld=bfd"],
    ("ld", "gold"): ["-fuse-ld=gold"],
    ("ld", "lld"): ["-fuse-ld=lld"],
    ("ld", "mold"): ["-fuse-ld=mold"],
    ("strip", "yes"): ["-s"],
    ("dwarf", "4"): ["-gdwarf-4"],
    # With code of both kinds the index of an archive holds their names, whichever ar has made it.
    ("lto", "fat"): ["-flto", "-ffat-lto-objects"],
    ("lto", "thin"): ["-flto", "-ffat-lto-objects"],
}
RUST_COMMON = ["rustc", "--edition=2021", "-Dwarnings"]
RUST_FLAGS = {
    ("profile", "release"): ["-O"],
    **{("profile", level): [f"-Copt-level={level}"] for level in ("1", "2", "3", "s", "z")},
    ("ld", "bfd"): ["-Clinker-features=-lld"],
    ("ld", "gold"): ["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=gold"],
    ("ld", "mold"): ["-Clinker-features=-lld", "-Clink-arg=-fuse-ld=mold"],
    ("frames", "kept"): ["-Cforce-frame-pointers=yes"],
    ("lto", "fat"): ["-Clto=fat"],
    ("lto", "thin"): ["-Clto=thin"],
    ("strip", "yes"): ["-Cstrip=symbols"],
    ("strip", "debug-info"): ["-Cstrip=debuginfo"],
    ("std", "shared"): ["-Cprefer-dynamic", "-Crpath"],
    ("panic", "abort"): ["-Cpanic=abort"],
    ("units", "1"): ["-Ccodegen-units=1"],
    ("units", "16"): ["-Ccodegen-units=16"],
    ("cpu", "native"): ["-Ctarget-cpu=native"],
    ("reloc", "static"): ["-Crelocation-model=static"],
    ("linker", "clang"): ["-Clinker=clang"],
    ("mangling", "v0"): ["-Csymbol-mangling-version=v0"],
    ("debug-info", "full"): ["-g"],
    ("debug-info", "limited"): ["-Cdebuginfo=limited"],
    ("debug-info", "lines"): ["-Cdebuginfo=line-tables-only"],
    ("debug-info", "split"): ["-g", "-Csplit-debuginfo=unpacked"],
    ("debug-info", "packed"): ["-g", "-Csplit-debuginfo=packed"],
    ("debug-info", "none"): [],
}
# What a library shares with the program that it is built for, where that says anything about it.
FOR_NATIVE = ("plt", "bind", "cet", "stdlib", "runtime", "lto", "strip", "dwarf")
FOR_RUST = ("lto", "strip", "std", "panic", "units", "cpu", "linker", "mangling", "debug-info", "incremental", "entries")


def chosen(build, axes):
    return {axis: build[axis] for axis in axes if axis in build}


def native_axes(build):
    """The axes that a C or C++ library of `build` is made with: those of a C program, or what fits a Rust profile."""
    opt = build.get("opt", "0" if build.get("profile", "debug") == "debug" else "2")
    # The linker of a Rust program is no matter of its C libraries.
    return {"cc": build.get("cc", "gcc"), "opt": opt} | chosen(build, FOR_NATIVE + (("ld",) if "cc" in build else ()))


def rust_axes(build):
    """The axes that a Rust library is made with; an optimised C program meets GNU ld too."""
    optimised = build.get("opt", "0") != "0"
    plain = {"profile": "release", "ld": "bfd"} if optimised else {"profile": "debug", "ld": "lld"}
    return plain | chosen(build, ("profile", "ld", *FOR_RUST))


def native_command(suffix, axes):
    """The compiler of C (".c") or C++ (".cpp") with what the axes add."""
    command = COMPILERS[suffix, axes["cc"]] + [f"-O{axes['opt']}"] + NATIVE_COMMON
    for axis in axes.items():
        command += NATIVE_FLAGS.get(axis, [])
    if axes["cc"] == "clang":
        command.append("-Wno-unused-command-line-argument")
    return command


def rust_command(axes, place):
    """rustc with what the axes add; `place` is a directory that it may write to."""
    command = list(RUST_COMMON) + ([] if "debug-info" in axes else ["-g"])
    if axes.get("incremental") == "yes":
        command.append(f"-Cincremental={place / 'incremental'}")
    for axis in axes.items():
        command += RUST_FLAGS.get(axis, [])
    return command


@functools.cache
def shared_std():
    """File name of Rust's standard library as a shared object."""
    libraries = Path(execute(["rustc", "--print", "target-libdir"]).strip())
    return next(libraries.glob("libstd-*.so")).name

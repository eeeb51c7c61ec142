#!/usr/bin/python3
"""Makes the first inputs of the fuzz targets, from sources in the repository: make.py DIRECTORY.

What is in tests/fuzz/corpus has grown from these: `libFuzzer -merge=1` of what was found, the smallest inputs that reach
something of their own. Needs gcc, clang and binutils.
"""

import json
import pathlib
import random
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent.parent
LIBRARY = ["-nostdlib", "-shared", "-fPIC", "-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=4096", "-Wl,--hash-style=gnu"]


def put(out: pathlib.Path, target: str, name: str, content: bytes) -> None:
    """Writes one input of a target."""
    (out / target).mkdir(parents=True, exist_ok=True)
    (out / target / name).write_bytes(content)


def build(command: list[str], output: pathlib.Path) -> bytes:
    """Compiles a file, and gives its bytes."""
    subprocess.run([*command, "-o", str(output)], check=True)
    content = output.read_bytes()
    output.unlink()
    return content


def build_text(source: pathlib.Path, output: pathlib.Path) -> bytes:
    """The code of an object file."""
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", str(source), str(output)], check=True)
    content = output.read_bytes()
    output.unlink()
    return content


def programs(out: pathlib.Path) -> None:
    """Small libraries and a program, for what reads ELF files, exception tables, code and debug information."""
    scratch = out / "scratch"
    small, entries = str(HERE / "small.c"), str(HERE / "entries.S")
    made = {
        "entries": build(["gcc", *LIBRARY, "-Wl,--build-id=0x0123456789", entries], scratch),
        "lazy": build(["gcc", "-O1", *LIBRARY, "-Wl,-z,lazy", "-Wl,-soname,libsmall.so", small], scratch),
        "stripped": build(["clang", "-O2", *LIBRARY, "-s", small], scratch),
        "program": build(["gcc", "-O1", "-nostdlib", "-static-pie", "-s", "-Wl,-e,library_end", "-DNO_LIBC",
                          "-Wl,--unresolved-symbols=ignore-all", small], scratch),
    }
    for name, content in made.items():
        for target in ("elf", "image", "program"):
            put(out, target, name, content)
    put(out, "program", "script", b"#!/bin/sh -e\nexit 0\n")
    for name, flags in {"gcc": ["-g", "-O2"], "packed": ["-g", "-gz", "-gdwarf-4"], "lines": ["-gline-tables-only"]}.items():
        compiler = "clang" if name == "lines" else "gcc"
        put(out, "facts", name, build([compiler, *flags, *LIBRARY, small], scratch))
    put(out, "facts", "entries", made["entries"])
    (out / "object").write_bytes(build(["gcc", "-O2", "-c", small], scratch))
    text = build_text(out / "object", scratch)
    (out / "object").unlink()
    put(out, "code", "small", text)
    put(out, "code", "entries", made["entries"][0x300:0x500])
    put(out, "code", "frames", bytes.fromhex("554889e5e800000000415741564154534883ec205dff2500000000c3660f1f440000"))


def facts(out: pathlib.Path) -> None:
    """Files of facts."""
    for name, rows in {"rows": [(0x1000, 1, 1), (0x1200, 3, 3), (0x2000, 0, 0)], "none": []}.items():
        words = [address << 16 | flags << 8 | lang for address, flags, lang in rows]
        head = struct.pack("<8sIIQQ32sIHHQ", b"CSTFACT", 2, len(words), 7, 4096, b"\x12\x34", 2, 2, 1, 0)
        content = head + struct.pack(f"<{len(words)}Q", *words)
        put(out, "facts_file", name, content)
        put(out, "facts_cache", name, content)
    put(out, "requests", "request", b"/lib/libsmall.so\x000123456789\0")
    put(out, "requests", "relative", b"libsmall.so\0key\0")
    put(out, "requests", "cut", b"/lib/libsmall.so")


def texts(out: pathlib.Path) -> None:
    """What is read as text."""
    names = ["_ZN4core3ptr85drop_in_place$LT$std..rt..lang_start$u7b$$u7b$closure$u7d$$u7d$$GT$17h0123456789abcdefE",
             "_RNvCs5QKde7ScR2v_7___rustc12___rust_alloc", "_RNvCs5QKde7ScR2v_7___rustc14___rust_dealloc", "__rdl_realloc",
             "_Znwm@@GLIBCXX_3.4", "_ZdlPvm", "_ZNSt6vectorIiSaIiEE9push_backERKi", "mi_malloc_aligned", "free.cold",
             "<alloc::vec::Vec<foo::Bar> as core::ops::drop::Drop>::drop", "std::vector<int>::push_back(int const&) const"]
    for i, name in enumerate(names):
        put(out, "names", f"name{i}", name.encode())
        put(out, "patterns", f"name{i}", b"*" + name[2:9].encode() + b"*\0" + name.encode())
        put(out, "patterns", f"symbol{i}", name.encode() + b"\0parse?\\*")
    put(out, "patterns", "stars", b"*a*b*c*d$\0aabbccdd")
    put(out, "lines", "maps", b"55f0c0000000-55f0c0001000 r-xp 00001000 fd:00 1234       /bin/client\n"
                              b"7ffc1000-7ffc2000 rw-p 00000000 00:00 0          [stack]\n7fff0000-7fff1000 rw-s 0 0:1 9 /dev/zero (deleted)\n")
    put(out, "lines", "status", b"Seccomp:\t0\nSeccomp_filters:\t0\n")
    for i, text in enumerate(["log=/tmp/x:stacks=16:leaks=full:fail_on=error", "strict=yes:exit_code=256:stacks=-1", "a=b::=:log",
                              "abort=1:events=ownership:isolate=a,b:leak_signal=USR2"]):
        put(out, "options", f"options{i}", text.encode())
    put(out, "text", "utf8", "\x05Größe €\U0001f600\"\\\n\x7f".encode() + b"\xff\xc0\xaf\xed\xa0\x80\xf4\x90")
    for path in sorted((ROOT / "docs/example").rglob("*.policy")):
        put(out, "policy", path.stem, path.read_bytes())
    put(out, "suppressions", "lines", b"# ours\nleak:foo*bar$\nthread:x\nleak side=lib* function=\"a b\" max=3\n* module=?.so\n")
    for name, spec in {"budget": b"crate:foo=1K/2", "site": b"site:main@src/*.c=0", "options": b"--value=x\0--flag\0--\0a",
                       "policy": b"allow from libledger.so to app\nforbid from * to *\n"}.items():
        put(out, "suppressions", name, spec)


def logs(out: pathlib.Path) -> None:
    """Logs of the tool's own tests, in pieces."""
    for path in sorted((ROOT / "tests/tool/logs").glob("*.jsonl")):
        lines = [line for line in path.read_bytes().splitlines(keepends=True) if len(line) < 3000]
        starts = [line for line in lines if b'"start"' in line or b'"module"' in line][:3]
        for i in range(0, min(len(lines), 32), 4):
            put(out, "log", f"{path.stem}{i}", b"".join(starts + lines[i:i + 4]))
    event = {"v": 1, "event": "finding", "pid": 1, "seq": 1, "t": 1, "kind": "leak", "class": "definite", "blocks": 2, "bytes": 64}
    put(out, "log", "bare", json.dumps(event).encode() + b"\n")


def calls(out: pathlib.Path) -> None:
    """Calls of the public interface, drawn at random, with two types and sides in front."""
    draw = random.Random(7)
    for i in range(24):
        names = b"".join(bytes([7 + 8 * slot, 0]) + f"side{slot}".encode() + b"\0x\0" + bytes([slot % 2, 2]) for slot in range(4))
        put(out, "api", f"calls{i}", names + bytes(draw.randrange(256) for _ in range(240)))


def main() -> None:
    """All of them."""
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for make in (programs, facts, texts, logs, calls):
        make(out)


if __name__ == "__main__":
    main()

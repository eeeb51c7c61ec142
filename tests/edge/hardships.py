"""A program that falls on hard times (parts/hardship.c): limits of every kind, logs that break, another root, other rights,
system calls forbidden. It goes on as it would alone, what can still be told is told, and what cannot be is said once."""

import fcntl
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.build import execute
from harness.command import build_dir
from harness.logs import Log

HERE = Path(__file__).resolve().parent
LIBRARY = build_dir() / "libcustody_preload.so"
KIB = 1024


class Place:
    """A directory with the program in it. Its processes are run with the library preloaded by hand."""

    def __init__(self, work):
        self.path = Path(tempfile.mkdtemp(dir=work))
        self.path.chmod(0o755)
        self.log, self.binary = self.path / "log.jsonl", self.path / "hardship"
        execute(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-pthread", "-o", str(self.binary),
                 str(HERE / "parts" / "hardship.c")])

    def run(self, *steps, log=None, limits=(), preload=True, command=(), options="leaks=full:fail_on=error"):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.path), "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
        if preload:
            env |= {"LD_PRELOAD": str(LIBRARY), "CUSTODY_OPTIONS": f"log={log or self.log}:{options}"}
        words = [*command, self.binary, *steps]
        return subprocess.run(list(map(str, words)), cwd=self.path, env=env, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60, preexec_fn=lambda: [resource.setrlimit(*limit) for limit in limits])

    def found(self):
        """Kind and size of each error in the log."""
        return sorted((finding["kind"], finding["block"]["size"]) for finding in Log(self.log).findings()
                      if finding["severity"] == "error")


def complain(condition, result, what):
    return [] if condition else [f"{what}: status {result.returncode}, stdout {result.stdout[-300:]!r}, "
                                 f"stderr {result.stderr[-800:]!r}"]


def expect(place, steps, found, said="", status=99, **how):
    """The program ends as it should, the errors found are these, and of Custody there is at most one word on stderr: it has
    `said` in it."""
    result = place.run(*steps, **how)
    words = [line for line in result.stderr.splitlines() if line]
    right = result.stdout == "done\n" and result.returncode == status
    right = right and len(words) == bool(said) and all(said in word for word in words)
    got = place.found()
    problems = complain(right and got == sorted(found), result, f"{' '.join(map(str, steps))}: found {got}")
    return problems + (Log(place.log).problems if place.log.is_file() else [])


def both(size, leak):
    return [("double-free", size), ("leak", leak)]


def nothing_in_its_way_all_is_told(place):
    return expect(place, ["work", "bug", 41, "leak", 51, "child"], [*both(41, 51), ("double-free", 222)])


# ---- limits ----


def with_little_memory_it_goes_on_and_that_is_said(place):
    """From where the program alone can just live, up to where it can be audited: with so many MiB it must be."""
    problems = []
    for kind, what, enough in ((resource.RLIMIT_AS, "address space", 160), (resource.RLIMIT_DATA, "data", 58)):
        for mib in (1, 2, 3, 4, 6, 10, 11, 12, 14, 20, 30, 40, 48, 52, 56, 58, 60, 64, 80, 99, 103, 110, 120, 160, 250):
            place.log.unlink(missing_ok=True)
            limits = [(kind, (mib * KIB * KIB,) * 2)]
            if place.run("leak", 51, limits=limits, preload=False).stdout != "done\n":
                continue
            result = place.run("leak", 51, limits=limits)
            words = result.stderr.splitlines()
            if Log(place.log).events("start"):
                right = result.returncode == 99 and result.stdout == "done\n" and place.found() == [("leak", 51)]
            elif mib >= enough:
                right = False
            elif result.returncode == 127:
                right = "ld.so" in result.stderr or "shared libraries" in result.stderr  # before anything of ours ran
            else:
                said = [word for word in words if "this process is not audited" in word or "cannot be preloaded" in word]
                right = result.stdout == "done\n" and result.returncode == 0 and len(said) == 1
            problems += complain(right, result, f"{mib} MiB of {what}")
    return problems


def a_limit_on_data_is_shared_fairly(place):
    """What is audited has memory left, whatever the limit."""
    problems = []
    for mib in (57, 58, 60, 62, 65, 70, 80, 100, 150):
        result = place.run("use", limits=[(resource.RLIMIT_DATA, (mib * KIB * KIB,) * 2)])
        problems += complain(result.stdout == "done\n" and result.returncode == 0, result, f"{mib} MiB of data")
    return problems


def memory_that_runs_out_is_said_once(place):
    source = place.path / "greedy.c"
    source.write_text("#include <stdio.h>\n#include <stdlib.h>\n#include <errno.h>\n"
                      "int main(void) { long got = 0; while (malloc(100000)) got++; got *= 100000;\n"
                      "  for (int i = 0; i < 100; i++) if (malloc(100000)) got++;\n"
                      '  puts(got > 10000000 && errno == ENOMEM ? "done" : "too little"); return 0; }\n')
    place.binary = place.path / "greedy"
    execute(["gcc", "-o", str(place.binary), str(source)])
    problems = []
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        result = place.run(limits=[(kind, (300 * KIB * KIB,) * 2)], options="leaks=off")
        problems += complain(result.stdout == "done\n" and result.stderr.count("custody:") == 1, result, "greedy")
    return problems


def memory_may_be_locked(place):
    return expect(place, ["lock", "work", "bug", 41], [("double-free", 41)])


def no_descriptor_is_left(place):
    """Who has none left is told of what needs none; that leaks cannot be told apart is in the log."""
    problems = expect(place, ["descriptors", 3, "bug", 41, "work", "leak", 51], [("double-free", 41)])
    place.log.unlink()
    problems += expect(place, ["fill", "bug", 41, "work", "leak", 51], [("double-free", 41)])
    classes = {event["class"] for event in Log(place.log).findings() if event["kind"] == "leak"}
    return problems + ([] if classes == {"live"} else [f"classes {classes}"])


def there_never_was_a_descriptor(place):
    problems = []
    for count in (3, 4, 5, 6):
        place.log.unlink(missing_ok=True)
        alone = place.run("bug", 41, preload=False, limits=[(resource.RLIMIT_NOFILE, (count, count))])
        result = place.run("bug", 41, limits=[(resource.RLIMIT_NOFILE, (count, count))])
        same = alone.returncode != -6 or result.returncode in (99, 127, alone.returncode)
        told = place.found() == [("double-free", 41)] or result.stderr
        problems += complain(same and told, result, f"{count} descriptors")
    return problems


def a_cgroup_is_full(place):
    """The kernel kills who takes more memory than its group may have: not us, where the program alone lives."""
    group = Path("/sys/fs/cgroup/memory") / f"custody-{os.getpid()}-{place.path.name}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(24 * KIB * KIB))
    except OSError as reason:
        print(f"left out: a full cgroup: {reason}")
        return []
    try:
        join = ["sh", "-c", f'echo $$ >{group}/tasks; exec env LD_PRELOAD={LIBRARY} "$@"', "sh"]
        env = {"PATH": os.environ["PATH"], "CUSTODY_OPTIONS": f"log={place.log}:leaks=full:fail_on=error"}
        result = subprocess.run([*join, place.binary, "work", "bug", "41", "leak", "51"], env=env, capture_output=True,
                                text=True, check=False, cwd=place.path, timeout=60)
        return complain(result.returncode == 99 and place.found() == both(41, 51), result, "a small cgroup")
    finally:
        group.rmdir()


# ---- the log ----


def a_log_that_may_not_grow_is_said_once(place):
    result = place.run("file-size", 3000, "bugs", 60)
    said = result.stderr.count("custody:") == 1 and "could not be written to" in result.stderr
    return complain(result.stdout == "done\n" and result.returncode == 99 and said, result, "file size")


def a_run_that_may_lack_findings_fails(place, full):
    """`custody run` cannot say that nothing is wrong, whatever it is to fail on."""
    problems = []
    for log, status in ((place.path / "whole.jsonl", 0), (full, 125)):
        command = [build_dir() / "custody", "run", "--fail-on", "never", "--log", log, "--", place.binary, "bugs", "60"]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place.path, timeout=60,
                                env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]})
        said = "lacks its end: No space left on device" in result.stderr
        problems += complain(result.stdout == "done\n" and result.returncode == status and said == (status == 125), result, f"{log}")
    return problems


def a_full_disk_is_said_once(place):
    result = place.run("bugs", 20, log="/dev/full")
    said = result.stderr.count("custody:") == 1 and "could not be written to" in result.stderr
    problems = complain(result.stdout == "done\n" and result.returncode == 99 and said, result, "/dev/full")
    disk = place.path / "disk"
    disk.mkdir()
    if os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], check=False,
                                            capture_output=True).returncode == 0:
        try:
            result = place.run("bugs", 60, log=disk / "log.jsonl")
            said = result.stderr.count("custody:") == 1 and "could not be written to" in result.stderr
            problems += complain(result.stdout == "done\n" and result.returncode == 99 and said, result, "full disk")
            problems += a_run_that_may_lack_findings_fails(place, disk / "log.jsonl")
        finally:
            subprocess.run(["umount", disk], check=True)
    return problems


def a_log_that_was_closed_is_opened_again(place):
    return expect(place, ["close", "bug", 41, "leak", 51], both(41, 51))


def a_log_whose_directory_is_gone_is_written_to_its_end(place):
    """As long as it is open; afterwards that is said."""
    problems = []
    for steps, said in ((["bug", 41], ""), (["close", "bug", 41, "bug", 42], "could not be opened again")):
        folder, gate = place.path / "folder", place.path / "gate"
        folder.mkdir()
        os.mkfifo(gate)
        env = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(LIBRARY), "CUSTODY_OPTIONS": f"log={folder}/log:leaks=off"}
        with subprocess.Popen([place.binary, "wait", gate, *map(str, steps)], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            with open(gate, "w", encoding="ascii") as pipe:  # the program has come so far
                with open(folder / "log", "rb") as kept:
                    shutil.rmtree(folder)
                    pipe.write("x")
                    pipe.close()
                    process.wait(60)
                    found = kept.read().count(b'"double-free"')
            result = subprocess.CompletedProcess(steps, process.returncode, process.stdout.read(), process.stderr.read())
        right = result.stdout == "done\n" and found == (not said) and result.stderr.count("custody:") == bool(said)
        problems += complain(right and said in result.stderr, result, f"directory gone, found {found}")
        gate.unlink()
    return problems


def a_pipe_is_a_log_while_somebody_reads_it(place):
    os.mkfifo(place.log, 0o600)
    problems = []
    result = place.run("bug", 41, options="leaks=off")
    problems += complain(result.stdout == "done\n" and "nobody reads from it" in result.stderr, result, "no reader")
    reader = os.open(place.log, os.O_RDONLY | os.O_NONBLOCK)
    result = place.run("bug", 41, options="leaks=off")
    read = os.read(reader, 1 << 20)
    problems += complain(b'"double-free"' in read and result.stderr == "", result, "reader")
    fcntl.fcntl(reader, 1031, 4096)  # F_SETPIPE_SZ: less than there is to tell, and nobody empties it
    result = place.run("bugs", 30, options="leaks=off")
    said = result.stderr.count("custody:") == 1 and "could not be written to" in result.stderr
    problems += complain(result.stdout == "done\n" and said, result, "a reader that does not read")
    os.close(reader)
    return problems


def a_pipe_whose_reader_goes_ends_nobody(place):
    """SIGPIPE is for the program's own pipes."""
    gate = place.path / "gate"
    os.mkfifo(place.log, 0o600)
    os.mkfifo(gate)
    reader = os.open(place.log, os.O_RDONLY | os.O_NONBLOCK)
    env = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(LIBRARY), "CUSTODY_OPTIONS": f"log={place.log}"}
    with subprocess.Popen([place.binary, "wait", gate, "bug", "41", "bug", "42"], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        with open(gate, "w", encoding="ascii") as pipe:
            os.close(reader)
            pipe.write("x")
        out, err = process.communicate(timeout=60)
    result = subprocess.CompletedProcess([], process.returncode, out, err)
    return complain(out == "done\n" and process.returncode == 0 and err.count("custody:") == 1, result, "broken pipe")


def what_is_not_ours_is_no_log(place):
    """Not another name of a file that is somebody's, not another user's file, nor a device that holds data."""
    victim, problems = place.path / "victim", []
    victim.write_text("precious\n")
    os.link(victim, place.log)
    result = place.run("bug", 41, options="leaks=off")
    kept = victim.read_text() == "precious\n" and result.stdout == "done\n"
    problems += complain(kept and "has other names" in result.stderr and "double-free" in result.stderr, result, "hard link")
    tool = subprocess.run([build_dir() / "custody", "run", "--log", place.log, "true"], capture_output=True, text=True, check=False)
    problems += complain(tool.returncode == 125 and "hard links" in tool.stderr and victim.read_text() == "precious\n", tool, "run")
    if os.geteuid() == 0:
        place.log.unlink()
        os.chown(victim, 65534, 65534)
        shutil.move(victim, place.log)
        result = place.run("bug", 41, options="leaks=off")
        problems += complain("belongs to another user" in result.stderr and place.log.read_text() == "precious\n", result, "owner")
        tool = subprocess.run([build_dir() / "custody", "run", "--log", place.log, "true"], capture_output=True, text=True,
                              check=False)
        problems += complain(tool.returncode == 125 and place.log.read_text() == "precious\n", tool, "run over another's")
    return problems


# ---- roots, rights and restrictions ----


def another_root_has_no_proc_and_no_log(place):
    if os.geteuid() != 0:
        return []
    empty = place.path / "empty"
    empty.mkdir()
    problems = expect(place, ["chroot", empty, "work", "bug", 41, "leak", 51], [("double-free", 41)])
    place.log.unlink()
    return problems + expect(place, ["close", "chroot", empty, "work", "bug", 41], [], said="could not be opened again")


def a_program_starts_without_proc(place):
    """In a root that holds the program and what it loads, and nothing else."""
    if os.geteuid() != 0:
        return []
    root = place.path / "root"
    files = subprocess.run(["ldd", place.binary, LIBRARY], capture_output=True, text=True, check=True).stdout.split()
    for file in {word for word in files if word.startswith("/") and not word.endswith(":")} | {str(place.binary), str(LIBRARY)}:
        copy = root / file.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    result = place.run("work", "bug", 41, "leak", 51, command=["chroot", root], log="/log.jsonl", options="fail_on=error")
    place.log = root / "log.jsonl"
    # What /proc tells of the process is missing: its arguments, and which blocks are still in use.
    return complain(result.stdout == "done\n" and result.returncode == 99 and place.found() == [("double-free", 41)], result,
                    f"without /proc: {place.found()}")


def rights_that_were_given_up_do_not_matter_to_an_open_log(place):
    if os.geteuid() != 0:
        return []
    problems = expect(place, ["nobody", "bug", 41, "work", "leak", 51], both(41, 51))
    place.log.unlink()
    place.path.chmod(0o700)
    return problems + expect(place, ["close", "nobody", "bug", 41, "bug", 42], [], said="could not be opened again")


def user_namespaces_change_nothing(place):
    probe = subprocess.run(["unshare", "-r", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        return []
    return expect(place, ["work", "bug", 41, "leak", 51, "child"], [*both(41, 51), ("double-free", 222)],
                  command=["unshare", "-rm"])


def forbidden_system_calls_are_not_made(place):
    problems = []
    for jail in ("jail", "jail-syscall"):
        place.log.unlink(missing_ok=True)
        problems += expect(place, ["work", jail, "bug", 41, "leak", 51], [("double-free", 41)])
    return problems


def filters_that_were_refused_do_not_count(place):
    return expect(place, ["work", "jail-all", "bug", 41, "leak", 51], both(41, 51))


def code_that_may_not_be_made_executable_is_done_without(place):
    """As SELinux does it: hooks in the code of modules cannot be laid."""
    problems = expect(place, ["no-code", "work", "bug", 41, "leak", 51], both(41, 51))
    place.log.unlink()
    rust = place.path / "hooked.rs"
    rust.write_text('extern "C" { fn free(block: *mut u8); fn dlopen(name: *const u8, mode: i32) -> *mut u8; }\n'
                    "fn main() { unsafe { free(Box::into_raw(Box::new([7u8; 41])) as *mut u8) }; println!(\"done\"); }\n")
    execute(["rustc", "-g", "-o", str(place.path / "hooked"), str(rust)])
    command = [place.binary, "no-code", "exec", place.path / "hooked"]
    env = {"PATH": os.environ["PATH"], "CUSTODY_OPTIONS": f"log={place.log}:leaks=off:fail_on=error", "LD_PRELOAD": str(LIBRARY)}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    kinds = [finding["kind"] for finding in Log(place.log).findings()]
    return problems + complain(result.stdout == "done\n" and set(kinds) <= {"cross-allocator-free"}, result, f"unhooked {kinds}")


CASES = [
    nothing_in_its_way_all_is_told, with_little_memory_it_goes_on_and_that_is_said, a_limit_on_data_is_shared_fairly,
    memory_that_runs_out_is_said_once, memory_may_be_locked, no_descriptor_is_left, there_never_was_a_descriptor,
    a_cgroup_is_full, a_log_that_may_not_grow_is_said_once, a_full_disk_is_said_once, a_log_that_was_closed_is_opened_again,
    a_log_whose_directory_is_gone_is_written_to_its_end, a_pipe_is_a_log_while_somebody_reads_it,
    a_pipe_whose_reader_goes_ends_nobody, what_is_not_ours_is_no_log, another_root_has_no_proc_and_no_log,
    a_program_starts_without_proc, rights_that_were_given_up_do_not_matter_to_an_open_log, user_namespaces_change_nothing,
    forbidden_system_calls_are_not_made, filters_that_were_refused_do_not_count, code_that_may_not_be_made_executable_is_done_without,
]


def run_case(case, work):
    return [(f"hardships/{case.__name__}", case(Place(work)))]


def tasks(work, wanted):
    return [(run_case, case, work) for case in CASES if wanted in f"hardships/{case.__name__}"]

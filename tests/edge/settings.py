"""Custody set up wrongly, by hand and by `custody run`: a clear message that names what is wrong, the program untouched,
and never a silent nothing."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from harness.build import build_program, execute
from harness.command import ROOT, build_dir
from harness.execute import custody_command, start
from harness.header import Program, Run
from harness.logs import Log

BUILD = {"cc": "gcc", "opt": "0"}
BUG = Path(__file__).resolve().parent / "exec_chain.c"
LAST = "104"  # the argument with which exec_chain stays what it is


class Scene:
    """A directory with a program in it that releases a block twice, prints `done` and exits 0."""

    def __init__(self, work):
        self.place = Path(tempfile.mkdtemp(dir=work))
        self.binary = self.place / "exec_chain"
        self.log = self.place / "log.jsonl"
        build_program(Program(BUG), BUILD, work, self.binary)

    def preload(self, options, *arguments, cwd=None):
        """Runs the program with the library preloaded by hand."""
        run = Run("settings", [], env={"LD_PRELOAD": str(build_dir() / "libcustody_preload.so"),
                                       "CUSTODY_OPTIONS": options})
        return start([str(self.binary), *(arguments or [LAST])], run, cwd or self.place)

    def custody(self, *words):
        return start([build_dir() / "custody", *words], Run("settings", []), self.place)

    def kinds(self):
        """The kinds of what was found, leaks apart: the bug of the program, once for each time it ran."""
        return [finding["kind"] for finding in Log(self.log).findings() if finding["kind"] != "leak"]


def unless(condition, result, what):
    """A problem, with what the program said, when `condition` does not hold."""
    return [] if condition else [f"{what}: status {result.returncode}, stdout {result.stdout[-300:]!r}, "
                                 f"stderr {result.stderr[-800:]!r}"]


def preload_by_hand_works_the_same(scene):
    result = scene.preload(f"log={scene.log}:fail_on=error")
    return unless(result.stdout == "done\n" and "double-free" in scene.kinds(), result, "by hand") + Log(scene.log).problems


def without_a_log_findings_go_to_stderr(scene):
    result = scene.preload("")
    right = result.stdout == "done\n" and result.returncode == 0 and "double-free" in result.stderr
    return unless(right, result, "no log")


def unknown_setting_is_named(scene):
    result = scene.preload(f"log={scene.log}:colour=blue")
    return unless("colour" in result.stderr and result.stdout == "done\n" and scene.kinds(), result, "unknown setting")


def bad_value_is_named_and_the_default_stays(scene):
    problems = []
    for setting in ("stacks=many", "stacks=65", "stacks=-1", "stacks=", "strict=perhaps", "leaks=all"):
        scene.log.unlink(missing_ok=True)
        result = scene.preload(f"{setting}:log={scene.log}")
        name = setting.split("=", maxsplit=1)[0]
        problems += unless(name in result.stderr and result.stdout == "done\n" and scene.kinds(), result, setting)
    return problems


def a_relative_place_of_facts_is_named(scene):
    result = scene.preload(f"log={scene.log}:facts=here:prepare=nobody")
    return unless("facts=here" in result.stderr and result.stdout == "done\n" and scene.kinds(), result, "facts")


def prepared_facts_serve_a_preload_by_hand(scene):
    """A file of facts that is damaged is said: so it was read."""
    cache = scene.place / "cache"
    scene.custody("prepare", "--cache", str(cache), str(scene.binary))
    said = [scene.preload(f"log={scene.log}:facts={cache}").stderr]
    [prepared] = cache.iterdir()
    prepared.write_bytes(prepared.read_bytes()[:-8])
    said.append(scene.preload(f"log={scene.log}:facts={cache}").stderr)
    return [] if not said[0] and f"{prepared} is damaged" in said[1] else [f"facts by hand: {said}"]


def malformed_options_do_no_harm(scene):
    problems = []
    for options in (":::", "=", "log", "=x", "x" * 5000, "log=" + "y" * 5000, "\x01\xff=\x02", "stacks=1:stacks=2"):
        result = scene.preload(options)
        problems += unless(result.stdout == "done\n" and result.returncode == 0, result, f"options {options[:20]!r}")
    return problems


def unwritable_log_is_said_and_findings_go_to_stderr(scene):
    problems = []
    for path in ("/no/such/directory/log", "/proc/self/exe", str(scene.place)):
        result = scene.preload(f"log={path}")
        right = "log" in result.stderr and path in result.stderr and "double-free" in result.stderr
        problems += unless(right and result.stdout == "done\n", result, f"log {path}")
    return problems


def symbolic_link_as_log_is_refused(scene):
    victim = scene.place / "victim"
    victim.write_text("precious\n")
    scene.log.symlink_to(victim)
    result = scene.preload(f"log={scene.log}")
    return unless(victim.read_text() == "precious\n" and result.stdout == "done\n", result, "symbolic link")


def log_is_private(scene):
    scene.preload(f"log={scene.log}")
    mode = stat.S_IMODE(scene.log.stat().st_mode)
    return [] if mode == 0o600 else [f"the log has mode {mode:o}"]


def relative_log_stays_where_the_program_began(scene):
    scene.preload("log=log.jsonl", "101")
    kinds = scene.kinds()
    return [] if kinds == ["double-free"] * 4 else [f"relative log: {kinds}"]


def full_disk_harms_nobody(scene):
    result = scene.preload("log=/dev/full")
    return unless(result.stdout == "done\n" and result.returncode == 0, result, "full disk")


def too_little_address_space_is_said(scene):
    """Either the process is audited, or Custody says why not; the program works in both cases."""
    source = scene.place / "plain.c"
    source.write_text("#include <malloc.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
                      'int main(void) { puts(malloc_usable_size(malloc(99)) < 99 ? "no room" : "done"); return 0; }\n')
    subprocess.run(["gcc", "-o", scene.place / "plain", source], check=True, capture_output=True)
    problems = []
    for kib in (25000, 50000, 100000, 200000, 300000):
        scene.log.unlink(missing_ok=True)
        run = Run("settings", [], limit=kib * 1024)
        run.env = {"LD_PRELOAD": str(build_dir() / "libcustody_preload.so"), "CUSTODY_OPTIONS": f"log={scene.log}"}
        result = start([scene.place / "plain"], run, scene.place)
        told = "address space" in result.stderr or Log(scene.log).events("start")
        right = result.stdout == "done\n" and result.returncode == 0 and told
        problems += unless(right, result, f"{kib} KiB of address space")
    return problems


def options_are_not_taken_from_who_has_fewer_rights(scene):
    """A setuid program, which only the runtime linked into it reaches: nobody else may choose where it writes."""
    source, binary = scene.place / "linked.c", scene.place / "linked"
    source.write_text("#include <custody/custody.h>\n"
                      'int main(void) { custody_side side; return custody_side_register("a", CUSTODY_LANG_C, &side); }\n')
    subprocess.run(["gcc", f"-I{ROOT / 'include'}", "-o", binary, source, build_dir() / "libcustody.a"], check=True,
                   capture_output=True)
    problems = []
    for mode, told in ((0o755, True), (0o4755, False)) if os.geteuid() == 0 else ():
        with tempfile.TemporaryDirectory() as name:
            place, log = Path(name), Path(name) / "log.jsonl"
            place.chmod(0o777)
            shutil.copy(binary, place / "linked")
            (place / "linked").chmod(mode)
            result = subprocess.run([place / "linked"], env={"CUSTODY_OPTIONS": f"log={log}"}, user=65534, cwd="/",
                                    capture_output=True, text=True, check=False)
            problems += unless(result.returncode == 0 and log.exists() == told, result, f"mode {mode:o}")
    return problems


def who_has_more_rights_is_left_alone(scene):
    """The library in a setuid program, as a preload for the whole system brings it there (/etc/ld.so.preload)."""
    source = scene.place / "held.c"
    source.write_text("#include <stdio.h>\n#include <stdlib.h>\n"
                      "int main(void) { void *volatile block = malloc(77); block = NULL; puts(\"done\"); return 0; }\n")
    problems = []
    for mode, told in ((0o755, True), (0o4755, False)) if os.geteuid() == 0 else ():
        with tempfile.TemporaryDirectory() as name:
            place, log = Path(name), Path(name) / "log.jsonl"
            place.chmod(0o777)
            library = shutil.copy(build_dir() / "libcustody_preload.so", place)
            subprocess.run(["gcc", "-o", place / "held", source, library, f"-Wl,-rpath,{place}"], check=True, capture_output=True)
            (place / "held").chmod(mode)
            result = subprocess.run([place / "held"], env={"CUSTODY_OPTIONS": f"log={log}:fail_on=error"}, user=65534, cwd="/",
                                    capture_output=True, text=True, check=False)
            right = result.stdout == "done\n" and not result.stderr and result.returncode == (99 if told else 0)
            problems += unless(right and log.exists() == told, result, f"mode {mode:o}")
    return problems


def run_leaves_the_status_alone(scene):
    problems = []
    for words, status in ((["--fail-on", "never"], 0), ([], 99), (["--exit-code", "42"], 42), (["--fail-on", "note"], 99)):
        result = scene.custody("run", "--quiet", "--log", scene.log, *words, "--", scene.binary, LAST)
        problems += unless(result.returncode == status and result.stdout == "done\n", result, f"run {words}")
    return problems


def run_says_what_it_cannot_run(scene):
    text, script = scene.place / "text", scene.place / "script"
    text.write_text("not a program\n")
    script.write_text("#!/bin/sh\necho done\n")
    script.chmod(0o755)
    problems = []
    for command, status in ((["/no/such/program"], 127), ([text], 126), ([script], 0)):
        result = scene.custody("run", "--quiet", "--log", scene.log, "--", *command)
        problems += unless(result.returncode == status and (status == 0 or result.stderr), result, f"run {command}")
    return problems


def run_refuses_what_it_cannot_watch(scene):
    source = scene.place / "plain.c"
    source.write_text('int main(void) { return 0; }\n')
    problems = []
    for name, flags in (("static", ["-static"]), ("sanitized", ["-fsanitize=address"])):
        binary = scene.place / name
        subprocess.run(["gcc", *flags, "-o", binary, source], check=True, capture_output=True)
        result = scene.custody("run", "--log", scene.log, "--", binary)
        problems += unless(result.returncode == 125 and result.stderr, result, f"run {name}")
    return problems


def settings_of_run_are_checked(scene):
    problems = []
    for words in (["--stacks", "65"], ["--exit-code", "300"], ["--fail-on", "sometimes"], ["--leaks", "some"],
                  ["--log", "/no/such/directory/log"], ["--policy", "/no/such/policy"], ["--unknown"]):
        result = scene.custody("run", *words, "--", scene.binary, LAST)
        problems += unless(result.returncode == 125 and result.stderr, result, f"run {words}")
    return problems


def children_of_a_shell_are_found(scene):
    run = Run("settings", [])
    command = ["/bin/sh", "-c", f"{scene.binary} {LAST}; echo $?"]
    result = start(custody_command(scene.log, run, command), run, scene.place)
    right = result.stdout == "done\n0\n" and result.returncode == 99 and scene.kinds() == ["double-free"]
    return unless(right, result, "child of a shell") + Log(scene.log).problems


LINKED_ALONE = """
#[link(name = "custody")]
extern "C" { fn custody_version() -> *const u8; }
fn main() { println!("{}", !unsafe { custody_version() }.is_null()); }
"""


def linked_alone_blames_no_rust(scene):
    """Without the shims no Rust is hooked: not because of how the program was built."""
    source, binary = scene.place / "alone.rs", scene.place / "alone"
    source.write_text(LINKED_ALONE)
    rpath = f"link-arg=-Wl,-rpath,{build_dir()}"
    execute(["rustc", "-L", str(build_dir()), "-C", rpath, "-o", str(binary), str(source)])
    result = start([str(binary)], Run("settings", []), scene.place)
    return unless(result.stdout == "true\n" and not result.stderr, result, "linked alone")


APART = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    void *apart = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW), *again = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    char *(*make)(const char *) = NULL;
    *(void **)&make = dlsym(apart, "strdup");
    free(make("apart"));
    puts(apart && again ? "done" : dlerror());
    return 0;
}
"""


def another_link_namespace_is_said_once(scene):
    """What it allocates is not seen: a person is told so when it is made, and where a block comes from there."""
    scene.binary = scene.place / "apart"
    (scene.place / "apart.c").write_text(APART)
    subprocess.run(["gcc", "-o", scene.binary, scene.place / "apart.c"], check=True, capture_output=True)
    result = scene.preload(f"log={scene.log}")
    [finding] = [finding for finding in Log(scene.log).findings() if finding["kind"] != "leak"]
    right = result.stdout == "done\n" and result.stderr.count("what another link namespace allocates is not audited") == 1
    hinted = finding["kind"] == "foreign-free" and "another link namespace (dlmopen)" in finding["expect"]
    return unless(right and hinted, result, f"link namespaces, {finding['expect']}")


CASES = [
    preload_by_hand_works_the_same, without_a_log_findings_go_to_stderr, unknown_setting_is_named,
    bad_value_is_named_and_the_default_stays, malformed_options_do_no_harm, a_relative_place_of_facts_is_named,
    prepared_facts_serve_a_preload_by_hand,
    unwritable_log_is_said_and_findings_go_to_stderr, symbolic_link_as_log_is_refused, log_is_private,
    relative_log_stays_where_the_program_began, full_disk_harms_nobody, too_little_address_space_is_said,
    options_are_not_taken_from_who_has_fewer_rights,
    who_has_more_rights_is_left_alone,
    run_leaves_the_status_alone, run_says_what_it_cannot_run, run_refuses_what_it_cannot_watch,
    settings_of_run_are_checked, children_of_a_shell_are_found, linked_alone_blames_no_rust,
    another_link_namespace_is_said_once,
]


def run_case(case, work):
    return [(f"settings/{case.__name__}", case(Scene(work)))]


def tasks(work, wanted):
    return [(run_case, case, work) for case in CASES if wanted in f"settings/{case.__name__}"]

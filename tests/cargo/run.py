#!/usr/bin/python3
"""`cargo custody` as its users meet it, over the crates beside this file: what is found is told with its test, what has to
panic is left out, statuses, runners, doc tests, children, workspaces.

Usage: run.py [NAME...]   only the cases whose names have one of these in them
CUSTODY_BUILD names the build directory (default: build), in whose tests/cargo everything is built and logged. Ends with
"N passed, N failed", and status 1 when any failed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = Path(os.environ.get("CUSTODY_BUILD", ROOT / "build")).resolve()
PLACE = BUILD / "tests" / "cargo"
LOG = PLACE / "target" / "custody" / "audit.jsonl"
TOOL = BUILD / "cargo-custody"
CUSTODY = BUILD / "custody"
TIMEOUT = 600
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/audit-log.schema.json").read_text()))
CASES = []

CROSS, LEAK = "cross-allocator-free", "leak"
# What the unit tests of the package `custody-parts` have to find: test, kind, whether it is left out.
UNIT_FINDINGS = {
    ("tests::loses", LEAK, False),
    ("tests::hands_over_in_a_thread", CROSS, False),
    (None, CROSS, False),  # both twins
    ("tests::gives_to_c", CROSS, False),
    ("tests::gives_to_c_as_well", CROSS, False),
    ("tests::panics", LEAK, True),
    ("tests::panics_and_gives", CROSS, False),
}


def case(function):
    CASES.append(function)
    return function


def rust_version():
    """(1, 95) of `rustc 1.95.0 (...)`"""
    words = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(int(n) for n in re.match(r"rustc (\d+)\.(\d+)", words).groups())


def environment(changes):
    """That of the suite, without what would change cargo's ways, and with cargo-custody on PATH."""
    kept = {name: value for name, value in os.environ.items()
            if not re.fullmatch(r"CARGO(_(BUILD|TARGET|ENCODED|PROFILE).*)?|CUSTODY.*|RUSTFLAGS|RUSTC.*|NO_COLOR", name)}
    settings = {
        "PATH": f"{BUILD}:{os.environ['PATH']}",
        "CARGO_TARGET_DIR": str(PLACE / "target"),
        "XDG_CACHE_HOME": str(PLACE / "cache"),  # prepared facts: not the user's
        "RUST_BACKTRACE": "0",
    }
    return {**kept, **settings, **changes}


def call(words, project="project", **changes):
    """`cargo custody` with these words: what it printed and its status."""
    return subprocess.run(["cargo", "custody", *words], cwd=PLACE / project, env=environment(changes), check=False,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT)


def summary(words, project="project", status=0, **changes):
    """The JSON that a call ends with. Its status has to be this one, and its log has to be as the schema says."""
    done = call(["--format", "json", *words], project, **changes)
    assert done.returncode == status, f"status {done.returncode}, not {status}:\n{done.stdout}{done.stderr}"
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["status"] == status
    for number, line in enumerate(Path(answer["log"]).read_text().splitlines(), 1):
        for fault in SCHEMA.iter_errors(json.loads(line)):
            raise AssertionError(f"line {number} of the log: {fault.message}")
    return answer


def findings(answer):
    return [finding for program in answer["programs"] for finding in program["findings"]]


def told(answer):
    """(test, kind, left out) of each finding."""
    return {(finding["test"], finding["kind"], finding["left_out"]) for finding in findings(answer)}


def same(found, wanted):
    assert found == wanted, f"\nfound  {found}\nwanted {wanted}"


@case
def findings_are_told_with_their_tests():
    answer = summary(["test", "-p", "custody-parts", "--lib"], status=99)
    same(told(answer), UNIT_FINDINGS)
    by = {finding["test"]: finding["by"] for finding in findings(answer)}
    same((by["tests::loses"], by["tests::hands_over_in_a_thread"]), ("stack", "thread"))
    same(answer["totals"]["left_out"], 1)
    same((answer["totals"]["programs"], answer["totals"]["tests"]), (1, 10))


@case
def the_joined_log_is_one_that_custody_reads():
    summary(["test", "-p", "custody-parts", "--test", "clean", "--lib"], status=99)
    check = subprocess.run([CUSTODY, "check", LOG], check=False, capture_output=True, text=True)
    same((check.returncode, check.stdout.splitlines()[-1]), (1, "7 found"))
    report = subprocess.run([CUSTODY, "report", LOG], check=True, capture_output=True, text=True).stdout
    assert "in the test tests::loses\n" in report, report
    answer = subprocess.run([CUSTODY, "report", "--format", "json", LOG], check=True, capture_output=True, text=True).stdout
    named = {(f.get("test"), f["kind"]) for f in json.loads(answer)["findings"] if f["severity"] == "error"}
    same(named, {(test, kind) for test, kind, left_out in UNIT_FINDINGS if not left_out})


@case
def tests_in_the_main_thread_are_told_by_their_stacks():
    words = ["--skip", "thread", "--skip", "twin", "--test-threads=1"]
    answer = summary(["test", "-p", "custody-parts", "--lib", "--", *words], status=99)
    same(told(answer), {(test, *rest) for test, *rest in UNIT_FINDINGS if test and "thread" not in test})


@case
def tests_of_optimised_builds_are_told():
    debug = 'profile.release.debug="line-tables-only"'
    answer = summary(["test", "--release", "--config", debug, "-p", "custody-parts", "--lib"], status=99)
    lost = {("tests::loses", LEAK, False), (None, LEAK, False)}  # older compilers say nothing of this function
    same(told(answer) - lost, UNIT_FINDINGS - lost)


@case
def without_debug_information_no_test_is_named_wrongly():
    answer = summary(["test", "--release", "-p", "custody-parts", "--lib"], status=99)
    assert len(findings(answer)) >= 6, findings(answer)
    wanted = {(test, kind) for test, kind, _ in UNIT_FINDINGS} | {("tests::twin_of_the_first", CROSS)}
    for finding in findings(answer):
        names = [finding["test"]] if finding["test"] else finding["one_of"]
        right = {(name, finding["kind"]) for name in names} & wanted
        assert right or not names, finding


@case
def what_a_cut_name_leaves_open_is_said():
    answer = summary(["test", "-p", "custody-parts", "--lib", "twin"], status=99)
    twins = ["tests::twin_of_the_first", "tests::twin_of_the_second"]
    same([(finding["test"], finding["one_of"]) for finding in findings(answer)], [(None, twins), (None, twins)])
    text = call(["test", "-p", "custody-parts", "--lib", "twin"]).stderr
    assert f"  one of the tests {twins[0]}, {twins[1]}\n    error: {CROSS}" in text, text
    report = subprocess.run([CUSTODY, "report", LOG], check=True, capture_output=True, text=True).stdout
    assert f"  in one of the tests {twins[0]}, {twins[1]}\n" in report, report
    answer = summary(["test", "-p", "custody-parts", "--lib", "twin_of_the_first"], status=99)
    same([(finding["test"], finding["by"]) for finding in findings(answer)], [(twins[0], "thread")])


@case
def tests_with_nothing_to_find_pass():
    answer = summary(["test", "-p", "custody-parts", "--test", "clean"])
    same((answer["totals"]["tests"], answer["totals"]["errors"], findings(answer)), (1, 0, []))


@case
def leaks_of_tests_that_have_to_panic_do_not_fail():
    answer = summary(["test", "-p", "custody-parts", "--lib", "--", "--exact", "tests::panics"])
    same(told(answer), {("tests::panics", LEAK, True)})


@case
def ignored_tests_run_when_asked_for():
    answer = summary(["test", "-p", "custody-parts", "--lib", "--", "--ignored"], status=99)
    same(told(answer), {("tests::ignored", LEAK, False)})


@case
def a_failing_test_leaves_cargos_status():
    answer = summary(["test", "-p", "custody-parts", "--test", "failing"], status=101)
    same((answer["cargo"], {finding["kind"] for finding in findings(answer)} >= {CROSS}), (101, True))


@case
def severities_and_statuses_are_as_asked_for():
    words = ["test", "-p", "custody-parts", "--lib", "loses"]
    summary([*words, "--fail-on", "never"])
    summary(["--exit-code", "7", *words], status=7)
    summary([*words, "--exit-code=0"])
    summary(["--leaks", "off", *words])


@case
def what_a_baseline_knows_passes():
    words = ["test", "-p", "custody-parts", "--lib"]
    baseline = PLACE / "baseline.jsonl"
    summary([*words, "--log", str(baseline)], status=99)
    answer = summary([*words, "--baseline", str(baseline)])
    same(answer["totals"]["known"], 7)
    done = call([*words, "--baseline", str(LOG)])
    same((done.returncode, "cannot be a baseline and the log of this run" in done.stderr), (125, True))
    answer = summary(["test", "-p", "custody-parts", "--baseline", str(baseline), "--test", "own_harness"], status=99)
    same((answer["totals"]["known"], answer["totals"]["errors"]), (0, 1))


@case
def what_is_suppressed_passes():
    file = PLACE / "suppressions"
    file.write_text(f"{CROSS}\n")
    answer = summary(["test", "-p", "custody-parts", "--lib", "--suppressions", str(file), "gives_to_c"])
    same((answer["totals"]["known"], answer["totals"]["errors"]), (2, 2))


@case
def a_workspace_has_many_programs():
    answer = summary(["test", "--workspace", "--lib", "--bins", "--test", "clean", "--test", "calls"], status=99)
    titles = [(program["package"], program["tests"]) for program in answer["programs"]]
    same(sorted(titles), [("custody-parts", 1), ("custody-parts", 10), ("custody-tool", 0), ("custody-tool", 2)])


@case
def children_of_tests_are_audited():
    answer = summary(["test", "-p", "custody-tool", "--test", "calls"], status=99)
    [finding] = findings(answer)
    same((finding["kind"], finding["test"], Path(finding["child"]).name), (LEAK, None, "custody-tool"))
    answer = summary(["test", "-p", "custody-tool", "--test", "calls", "a_child_loses"], status=99)
    [finding] = findings(answer)
    same((finding["test"], finding["by"]), ("a_child_loses", "only"))


@case
def a_test_without_rusts_harness_runs_once():
    runs = PLACE / "runs"
    runs.unlink(missing_ok=True)
    answer = summary(["test", "-p", "custody-parts", "--test", "own_harness", "--", "--word"], status=99,
                     OWN_HARNESS_RUNS=str(runs))
    same(runs.read_text(), "--word\n")
    same(told(answer), {(None, LEAK, False)})


@case
def doc_tests_are_audited_where_cargo_runs_them_so():
    answer = summary(["test", "-p", "custody-parts", "--doc"], status=99 if rust_version() >= (1, 89) else 0)
    source = (HERE / "project/parts/src/lib.rs").read_text().splitlines()
    line = {size: next(n for n, text in enumerate(source) if f"lose({size})" in text) for size in (301, 302)}
    wanted = {(f"parts/src/lib.rs (line {line[301]})", LEAK, False), (f"parts/src/lib.rs (line {line[302]})", LEAK, True)}
    same(told(answer), wanted if rust_version() >= (1, 89) else set())


@case
def doc_tests_in_one_program_are_told_apart():
    if rust_version() < (1, 89):
        return
    answer = summary(["test", "--doc"], "merged", status=99)
    source = (HERE / "merged/src/lib.rs").read_text().splitlines()
    line = {size: next(n for n, text in enumerate(source) if f"lose({size})" in text) for size in (501, 502)}
    same(told(answer), {(f"src/lib.rs - lose (line {line[501]})", LEAK, False),
                        (f"src/lib.rs - lose (line {line[502]})", LEAK, True)})


def write_runner(name):
    """A runner that notes what it is called with."""
    notes, script = PLACE / f"{name}.calls", PLACE / f"{name} runner.sh"
    notes.unlink(missing_ok=True)
    script.write_text(f'#!/bin/sh\necho "$*" >>"{notes}"\nshift\nexec "$@"\n')
    script.chmod(0o755)
    return notes, script


def host():
    words = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return re.search("^host: (.*)$", words, re.MULTILINE)[1]


CLEAN = ["test", "-p", "custody-parts", "--test", "clean"]


def expect_runner(name, words, **changes):
    """The runner was used, for the list and for the audited run, with its own argument first; and there was an audit."""
    notes = PLACE / f"{name}.calls"
    answer = summary([*words, *CLEAN], **changes)
    lines = notes.read_text().splitlines()
    assert any(" run --quiet" in line for line in lines) and all(line.startswith(name) for line in lines), lines
    same((answer["totals"]["runs"], answer["totals"]["tests"]), (1, 1))


@case
def a_configured_runner_stays():
    config = PLACE / "project/.cargo/config.toml"
    config.parent.mkdir(exist_ok=True)
    _, script = write_runner("file")
    config.write_text(f"[target.'cfg(target_os = \"linux\")']\nrunner = ['../{script.name}', 'file']\n")
    try:
        expect_runner("file", [])
        _, script = write_runner("option")
        expect_runner("option", ["--config", f"target.{host()}.runner=['{script}', 'option']"])
        _, script = write_runner("variable")
        (PLACE / "variable.sh").write_text(script.read_text())
        (PLACE / "variable.sh").chmod(0o755)
        name = f"CARGO_TARGET_{host().upper().replace('-', '_')}_RUNNER"
        expect_runner("variable", [], **{name: f"{PLACE}/variable.sh variable"})
    finally:
        config.unlink()


@case
def a_target_that_is_named_has_the_runner_too():
    answer = summary([*CLEAN, "--target", host()])
    same(answer["totals"]["runs"], 1)
    answer = summary(CLEAN, CARGO_BUILD_TARGET=host())
    same(answer["totals"]["runs"], 1)


@case
def nothing_is_run_with_no_run():
    done = call([*CLEAN, "--no-run"])
    same((done.returncode, "Audited nothing: cargo ran no program" in done.stderr), (0, True))


@case
def the_log_of_an_earlier_run_is_not_taken_for_that_of_one_that_ran_nothing():
    for words, status in [([*CLEAN, "--no-run"], 0), (["test", "-p", "custody-parts", "--test", "no-such-test"], 101)]:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        LOG.write_text("of an earlier run\n")
        same((call(words).returncode, LOG.read_text()), (status, ""))


@case
def what_does_not_compile_leaves_cargos_status():
    done = call(["test", "-p", "no-such-package"])
    same(done.returncode, 101)


@case
def a_program_is_run_with_its_arguments_and_status():
    done = call(["run", "-q", "-p", "custody-tool", "--", "0", "3"])
    same((done.returncode, done.stdout), (3, "[0, 3]\n"))
    done = call(["run", "-q", "-p", "custody-tool", "402"])
    same((done.returncode, done.stdout), (99, "[402]\n"))
    assert "error: leak: 1 block, 402 bytes of custody-tool" in done.stderr, done.stderr
    done = call(["-p", "custody-tool", "run", "-q"])
    same((done.returncode, "0 errors, 0 warnings" in done.stderr), (0, True))


@case
def the_text_names_tests_and_the_log():
    done = call(["test", "-p", "custody-parts", "--lib"])
    for words in ["(custody-parts): 10 tests, 7 errors, 0 warnings\n", "  test tests::gives_to_c\n    error: " + CROSS,
                  "(left out: the test has to panic)\n", f"Log {LOG}; `custody report {LOG}` shows it\n",
                  "1 program, 10 tests: 7 errors, 0 warnings; left out: 1 leak of tests that have to panic\n"]:
        assert words in done.stderr, f"{words!r} is not in\n{done.stderr}"
    assert "\x1b" not in done.stderr
    assert "\x1b[1;31merror" in call(["test", "-p", "custody-parts", "--lib", "--color", "always"]).stderr


# Stands in for a cargo that runs the tests of a program in processes of their own, many at once.
PARALLEL = r"""#!/usr/bin/python3
import json, os, subprocess, sys
words = sys.argv[1:]
if words[0] != "test":
    os.execvp(os.environ["REAL_CARGO"], ["cargo", *words])
runner = json.loads(next(word for word in words if ".runner=" in word).split(".runner=", 1)[1])
tests = subprocess.run([*runner, os.environ["PROGRAM"], "--list", "--format", "terse"], check=True, capture_output=True,
                       text=True).stdout.split(": test\n")[:-1]
runs = [subprocess.Popen([*runner, os.environ["PROGRAM"], "--exact", test, "--nocapture"]) for test in tests]
sys.exit(max(run.wait() for run in runs))
"""


@case
def tests_may_run_in_processes_of_their_own_at_once():
    build = subprocess.run(["cargo", "test", "-q", "--no-run", "-p", "custody-parts", "--lib", "--message-format", "json"],
                           cwd=PLACE / "project", env=environment({}), check=True, capture_output=True, text=True).stdout
    program = next(m["executable"] for m in map(json.loads, build.splitlines()) if m.get("executable"))
    fake = PLACE / "parallel-cargo"
    fake.write_text(PARALLEL)
    fake.chmod(0o755)
    done = subprocess.run([TOOL, "test", "--format", "json"], cwd=PLACE / "project", check=False, capture_output=True,
                          text=True, timeout=TIMEOUT,
                          env=environment({"CARGO": str(fake), "REAL_CARGO": shutil.which("cargo"), "PROGRAM": program}))
    answer = json.loads(done.stdout.splitlines()[-1])
    same((done.returncode, answer["totals"]["programs"], answer["totals"]["runs"]), (99, 1, 10))
    alone = {("tests::twin_of_the_first", CROSS, False), ("tests::twin_of_the_second", CROSS, False)}
    same(told(answer) | {(None, CROSS, False)}, UNIT_FINDINGS | alone)


@case
def what_is_missing_is_named():
    alone = PLACE / "alone"
    alone.mkdir(exist_ok=True)
    shutil.copy2(TOOL, alone)
    path = ":".join(place for place in os.environ["PATH"].split(":") if not (Path(place) / "custody").exists())
    done = call(CLEAN, PATH=f"{alone}:{path}")
    same((done.returncode, done.stderr), (125, f"cargo-custody: the command custody is missing: {alone}/custody is not "
                                          "there, and PATH has none; install Custody, or name it by --custody or CUSTODY\n"))
    same(call(CLEAN, PATH=f"{alone}:{path}", CUSTODY=str(CUSTODY)).returncode, 0)
    same(call([*CLEAN, "--custody", str(CUSTODY)], PATH=f"{alone}:{path}").returncode, 0)
    same(call([*CLEAN, "--custody", "/bin/true"]).returncode, 125)
    done = call([*CLEAN, "--policy", "nowhere"])
    same((done.returncode, done.stderr.startswith(f"cargo-custody: {PLACE}/project/nowhere: ")), (125, True))
    same(call(["build"]).returncode, 125)


@case
def help_and_version_are_told():
    same((call(["--version"]).stdout, call(["--help"]).stdout.splitlines()[2][:27]),
         (f"cargo-custody {VERSION}\n", "Usage: cargo custody [OPTIO"))


VERSION = re.search("^VERSION := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]


@case
def nothing_of_a_session_stays():
    left = [entry.name for entry in LOG.parent.iterdir() if entry.name != LOG.name]
    same(left, [])


def prepare():
    """The crates, where they can be built in."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ["project", "merged"]:
        shutil.rmtree(PLACE / name, ignore_errors=True)
        shutil.copytree(HERE / name, PLACE / name)


def main():
    prepare()
    failed = 0
    cases = [function for function in CASES if not sys.argv[1:] or any(word in function.__name__ for word in sys.argv[1:])]
    for function in cases:
        try:
            function()
        except (AssertionError, OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
            failed += 1
            print(f"FAIL {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs a built program under `custody run`, or by itself when it is linked with Custody, and judges what came of it: the log, the output, the exit status."""

import os
import re
import resource
import subprocess
from dataclasses import replace
from pathlib import Path

from harness.axes import shared_std
from harness.command import build_dir
from harness.header import is_among
from harness.logs import Log, judge

TIMEOUT_S = 120
EXIT_FINDINGS = 99
ALONE = ("shared", "static")  # of the axis `custody`: linked with it, and nothing preloaded


def names_of(program, build):
    """What `$name` means in the expectations of `program`: file names of modules."""
    names = {"$prog": program.name}
    if build.get("std") == "shared":
        names["$std"] = shared_std()
    for lib in program.libs:
        names[f"${lib}"] = f"lib{lib}.so" if build.get("link") == "shared" else program.name
    for crate in program.crates:
        names[f"${crate}"] = f"lib{crate}.so" if build["crate"] == "dylib" else program.name
    names.update({f"${plugin}": f"lib{plugin}.so" for plugin in program.plugins})
    return names


def lang_is_open(value, program, build):
    """The language of a `malloc` block of a library is not told apart once the library is inside the program."""
    return build.get("link") == "static" and value.endswith("/malloc") and bool(program.libs)


def expand_value(value, program, build):
    names = names_of(program, build)
    parts = [names.get(part, part) for part in value.split("/")]
    if len(parts) == 3 and lang_is_open(value, program, build):
        parts[1] = "*"
    return "/".join(parts)


def expand(expectation, program, build):
    facts = {n: [expand_value(v, program, build) for v in values] for n, values in expectation.facts.items()}
    return replace(expectation, facts=facts)


def tolerated(run, build):
    """Severities of findings that need no expectation."""
    return ("note", "warning") if any(is_among(build, only) for only in run.allows) else ("note",)


def judge_modules(log, run, program, build):
    """What is wrong with the lines of the modules that the run names."""
    problems = []
    for only, name, facts in run.modules:
        path = expand_value(name, program, build)
        lines = [event for event in log.events("module") if Path(event["path"]).name == path]
        right = any(all(str(line.get(fact)) in values for fact, values in facts.items()) for line in lines)
        if is_among(build, only) and not right:
            problems.append(f"module {path}: not {facts}: {lines}")
    return problems


def applicable(expectations, program, build):
    return [expand(e, program, build) for e in expectations if e.applies_to(build)]


def set_limit(limit):
    """Runs in the child before exec: `ulimit -v` when asked for, and no core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def start(command, run, place, options=()):
    """Runs `command` in the directory `place`; its completed process, with output as text."""
    env = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "CUSTODY_OPTIONS", "CUSTODY_BUILD")}
    env.update(run.env)
    if options:
        env["CUSTODY_OPTIONS"] = ":".join(options)
    # Our ends of the pipes are the only descriptors of ours that the program gets to see.
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, errors="replace", check=False,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, preexec_fn=lambda: set_limit(run.limit))


def exit_as_shell(returncode):
    """A status as `custody run` passes it on: 128+N for a signal."""
    return returncode if returncode >= 0 else 128 - returncode


def custody_command(log_path, run, command, extra=()):
    return [build_dir() / "custody", "run", "--quiet", "--leaks", "full", "--log", log_path, *extra, *run.cli, "--",
            *command]


def write_policy(program, build, run, place):
    """The file of the run's policy; None when it has none."""
    if not run.policy:
        return None
    names = names_of(program, build)
    lines = [re.sub(r"\$\w+", lambda match: names.get(match.group(0), match.group(0)), rule) for rule in run.policy]
    (place / "rules.policy").write_text("".join(f"{line}\n" for line in lines))
    return place / "rules.policy"


def applies(only, build):
    return all(build.get(axis) in values for axis, values in only.items())


def judge_policy(log, run, build):
    """Which rules were of use, over all processes of the log, has to be as the run says."""
    counts = {}
    for policy in [event["policy"] for event in log.events("exit") if "policy" in event]:
        for rule in policy["rules"]:
            counts[rule["line"]] = counts.get(rule["line"], 0) + rule["count"]
    unused = sorted(line for line, count in counts.items() if count == 0)
    expected = sorted(line for line, only in run.unused if applies(only, build))
    if bool(counts) != bool(run.policy) or unused != expected:
        return [f"unused lines of the policy: {unused}, expected {expected}; counted {counts}"]
    return []


def start_preloaded(command, run, place, policy, tolerant):
    """The program under `custody run`; its completed process."""
    extra = [*(["--policy", policy] if policy else []), *(["--fail-on", "never"] if tolerant else [])]
    return start(custody_command(place / "log.jsonl", run, command, extra), run, place, run.options)


def start_alone(command, run, place, policy, tolerant):
    """The program by itself, with the settings that `custody run` would give it; its completed process."""
    if run.cli:
        raise ValueError(f"@cli {' '.join(run.cli)}: nothing is run by the tool here, take @options")
    settings = [f"log={place / 'log.jsonl'}", "leaks=full", f"fail_on={'never' if tolerant else 'error'}"]
    return start(command, run, place, settings + ([f"policy={policy}"] if policy else []) + run.options)


def run_once(program, build, run, binary, place, tolerant):
    """One execution under Custody. With `tolerant` the findings do not decide the status. Returns the problems."""
    place.mkdir(parents=True, exist_ok=True)
    policy = write_policy(program, build, run, place)
    command = [str(binary), *run.args]
    alone = build.get("custody") in ALONE
    result = (start_alone if alone else start_preloaded)(command, run, place, policy, tolerant)
    log = Log(place / "log.jsonl")
    problems = list(log.problems)
    if not log.events("start"):
        problems.append("the log has no start event")
    problems += judge(log, applicable(run.expects, program, build), applicable(run.forbids, program, build),
                      tolerated(run, build))
    problems += judge_policy(log, run, build)
    problems += judge_modules(log, run, program, build)
    errors = any(finding["severity"] == "error" for finding in log.findings())
    wanted = EXIT_FINDINGS if errors and not tolerant else run.exit
    if result.returncode != wanted:
        problems.append(f"exit status {result.returncode}, expected {wanted}")
    problems += judge_output(run, command, result, place)
    if problems:
        problems.append(f"stderr: {result.stderr[-1500:]}")
    return problems


def judge_output(run, command, result, place):
    """The program's own output: as without Custody where the run compares, else the one word a scenario prints."""
    if not run.compare:
        return [] if result.stdout == "done\n" else [f"stdout is {result.stdout!r}, not 'done'"]
    plain = start(command, run, place)
    problems = []
    if plain.stdout != result.stdout:
        problems.append(f"stdout differs:\n--- plain\n{plain.stdout[-1500:]}\n--- custody\n{result.stdout[-1500:]}")
    if exit_as_shell(plain.returncode) != run.exit:
        problems.append(f"without Custody it exits {plain.returncode}, expected {run.exit}")
    return problems

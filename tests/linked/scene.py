"""What the suites of programs that are linked with Custody have in common: places, builds, runs."""

import os
import subprocess
import tempfile
from pathlib import Path

from harness.command import ROOT, build_dir, execute
from harness.logs import Log

HERE = Path(__file__).resolve().parent
SHARED = ["-L", str(build_dir()), "-lcustody", f"-Wl,-rpath,{build_dir()}"]
ARCHIVE = [str(build_dir() / "libcustody.a")]
PRELOAD = str(build_dir() / "libcustody_preload.so")
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]


class Result:
    """What a program printed, how it ended, and its log."""

    def __init__(self, process, log):
        self.stdout, self.stderr, self.status, self.log = process.stdout, process.stderr, process.returncode, log

    def __str__(self):
        lines = [f"{line['event']} {line.get('kind', '')}" for line in self.log.lines if line["event"] != "module"]
        return f"status {self.status}, stdout {self.stdout[-900:]!r}, stderr {self.stderr[-900:]!r}, log {lines}"


class Scene:
    """A directory of its own."""

    def __init__(self, work):
        self.place = Path(tempfile.mkdtemp(dir=work))

    def build(self, output, sources, *flags, compiler="gcc", custody=()):
        """Compiles programs of this directory with Custody linked as `custody` says."""
        path = self.place / output
        execute([compiler, *WARNINGS, "-g", "-O1", f"-I{ROOT / 'include'}", *flags, "-o", str(path),
                 *(str(HERE / source) for source in sources), *custody, "-ldl", "-pthread"])
        return path

    def plugin(self, name, *flags, custody=()):
        return self.build(name, ["plugin.c"], "-shared", "-fPIC", *flags, custody=custody)

    def run(self, program, *arguments, preload=False, options="", **environment):
        """Runs a program with a log of its own."""
        log = self.place / "log.jsonl"
        log.unlink(missing_ok=True)
        env = {**os.environ, **environment, "CUSTODY_OPTIONS": f"log={log}{options}"}
        env.pop("LD_PRELOAD", None)
        if preload:
            env["LD_PRELOAD"] = PRELOAD
        process = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, env=env,
                                 cwd=self.place, timeout=120, check=False)
        return Result(process, Log(log))


def unless(condition, what, result):
    return [] if condition else [f"{what}: {result}"]

"""R: a script with matrices, models, packages, forked workers, and scripts of its own suite."""

import re
from pathlib import Path

import debian
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [
    *SMALL_TOOLS,
    {"kind": "leak", "in": "R_AllocStringBuffer", "module": "libR.so", "why": "a scan() that ends in an error leaves by longjmp, with a "
     "buffer in hand; Memcheck tells of it, too"},
]

FILES = Path(__file__).resolve().parents[1] / "files" / "gnu_r"

# Scripts of its own suite that take seconds and need neither a network nor a compiler.
SCRIPTS = """
any-all arith arith-true array-subset complex conditions d-p-q-r-tests d-p-q-r-tst-2 datasets datetime eval-etc iconv
iec60559 lapack lm-tests method-dispatch ok-errors p-qbeta-strict-tst primitives print-tests reg-IO reg-IO2 reg-plot
reg-tests-2 simple-true structure utf8-regex
""".split()

# As its Makefile calls them.
ENVIRONMENT = {"LANGUAGE": "en", "LC_ALL": "C", "SRCDIR": ".", "TZ": "UTC"}


def plainly(text):
    text = re.sub(r"(environment|pointer|bytecode): 0x[0-9a-f]+", r"\1", text)
    text = re.sub(r"tracemem\[0x[0-9a-f]+ -> 0x[0-9a-f]+", "tracemem[", text)
    text = re.sub(r"/tmp/Rtmp\w+(/file\w+)?", "TEMPORARY", text)
    text = re.sub(r"(?m)^( +user +system +elapsed *\n)[\d. ]+$", r"\1", text)
    return re.sub(r"(?m)^(Time|Time elapsed:|last|total) +[\d. ]+$", r"\1", text)


def own_test(name, tree):
    def act(stage):
        with open(tree / "tests" / f"{name}.R", "rb") as script:
            return stage.run(["R", "--vanilla", "--no-echo"], ENVIRONMENT, cwd=tree / "tests", stdin=script)
    return Run(name, act=act, normalise=plainly, count=lambda _text: {"test scripts": 1})


def prepare(workshop):
    debian.need("R", "Rscript")
    tree = debian.unpacked("r-base", workshop)
    script = Run("script", ["Rscript", "--vanilla", FILES / "deeds.R"], env={"LC_ALL": "C", "TZ": "UTC"}, normalise=plainly)
    return Program(debian.installed("r-base-core") or "unknown", [script, *(own_test(name, tree) for name in SCRIPTS)],
                   "of its own suite; matrices, models, packages, forked workers")

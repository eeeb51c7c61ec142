"""Chromium, headless: a page with scripts, a canvas and a worker, as DOM, as PNG and as PDF; in many processes with the sandbox
on, and without it. Its malloc is its own (PartitionAlloc), so what Custody sees is what libraries and its start script do."""

import hashlib
import re
from pathlib import Path

import debian
import servers
from stage import LeftOut, Outcome, Program, Run

RIGHT = [
    {"kind": "leak", "module": "expr", "why": "a program of the start script: it keeps its values to its end"},
    {"kind": "leak", "module": "tr", "why": "a program of the start script: it keeps its sets to its end"},
]

PROGRAM = Path("/usr/lib/chromium/chromium")

PAGE = """<!doctype html><html><head><title>page</title></head><body><h1>Hello</h1><canvas id=c width=200 height=100></canvas><ul id=l></ul>
<script>
for (let i = 0; i < 500; i++) { const e = document.createElement('li'); e.textContent = 'item ' + (i * 7919 % 1000); l.appendChild(e); }
const x = c.getContext('2d'); x.fillStyle = '#f00'; x.fillRect(10, 10, 100, 50);
let s = 0; for (let i = 0; i < 1e6; i++) s += Math.sqrt(i);
const m = new Map(); for (let i = 0; i < 1e5; i++) m.set('k' + i % 1000, [i]);
document.title = 'sum ' + Math.round(s) + ' ' + m.size;
</script></body></html>
"""

COMMON = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"


def render(stage, command, options, made=None):
    page = stage.place / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    command = [*command, *COMMON, f"--user-data-dir={stage.place}/profile", *options, page.as_uri()]
    plain = type(stage)(stage.place)
    user = servers.not_as_root() if "--no-sandbox" not in options else []
    done = plain.run([*user, *stage.command(command)], env={"HOME": stage.place}, timeout=120)
    document = re.search(r"<html>.*</html>", done.output, re.DOTALL)
    said = document.group(0) if document else ""
    size = f"{made.name} {digest(made)}" if made else ""
    return Outcome(done.status, f"{said}{size}" or done.output, done.seconds)


def dom(*options):
    return lambda stage: render(stage, [PROGRAM], ["--dump-dom", *options])


def picture(*options):
    return lambda stage: render(stage, [PROGRAM], [f"--screenshot={stage.place}/page.png", "--window-size=500,400", *options],
                                stage.place / "page.png")


def prepare(_workshop):
    if not PROGRAM.exists():
        raise LeftOut("chromium not installed")
    runs = [Run("DOM", act=dom("--no-sandbox")), Run("PNG", act=picture("--no-sandbox")),
            Run("one process", act=dom("--no-sandbox", "--single-process")),
            Run("start script", act=lambda stage: render(stage, ["chromium"], ["--dump-dom", "--no-sandbox"]))]
    try:
        servers.not_as_root()
        runs += [Run("DOM with the sandbox", act=dom()), Run("PNG with the sandbox", act=picture())]
    except LeftOut as reason:
        print(f"chromium without its sandbox: {reason}")
    return Program(debian.installed("chromium") or "unknown", runs, "a page as DOM and PNG, with and without the sandbox")

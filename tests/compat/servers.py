"""What programs that serve need: a free port of the loopback, a user who is not root, and a script in which a server is
under Custody and talks to clients."""

import os
import re
import shlex
import shutil
import socket
import subprocess

from stage import LeftOut


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def not_as_root():
    """What to put in front of a command that refuses to be root: nothing, or a namespace where root has another number and
    the same files. Raises LeftOut."""
    if os.geteuid() != 0:
        return []
    words = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if not shutil.which("unshare") or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        raise LeftOut("it refuses to be root, and there are no user namespaces")
    return words


# Waits for a server: `await COMMAND...` until it succeeds, for a minute.
AWAIT = """
await() {
    tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "no answer: $*"; exit 9; }
        sleep 0.1
    done
}
"""


def script(stage, text, *arguments, before=(), whole=False, timeout=600):
    """Runs a shell script in the play's directory; its Outcome. What it calls by ./under is under Custody, once as there
    is one log, or all of it if `whole`; in a plain play nothing is."""
    words = ["sh", "-u", "-c", AWAIT + text, "sh", *map(str, arguments)]
    under = stage.place / "under"
    prefix = [] if whole else stage.command([])
    under.write_text(f"#!/bin/sh\nexec {shlex.join(prefix)} \"$@\"\n", encoding="utf-8")
    under.chmod(0o755)
    plain = type(stage)(stage.place)
    return plain.run([*before, *(stage.command(words) if whole else words)], timeout=timeout)


def without_figures(text):
    """Numbers with a fraction are times and rates: N."""
    return re.sub(r"\d+\.\d+", "N", text)

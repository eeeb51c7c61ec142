"""What Custody said about a program, and which of it the list of a suite explains."""

import fnmatch
import json
import subprocess
from collections import Counter


def read(custody, log):
    """Findings of a log that are warnings or errors, with their stacks. Raises CalledProcessError."""
    said = subprocess.run([custody, "report", "--format", "json", "--severity", "warning", log], capture_output=True,
                          text=True, errors="replace", check=True).stdout
    return [finding for finding in json.loads(said)["findings"] if finding["severity"] != "note"]


def functions(finding):
    """Names of the functions in the finding's stacks, innermost first."""
    return [call["function"] for stack in ("release", "alloc", "first_release")
            for frame in finding.get(stack) or [] for call in frame.get("calls", []) if call.get("function")]


def modules(finding):
    """File names of the modules in the finding's stacks."""
    return [frame["module"].rpartition("/")[2] for stack in ("release", "alloc", "first_release")
            for frame in finding.get(stack) or [] if frame.get("module")]


def fits(pattern, names):
    """Whether one of the names is as the pattern says. No pattern fits everything."""
    return pattern is None or any(fnmatch.fnmatch(name, pattern) for name in names)


def explanation(finding, crate):
    """Why it is right that this is found; None when nobody has examined it."""
    for known in crate.get("explained", []):
        if known["kind"] == finding["kind"] and fits(known.get("in"), functions(finding)) \
                and fits(known.get("module"), modules(finding)):
            return known["why"]
    return None


def counted(findings):
    """`2 leak, 1 double-free` and so on."""
    counts = Counter(finding["kind"] for finding in findings)
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "none"


def describe(finding):
    """A finding for people: what was wrong, and where."""
    names = [name for name in functions(finding) if not name.startswith(("core::", "std::", "alloc::", "<alloc::"))]
    return f"{finding['kind']} {finding['severity']} {finding['confidence']}: {finding['message']}\n        in " + \
        "\n           ".join(names[:8])

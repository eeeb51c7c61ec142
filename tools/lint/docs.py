#!/usr/bin/python3
"""Usage: docs.py

Checks what the repository's documents say of the repository:
* links to files, and to headings in them, lead somewhere; `paths` in code spans exist; `make` targets that are named exist;
* manual pages pass mandoc's lint;
* no text file tells of the machine it was written on.
"""

import pathlib
import re
import subprocess
import sys

# Paths that begin so are promised to exist when a code span names them without placeholders.
HOUSE = ("runtime/", "shims/", "include/", "tools/", "tests/", "bench/", "docs/", "rust-client/", ".ci/")
MACHINE_WORDS = [
    (re.compile(r"(?<![\w.-])/(?:work|root|home/(?!user\b|me\b|you\b)\w+|workspace)/"), "a path of the machine it was written on"),
]
# This file and the ignore lists spell the words they look for.
EXEMPT = {"tools/lint/docs.py"}


def repository_files(*patterns):
    listing = subprocess.run(["tools/lint/files.sh", *patterns], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(line) for line in listing.splitlines()]


def anchor(heading):
    """The fragment that a Markdown heading answers to, as GitHub makes it."""
    text = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or "", heading) if "[" in heading else heading
    text = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return text.replace(" ", "-")


def without_fences(text):
    """The text with fenced code blanked, line numbers kept."""
    return re.sub(r"^(```|~~~).*?^\1", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M | re.S)


def anchors(path):
    return {anchor(m.group(1)) for m in re.finditer(r"^#+ +(.*?)\s*$", without_fences(path.read_text()), re.M)}


def link_error(page, target):
    """Why a link from `page` leads nowhere; None when it leads somewhere or outside."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, fragment = target.partition("#")
    path = (page.parent / name) if name else page
    if not path.exists():
        return f"link to {target}: no such file"
    if fragment and path.suffix == ".md" and fragment not in anchors(path):
        return f"link to {target}: no such heading"
    return None


def span_error(page, span, targets):
    """Why a code span names something that is not there; None when fine."""
    made = re.fullmatch(r"make ([a-z-]+)(?: .*)?", span)
    if made and made.group(1) not in targets:
        return f"`{span}`: the Makefile has no such target"
    if span.startswith(HOUSE) and re.fullmatch(r"[\w./+-]+", span):
        if not (pathlib.Path(span).exists() or (page.parent / span).exists()):
            return f"`{span}`: no such file"
    return None


def check_page(page, targets, errors):
    for number, line in enumerate(without_fences(page.read_text()).splitlines(), 1):
        for match in re.finditer(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            errors.append((page, number, link_error(page, match.group(1))))
        for match in re.finditer(r"`([^`]+)`", line):
            errors.append((page, number, span_error(page, match.group(1), targets)))


def make_targets():
    """Names on the left of rules in the Makefiles."""
    names = set()
    for path in [pathlib.Path("Makefile"), *repository_files("*.mk")]:
        for match in re.finditer(r"^([a-z][\w -]*):(?!=)", path.read_text(), re.M):
            names.update(match.group(1).split())
    return names


def check_machine_words(errors):
    for path in repository_files("*"):
        if str(path) in EXEMPT:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in MACHINE_WORDS:
                match = pattern.search(line)
                if match:
                    errors.append((path, number, f"{match.group(0)}: {what}"))


def check_manuals(errors):
    for page in repository_files("*.[1-8]"):
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True, text=True, check=False)
        for line in (lint.stdout + lint.stderr).splitlines():
            errors.append((page, 0, line))


def main():
    errors = []
    targets = make_targets()
    for page in repository_files("*.md"):
        check_page(page, targets, errors)
    check_manuals(errors)
    check_machine_words(errors)
    errors = [f"{path}:{number}: {why}" for path, number, why in errors if why]
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

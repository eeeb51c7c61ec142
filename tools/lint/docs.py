#!/usr/bin/python3
"""Usage: docs.py

Checks what the repository's documents say of the repository:
* links to files, and to headings in them, lead somewhere; `paths` in code spans exist; `make` targets that are named exist;
* manual pages pass mandoc's lint;
* custody-settings(7) has every setting of settings.def with its default, custody(3) every public function of the headers, by
  name and in its synopsis, the README every kind of finding of findings.def with its severity; and none has what is not there;
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


def difference(page, what, promised, described):
    """Errors for what is only in the source, or only in the page."""
    missing = [(page, 0, f"lacks {what} {item}") for item in sorted(promised - described)]
    return missing + [(page, 0, f"{what} {item}: the source does not say so") for item in sorted(described - promised)]


def rows(name):
    """Entries of a list in include/custody, as the text between their parentheses, each on one line."""
    text = pathlib.Path("include/custody", name).read_text()
    return [" ".join(entry.split()) for entry in re.findall(r"^CUSTODY_[A-Z]+\((.*?)\)$", text, re.M | re.S)]


def check_settings(errors):
    page = pathlib.Path("docs/man/custody-settings.7")
    row = re.compile(r'(\w+), (?:\w+\([^)]*\)|\w+), "([^"]*)", ')
    settings = [row.match(entry).groups() for entry in rows("settings.def")]
    promised = {f"{name}={default or 'none'}" for name, default in settings}
    item = re.compile(r"^\.It Cm (\w+) Ns = .*?^Default:(?:\n\.Cm)? (\w+)(?: \.|\.)$", re.M | re.S)
    described = {f"{name}={default}" for name, default in item.findall(page.read_text())}
    errors += difference(page, "setting", promised, described)


def check_functions(errors):
    page = pathlib.Path("docs/man/custody.3")
    headers = [path for path in pathlib.Path("include/custody").glob("*.h") if path.name != "disabled.h"]
    promised = {name for path in headers
                for name in re.findall(r"^CUSTODY_API \w[\w ]*[ *](custody_\w+)\(", path.read_text(), re.M)}
    opening = page.read_text().split(".Sh DESCRIPTION", maxsplit=1)[0]
    errors += difference(page, "function", promised, set(re.findall(r"^\.F[no] (custody_\w+)", opening, re.M)))
    errors += difference(page, "name of a function", promised, set(re.findall(r"^\.Nm (custody_\w+)", opening, re.M)))


def check_kinds(errors):
    page = pathlib.Path("README.md")
    promised = set()
    for entry in rows("findings.def"):
        _, name, severity, _ = entry.split(", ", 3)
        promised.add(f"{name.strip(chr(34))} ({severity.lower()})")
    found = re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \|", page.read_text(), re.M)
    errors += difference(page, "kind", promised, {f"{name} ({severity})" for name, severity in found})


def main():
    errors = []
    targets = make_targets()
    for page in repository_files("*.md"):
        check_page(page, targets, errors)
    check_manuals(errors)
    check_settings(errors)
    check_functions(errors)
    check_kinds(errors)
    check_machine_words(errors)
    errors = [f"{path}:{number}: {why}" for path, number, why in errors if why]
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""Packages of Debian, as the machine has them or can have them: what is installed, sources and binary packages unpacked
in the build directory. Nothing of the system is changed: apt gets lists and a cache of its own, and of the machine's
sources those of its release, read as sources of source packages."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from stage import LeftOut


def installed(package):
    """The version of an installed package; None without it."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package], capture_output=True,
                          text=True, check=False)
    status, _, version = done.stdout.partition(" ")
    return version if status == "installed" else None


def need(*programs):
    """Raises LeftOut, naming the programs that are not on PATH."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise LeftOut(f"{', '.join(missing)} not installed")


def run(words, place, environment=None, timeout=3600):
    """Runs a command that prepares something, quietly; what it printed. Raises LeftOut with the end of its words."""
    done = subprocess.run([str(word) for word in words], cwd=place, env={**os.environ, **(environment or {})},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, timeout=timeout)
    if done.returncode:
        raise LeftOut(f"{' '.join(map(str, words))}: {done.stdout[-1500:]}")
    return done.stdout


def release():
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\w+)", text, re.MULTILINE)
    if not found or not shutil.which("apt-get"):
        raise LeftOut("this is no Debian")
    return found.group(1)


def of_release(suites, codename):
    return any(re.match(rf"{codename}(-|/|$)", suite) for suite in suites)


def as_source_lines(text, codename):
    """The lines of a one-line list that are of the release, for source packages."""
    lines = [re.sub(r"^deb\s", "deb-src ", line) for line in text.splitlines() if re.match(r"deb\s", line)]
    return [line for line in lines if of_release(line.split(), codename)]


def as_source_paragraphs(text, codename):
    """The same of a deb822 file."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(\w[\w-]*):[ \t]*(.*)$", paragraph, re.MULTILINE))
        if "deb" in fields.get("Types", "").split() and of_release(fields.get("Suites", "").split(), codename):
            paragraphs.append(re.sub(r"^Types:.*$", "Types: deb-src", paragraph, flags=re.MULTILINE))
    return paragraphs


class Apt:
    """apt with a state of its own in `place`."""

    def __init__(self, place):
        self.place = place
        self.options = ["-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={place}/parts",
                        "-o", f"Dir::State::Lists={place}/lists", "-o", f"Dir::Cache={place}/cache",
                        "-o", "APT::Sandbox::User=", "-o", "Dpkg::Use-Pty=0"]

    def set_up(self):
        """Writes the lists and fetches the indexes, once."""
        if (self.place / "ready").exists():
            return
        codename = release()
        for part in ("parts", "lists/partial", "cache/archives/partial"):
            (self.place / part).mkdir(parents=True, exist_ok=True)
        system = Path("/etc/apt")
        for file in [system / "sources.list", *sorted((system / "sources.list.d").glob("*"))]:
            if file.is_file() and file.suffix in (".list", ".sources"):
                deb822 = file.suffix == ".sources"
                made = (as_source_paragraphs if deb822 else as_source_lines)(file.read_text(encoding="utf-8"), codename)
                if made:
                    (self.place / "parts" / file.name).write_text(("\n\n" if deb822 else "\n").join(made) + "\n")
        if not any((self.place / "parts").iterdir()):
            raise LeftOut("no sources of packages are known")
        run(["apt-get", *self.options, "update"], self.place)
        (self.place / "ready").touch()

    def versions(self, package):
        """Versions of a source package, the one that is installed first, then the newest first."""
        said = run(["apt-cache", *self.options, "showsrc", package], self.place)
        return re.findall(rf"^Package: {re.escape(package)}\n(?:.*\n)*?Version: (\S+)", said, re.MULTILINE)


def unpacked(package, workshop):
    """The directory with the source package's tree, patches applied; kept from call to call. Raises LeftOut."""
    need("dpkg-source", "apt-get")
    place = workshop.parent / "sources" / package
    if (place / "tree").exists():
        return place / "tree"
    apt = Apt(workshop.parent / "apt")
    apt.set_up()
    problem = f"no source package {package}"
    for version in apt.versions(package):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        try:
            # An archive may list what it does not have any more: then an older version.
            run(["apt-get", *apt.options, "source", "--download-only", f"{package}={version}"], place)
            [description] = place.glob("*.dsc")
            run(["dpkg-source", "--no-check", "-x", description.name, "partial"], place)
        except LeftOut as refused:
            problem = str(refused)
            continue
        (place / "partial").rename(place / "tree")
        return place / "tree"
    raise LeftOut(problem)


def source_version(tree):
    """The version of an unpacked source package."""
    return re.search(r"\(([^)]+)\)", (tree / "debian" / "changelog").read_text(encoding="utf-8")).group(1)


def package_unpacked(package, workshop):
    """The directory with the files of a binary package of the machine's sources, not installed. Raises LeftOut."""
    need("dpkg-deb", "apt-get")
    place = workshop.parent / "packages" / package
    if (place / "root").exists():
        return place / "root"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    run(["apt-get", "download", package], place)
    [archive] = place.glob("*.deb")
    run(["dpkg-deb", "-x", archive.name, "partial"], place)
    (place / "partial").rename(place / "root")
    return place / "root"


def built(tree, workshop, *steps, environment=None):
    """Runs commands in a tree, unless the same were run there before; nothing to return. Raises LeftOut."""
    stamp, words = workshop / "built", repr((str(tree), steps, environment))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == words:
        return
    for step in steps:
        run(step, tree, environment)
    stamp.write_text(words, encoding="utf-8")

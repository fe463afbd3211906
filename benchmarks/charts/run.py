"""Which chart library: uPlot (through the page's own code) and Chart.js, six growing series each, in turn in one run.

    .venv/bin/python benchmarks/charts/run.py [--points 10000] [--rounds 3] [--chromium /usr/bin/chromium]

Main = Chromium's TaskDuration (all work on the page's main thread) per update; median and range over slices of ten.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import shutil
import statistics
import sys
import threading
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {"uplot": "uPlot", "chartjs": "Chart.js"}
GRIDS = ("shared", "own")
SLICE = 10  # updates per measurement
SLICES = 3  # measurements per round
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class Files(http.server.SimpleHTTPRequestHandler):
    """The repository's files, silently."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, *_: object) -> None:
        pass


def measure(page: Page, cdp: CDPSession) -> tuple[list[float], list[float], list[float]]:
    """Return ms of main thread per update, updates per second, ms until painted."""
    mains, rates, waits = [], [], []
    for _ in range(SLICES):
        before = busy(cdp)
        found = page.evaluate(f"bench.run({SLICE})")
        mains.append(1000 * (busy(cdp) - before) / SLICE)
        rates.append(SLICE / found["seconds"])
        waits += found["waits"]
    return mains, rates, waits


def busy(cdp: CDPSession) -> float:
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):6.1f} ({min(values):.1f}–{max(values):.1f})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--points", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--chromium", default=shutil.which("chromium"))
    asked = options.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = run(f"http://127.0.0.1:{server.server_port}/benchmarks/charts/bench.html", asked)
    server.shutdown()
    report(found, asked.points)


def run(address: str, asked: argparse.Namespace) -> dict[tuple[str, str], list[list[float]]]:
    found: dict[tuple[str, str], list[list[float]]] = {(name, grid): [[], [], []] for grid in GRIDS for name in LIBRARIES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=FLAGS)
        for _ in range(asked.rounds):
            for name, grid in found:
                page = browser.new_page(viewport={"width": 1100, "height": 600})
                page.goto(f"{address}?library={name}&grid={grid}&points={asked.points}")
                page.wait_for_selector("body[data-ready]", timeout=60_000)
                cdp = page.context.new_cdp_session(page)
                cdp.send("Performance.enable")
                for column, values in zip(found[name, grid], measure(page, cdp), strict=True):
                    column += values
                page.close()
        browser.close()
    return found


def report(found: dict[tuple[str, str], list[list[float]]], points: int) -> None:
    out = sys.stdout.write
    out(f"six series of {points} points, one more each per update, ten updates a second; median (range)\n")
    out(f"{'x of the series':16}{'library':10}{'main ms/update':>22}{'updates/s':>22}{'ms until painted':>22}\n")
    for (name, grid), columns in found.items():
        out(f"{grid:16}{LIBRARIES[name]:10}" + "".join(f"{spread(column):>22}" for column in columns) + "\n")
    for grid in GRIDS:
        ratio = statistics.median(found["chartjs", grid][0]) / statistics.median(found["uplot", grid][0])
        out(f"main-thread time, Chart.js / uPlot, {grid} x: {ratio:.2f}\n")


if __name__ == "__main__":
    main()

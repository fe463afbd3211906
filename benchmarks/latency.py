"""How fast the lab answers: click on start to the first point on the page (in Chromium), `interrupt` to `training_paused`.

    python -m benchmarks.latency [--rounds 40]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.report import say, told
from ml_utils.core.blueprint import cnn
from tests.browser.chromium import FLAGS, chromium
from tests.server import Page, Server

FIRST_POINT, PAUSED = 500.0, 50.0  # ms
CLICK = """() => new Promise(done => {
  const room = document.querySelector('lab-room'), begun = performance.now();
  const look = () => {
    const runs = room.state && Object.values(room.state.series), last = runs && runs.at(-1);
    if (last && last.train_loss && last.train_loss.length) requestAnimationFrame(() => done(performance.now() - begun));
    else requestAnimationFrame(look);
  };
  document.querySelector('lab-controls button').click();
  look();
})"""


def first_points(server: Server, rounds: int) -> list[float]:
    """Return ms from the click on start to the first point, each time in a new room."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for _ in range(rounds):
            page = browser.new_page()
            page.goto(server.url)
            page.locator("lab-controls button:not([disabled])").first.wait_for()
            found.append(float(page.evaluate(CLICK)))
            page.locator("lab-controls button:not([disabled])").first.click()
            page.close()
        browser.close()
    return found


def pauses(server: Server, rounds: int) -> tuple[list[float], float]:
    """Return ms from `interrupt` to `training_paused` while the CNN trains on MNIST, and the ms of one batch."""
    page = Page(server)
    page.command("new_run", {"blueprint": cnn("mnist").model_dump(mode="json")})
    page.command("start", {"epochs": 100})
    page.status("training", 60)
    found: list[float] = []
    for count in range(rounds):
        seen = page.state["seq"]
        page.sees(lambda state, seen=seen: state["seq"] > seen + 3 and state["session"]["status"] == "training")
        rate = page.state["session"]["rate"]
        begun = time.perf_counter()
        page.command("interrupt")
        page.sees(lambda state: state["session"]["status"] == "paused")
        found.append((page.arrived["training_paused"] - begun) * 1000)
        if count + 1 < rounds:
            page.command("continue")
            page.status("training")
    page.close()
    return found, 64 / rate * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "instance")
        warm = Page(server)
        warm.command("start", {"epochs": 1})
        warm.status("paused")
        warm.close()
        say("latency, host warm:")
        told("click on start → first point on the page", first_points(server, max(5, rounds // 3)), "ms", FIRST_POINT)
        found, batch = pauses(server, rounds)
        say(f"  one batch of the CNN on MNIST: {batch:.2f} ms")
        told("interrupt → training_paused", found, "ms", PAUSED + batch, 0.95)
        server.close()


if __name__ == "__main__":
    main()

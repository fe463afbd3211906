"""Drawing while the room trains the default CNN on MNIST: from a question to its answer, and what a flood of strokes takes.

    python -m benchmarks.drawing [--rounds 60] [--windows 4] [--page]
"""

from __future__ import annotations

import argparse
import base64
import queue
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.report import quantile, say, told
from ml_utils.core.blueprint import cnn
from tests.browser.chromium import FLAGS, chromium
from tests.server import Page, Server

BARS, HEAT, KEPT = 100.0, 150.0, 0.95  # ms, ms, share of the speed without strokes
STROKES = 60  # a second
WINDOW = 3.0  # seconds
DRAWN = """() => new Promise(done => {
  const bars = document.querySelector('lab-draw'), pad = bars.querySelector('.pad'), box = pad.getBoundingClientRect();
  const at = (type, share) => pad.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true, isPrimary: true,
    clientX: box.left + box.width * (0.2 + 0.6 * share), clientY: box.top + box.height * Math.random() }));
  const old = bars.answer, begun = performance.now();
  pad.setPointerCapture = () => {};
  at('pointerdown', Math.random()); at('pointermove', Math.random()); at('pointerup', Math.random());
  const look = () => (bars.answer !== old ? done(performance.now() - begun) : requestAnimationFrame(look));
  requestAnimationFrame(look);
})"""


def pad(number: int) -> dict[str, Any]:
    """A drawing that is never the same."""
    ink = bytearray(112 * 112)
    for row in range(10, 100):
        at = row * 112 + 20 + (row * (1 + number % 7) // 3 + number) % 60
        ink[at:at + 10] = b"\xff" * 10
    return {"kind": "pad", "pixels": base64.b64encode(zlib.compress(ink)).decode(), "invert": False}


class Pen:
    """Asks over the socket as a page does."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0
        self.answers: queue.Queue[tuple[str, float, dict[str, Any]]] = queue.Queue()
        page.socket.on("answer", lambda one: self.answers.put((one["id"], time.perf_counter(), one["answer"])))

    def ask(self, name: str, **args: Any) -> str:
        self.count += 1
        identity = f"question-{self.count}"
        self.page.socket.emit("ask", {"id": identity, "name": name, "args": {"image": pad(self.count), **args}})
        return identity

    def waits(self, name: str, **args: Any) -> float:
        """Return the ms until a question is answered; pictures come as fast as answers do."""
        begun = time.perf_counter()
        identity = self.ask(name, **args)
        while True:
            found, arrived, answer = self.answers.get(timeout=90)
            if found == identity:
                assert answer["ok"], answer
                return (arrived - begun) * 1000

    def flood(self, seconds: float) -> int:
        """Draw for so long; return how many questions were answered."""
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            self.ask("explain", method="grad_cam")
            time.sleep(1 / STROKES)
        found = [self.answers.get() for _ in range(self.answers.qsize())]
        return sum(answer["ok"] for _, _, answer in found)


def speed(page: Page, during: Any) -> float:
    """Return the median of the images per second that the trainer reports meanwhile."""
    first = len(page.events)
    during()
    rates = [event["data"]["rate"] for event in page.events[first:] if event["name"] == "metrics" and event["data"].get("rate")]
    return quantile(rates, 0.5)


def in_chromium(server: Server, room: str, rounds: int) -> list[float]:
    """Return ms from a stroke to new bars on a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        page.goto(f"{server.url}/room/{room}/inside")
        page.locator("lab-draw .heat-tools input[type=checkbox]").uncheck()
        found = [float(page.evaluate(DRAWN)) for _ in range(rounds)]
        browser.close()
    return found[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--page", action="store_true", help="in Chromium, too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "instance")
        page = Page(server)
        page.command("new_run", {"blueprint": cnn("mnist").model_dump(mode="json")})
        page.command("start", {"epochs": 1000})
        page.sees(lambda state: state["session"].get("rate"), 60, "the training")
        pen, batch = Pen(page), 64 / page.state["session"]["rate"] * 1000
        say(f"drawing while the CNN trains on MNIST; one batch: {batch:.2f} ms")
        pen.waits("explain", method="grad_cam")  # the first one loads what explains
        told("drawing → bars (classify)", [pen.waits("classify") for _ in range(chosen.rounds)], "ms", BARS + batch, 0.95)
        told("drawing → bars and Grad-CAM", [pen.waits("explain", method="grad_cam") for _ in range(chosen.rounds)], "ms",
             HEAT + batch, 0.95)
        answered, shares = 0, []
        for _ in range(chosen.windows):
            calm = speed(page, lambda: time.sleep(WINDOW))
            drawn: list[int] = []
            shares.append(speed(page, lambda drawn=drawn: drawn.append(pen.flood(WINDOW))) / calm)
            answered += drawn[0]
        told(f"speed with {STROKES} strokes a second / without ({answered} answered)", shares, "", KEPT, most=False)
        if chosen.page:
            told("stroke → bars on a page in Chromium", in_chromium(server, page.room, chosen.rounds), "ms", BARS + batch, 0.95)
        page.close()
        server.close()


if __name__ == "__main__":
    main()

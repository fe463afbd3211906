"""A big room in the browser: 3 Runs, 12 Branches, 200,000 recorded points; opening it, and one of its Branches growing.

    python -m benchmarks.bigroom [--points 200000] [--seconds 20] [--profile]

Opening: until charts and tree are drawn, counted from the start of the navigation. Frame: from its first callback until it is
painted, all on the page's main thread, while a trainer reports ten times a second, looks into the layers and ends epochs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, ViewportSize, sync_playwright

from benchmarks.costs import costs
from benchmarks.made import BATCHES, Made
from benchmarks.report import quantile, say, told
from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.patches import start_of
from ml_utils.core.settings import Settings, changes_between
from ml_utils.web.ledger import Draft, Ledger
from ml_utils.web.store import Store
from ml_utils.web.training import branch_draft
from tests.browser.chromium import FLAGS, chromium
from tests.server import Page as Person
from tests.server import Server

ROOM, SMALL = "22222222", "33333333"
PULSE = ("-m", "benchmarks.pulse_app")
PROBE = (Path(__file__).parent / "bigroom.js").read_text()
DRAWN, FRAME = 1000.0, 16.0  # ms
ROWS, PER_COMMIT = 100, 50
VIEW: ViewportSize = {"width": 1280, "height": 860}
ADA = {"id": "ada", "name": "Ada"}
Steps = dict[str, float]  # ms since the navigation began
# three Runs of three, three and six Branches: (number of the parent in its Run, epochs after the parent's fork)
RUNS: tuple[tuple[Blueprint, tuple[tuple[int, int] | None, ...]], ...] = (
    (cnn("mnist"), (None, (0, 3), (0, 5))),
    (mlp("mnist"), (None, (0, 2), (1, 4))),
    (cnn("mnist"), (None, (0, 4), (0, 6), (1, 5), (2, 2), (3, 3))))


class Recorder:
    """Writes a room's log as the web process does."""

    def __init__(self, instance: Path, room: str) -> None:
        self._room, self.points = room, 0
        self._store = Store(f"sqlite:///{instance / 'lockstep.db'}")
        self._ledger = Ledger(self._store, lambda *_: None, time.time)

    @property
    def state(self) -> dict[str, Any]:
        return self._ledger.room(self._room).state

    def commit(self, name: str, data: dict[str, Any], position: dict[str, Any] | None = None) -> None:
        self._ledger.commit([Draft(self._room, name, data, position, ADA)])

    def run(self, blueprint: Blueprint, branches: tuple[tuple[int, int] | None, ...], epochs: int) -> None:
        names: list[str] = []
        for number, leaves in enumerate(branches):
            name = f"b{len(self.state['branches']) + 1}"
            if leaves is None:
                self._first(name, blueprint)
            else:
                parent = names[leaves[0]]
                self._fork(parent, self.state["branches"][parent]["epoch"] + leaves[1], 0.05 / (number + 1))
            names.append(name)
            self._train(epochs)
        self.commit("epoch_pinned", {"branch": names[0], "epoch": 2}, self.state["session"]["position"])

    def _first(self, name: str, blueprint: Blueprint) -> None:
        self.commit("run_started", {
            "run": f"r{len(self.state['runs']) + 1}", "branch": name, "blueprint": blueprint.model_dump(mode="json"),
            "settings": Settings().model_dump(mode="json"), "threads": 1})

    def _fork(self, parent: str, epoch: int, rate: float) -> None:
        """Go back there, with another learning rate."""
        state = self.state
        run, settings = state["branches"][parent]["run"], state["settings"]
        place = start_of(run, parent, state["runs"][run]["blueprint"], settings, epoch)
        self.commit("reverted", {"branch": parent, "epoch": epoch, "settings": settings, "reason": None}, place)
        self._change({"learning_rate": rate}, place)
        self._ledger.commit([branch_draft(self._ledger.room(self._room), place, state["settings"], ADA)])

    def _change(self, asked: dict[str, Any], place: dict[str, Any]) -> None:
        old = self.state["settings"]
        new = {**old, **asked}
        self.commit("settings_changed", {"changes": changes_between(old, new), "settings": new, "until": None,
                                         "reason": "to see what happens", "replays": None}, place)

    def _train(self, epochs: int) -> None:
        """Train the Branch at which the Session stands; halfway a setting changes."""
        state = self.state
        here = state["session"]["position"]
        made = Made(here, Blueprint.model_validate(state["blueprint"]), state["settings"]["learning_rate"], state["seq"])
        self.commit("training_started", {"until": 1000, "stop": None}, here)
        for number in range(epochs * -(-BATCHES // ROWS)):
            for name, data, position in made.report(ROWS, look=True):
                self._ledger.offer(Draft(self._room, name, data, position))
                self.points += 2 * len(data["x"]) if name == "metrics" else 0
            if number % PER_COMMIT == 0:
                self._ledger.tick()
        self._change({"weight_decay": 1e-4 + self.state["settings"]["weight_decay"]}, made.position)
        self.commit("training_paused", {"reason": "finished"}, made.position)

    def close(self) -> None:
        self._store.close()


def fill(instance: Path, points: int) -> int:
    """Record the big room and a small one; return how many points the big one has."""
    instance.mkdir(parents=True)
    small = Recorder(instance, SMALL)
    small.run(cnn("mnist"), (None,), 2)
    small.close()
    recorder = Recorder(instance, ROOM)
    epochs = max(7, round(points / 2 / BATCHES / sum(len(branches) for _, branches in RUNS)))
    for blueprint, branches in RUNS:
        recorder.run(blueprint, branches, epochs)
    assert (len(recorder.state["runs"]), len(recorder.state["branches"])) == (3, 12)
    recorder.close()
    return recorder.points


def size_of(server: Server) -> tuple[int, int]:
    """Return the bytes of the Snapshot, as they travel and unpacked."""
    response = requests.get(f"{server.url}/api/rooms/{ROOM}", stream=True, timeout=60)
    packed = response.raw.read(decode_content=False)
    return len(packed), len(requests.get(f"{server.url}/api/rooms/{ROOM}", timeout=60).content)


def opened(context: BrowserContext, server: Server, room: str = ROOM) -> Page:
    """Return a page on which the room is drawn."""
    page = context.new_page()
    page.add_init_script(PROBE)
    page.goto(f"{server.url}/room/{room}")
    page.evaluate("probe.done")
    return page


def openings(browser: Browser, server: Server, rounds: int) -> dict[str, list[Steps]]:
    """Return the steps of people who come for the first time, to the big room and to the small one, and who come again."""
    found: dict[str, list[Steps]] = {"first": [], "again": [], "small": []}
    for _ in range(rounds):
        for visits in (("first", "again"), ("small",)):
            context = browser.new_context(viewport=VIEW, locale="en-GB")
            for visit in visits:
                page = opened(context, server, SMALL if visit == "small" else ROOM)
                found[visit].append(page.evaluate("probe.steps()"))
                page.close()
            context.close()
    return found


def tell_openings(found: dict[str, list[Steps]]) -> None:
    for visit, what in (("first", "a first visit"), ("again", "a second one")):
        told(f"{what}: navigation → charts and tree drawn", [one["drawn"] for one in found[visit]], "ms", DRAWN)
        middle = (f"{name} {quantile([one[name] for one in found[visit]], 0.5):.0f}" for name in found[visit][0])
        say(f"    median ms at each step: {', '.join(middle)}")
    ratios = [big["drawn"] / small["drawn"] for big, small in zip(found["first"], found["small"], strict=True)]
    say(f"    a first visit, in turn with one to a room of one Branch and 2 epochs: {quantile(ratios, 0.5):.2f} times as long")


def cpu(cdp: CDPSession) -> float:
    """Return the CPU seconds of the page's main thread."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


@contextmanager
def training(server: Server) -> Iterator[None]:
    """The trainer goes on with the newest Branch."""
    person = Person(server, ROOM)
    assert person.command("continue", {"epochs": 1000})["ok"]
    person.status("training")
    yield
    person.close()


def growing(page: Page, seconds: float, profile: bool) -> None:
    """Print what each frame takes while the newest Branch grows."""
    page.wait_for_timeout(1000)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    if profile:
        cdp.send("Profiler.enable")
        cdp.send("Profiler.setSamplingInterval", {"interval": 200})  # µs
        cdp.send("Profiler.start")
    before = cpu(cdp)
    page.evaluate("probe.begin()")
    page.wait_for_timeout(seconds * 1000)
    found = page.evaluate("probe.end()")
    spent, frames, scripts = cpu(cdp) - before, found["frames"], found["scripts"]
    say(f"  growing, {found['events'] / seconds:.1f} Events and {len(frames) / seconds:.1f} frames a second, "
        f"{found['epochs']} ends of epochs; long tasks (> 50 ms): {found['long']}")
    told("a frame, from its start until it is painted", frames, "ms", FRAME)
    say(f"    p95 {quantile(frames, 0.95):.3g} ms; of it scripts: median {quantile(scripts, 0.5):.3g} ms, "
        f"p95 {quantile(scripts, 0.95):.3g} ms")
    say(f"    main thread, all it did: {1000 * spent / len(frames):.1f} ms of CPU per frame, "
        f"{100 * spent / seconds:.0f} % of a core")
    if profile:
        for line in costs(cdp.send("Profiler.stop")["profile"], len(frames)):
            say(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--profile", action="store_true", help="print what costs how much of a frame")
    asked = parser.parse_args()
    os.environ.update(BENCH_PULSE_ROOM=ROOM, BENCH_PULSE_WHOLE="1", BENCH_SECONDS=str(asked.seconds + 10))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        points = fill(Path(folder) / "instance", asked.points)
        with closing(Server(Path(folder) / "instance", program=PULSE)) as server, \
                playwright.chromium.launch(executable_path=chromium(), args=FLAGS) as browser:
            packed, plain = size_of(server)
            say(f"a big room: 3 Runs, 12 Branches, {points:,} recorded points; its Snapshot: {packed / 1000:.0f} kB on the "
                f"wire, {plain / 1000:.0f} kB of JSON")
            tell_openings(openings(browser, server, asked.rounds))
            page = opened(browser.new_context(viewport=VIEW, locale="en-GB"), server)
            with training(server):
                growing(page, asked.seconds, asked.profile)


if __name__ == "__main__":
    main()

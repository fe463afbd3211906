"""Going back: from the Command of one page to the Event on another, and until the trainer trains from there.

    python -m benchmarks.travel [--epochs 6] [--rounds 40]

The default CNN on MNIST, with real Checkpoints of several Branches. A round goes back twice: while paused and while training.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.report import quantile, say, told
from ml_utils.core.blueprint import cnn
from tests.server import Page, Server
from tests.waiting import until

REVERTED = 150.0  # ms
BRANCHES = 2  # beside the first one, before it is measured
State = dict[str, Any]


class Watcher(Page):
    """Knows when each Event came."""

    def __init__(self, *about: Any) -> None:
        self.came: dict[int, float] = {}
        super().__init__(*about)

    def _take(self, event: dict[str, Any]) -> None:
        super()._take(event)
        self.came.setdefault(event["seq"], time.perf_counter())

    def wait(self, name: str, after: int) -> dict[str, Any]:
        """Return the first Event of this name after number `after`."""
        return until(lambda: next((one for one in self.events if one["name"] == name and one["seq"] > after), {}), 30, name)


@dataclass
class Times:
    """In ms, since `revert` was sent."""

    reverted: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)


def trained(page: Page, epochs: int) -> None:
    """Train a first Branch, and others that leave it."""
    assert page.command("new_run", {"blueprint": cnn("mnist").model_dump(mode="json")})["ok"]
    assert page.command("start", {"epochs": epochs})["ok"]
    finished(page, "b1", epochs)
    for number in range(BRANCHES):
        assert page.command("fork", {"branch": "b1", "epoch": epochs // 2 + number, "epochs": 1})["ok"]
        finished(page, f"b{number + 2}", 1)


def finished(page: Page, branch: str, epochs: int) -> None:
    page.sees(lambda state: state["session"]["reason"] == "finished" and state["session"]["position"]["branch"] == branch,
              60 + 60 * epochs, "the end")


def elsewhere(state: State, rng: random.Random) -> dict[str, Any]:
    """Return the end of an epoch on one of the trained Branches at which the Session does not stand."""
    here, branches = state["session"]["position"], state["branches"]
    places = [(name, epoch) for name in list(branches)[:BRANCHES + 1]
              for epoch in range(branches[name]["epoch"] + (name != "b1"), branches[name]["tip"]["epoch"] + 1)]
    branch, epoch = rng.choice([place for place in places if place != (here["branch"], here["epoch"])])
    return {"branch": branch, "epoch": epoch}


def back_and_on(ada: Page, ben: Watcher, wish: dict[str, Any], times: Times) -> None:
    """Go back and train on; write down when `ben` saw what."""
    seq, begun = ben.state["seq"], time.perf_counter()
    answer = ada.command("revert", wish)
    assert answer["ok"], answer
    reverted = ben.wait("reverted", seq)
    answer = ada.command("continue", {"epochs": 1000})
    assert answer["ok"], answer
    metrics = ben.wait("metrics", reverted["seq"])
    times.reverted.append((ben.came[reverted["seq"]] - begun) * 1000)
    times.training.append((ben.came[metrics["seq"]] - begun) * 1000)


def rounds_of(ada: Page, ben: Watcher, rounds: int) -> tuple[Times, Times]:
    """Return what it took while paused, and while training."""
    paused, training, rng = Times(), Times(), random.Random(1)
    for _ in range(rounds):
        back_and_on(ada, ben, elsewhere(ben.state, rng), paused)
        moving(ben)
        back_and_on(ada, ben, elsewhere(ben.state, rng), training)
        moving(ben)
        assert ada.command("interrupt")["ok"]
        ben.status("paused")
        ada.status("paused")
    return paused, training


def moving(page: Page, reports: int = 3) -> None:
    seq = page.state["seq"]
    page.sees(lambda state: state["seq"] >= seq + reports and state["session"]["status"] == "training")


def both(what: str, values: list[float]) -> None:
    say(f"  {what}: median {quantile(values, 0.5):.3g} ms, p95 {quantile(values, 0.95):.3g} ms "
        f"(min {min(values):.3g}, max {max(values):.3g}; n={len(values)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, closing(Server(Path(folder) / "instance")) as server, \
            closing(Page(server)) as ada, closing(Watcher(server, ada.room)) as ben:
        trained(ada, asked.epochs)
        sizes = [one["bytes"] / 1e6 for one in ada.state["checkpoints"]]
        paused, training = rounds_of(ada, ben, asked.rounds)
        say(f"going back, CNN on MNIST: {len(sizes)} Checkpoints of {quantile(sizes, 0.5):.2f} MB on {BRANCHES + 1} Branches, "
            f"{len(ben.state['branches'])} Branches at the end")
        for kind, times in (("while paused", paused), ("while training", training)):
            told(f"revert → reverted on the other page, {kind}", times.reverted, "ms", REVERTED, 0.95)
            both(f"revert, continue → first measurement from there, {kind}", times.training)


if __name__ == "__main__":
    main()

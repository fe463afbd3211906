"""Whatever people do, in any order, and whatever dies meanwhile: the fold's invariants hold, and what is trained again
has the digest it had. The web process and the trainers are the real ones, in one process; one trainer computes at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_utils.core import crashes
from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import PLANS
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold
from ml_utils.core.tree import changes_on, place_of
from ml_utils.trainer.order import Leave, Order, Patience
from ml_utils.trainer.process import run
from ml_utils.trainer.wire import Wire
from tests.waiting import until
from tests.web.conftest import Bench, Browser

QUICK = Patience(beat=0.5, silence=20.0, idle=60.0, farewell=2.0, redial=0.02, checkpoint=0.05)
Act = tuple[Any, ...]
CHANGES: list[dict[str, Any]] = [
    {"learning_rate": 0.01}, {"dropout": 0.6}, {"optimizer": "adam", "learning_rate": 0.001}, {"optimizer": "sgd"},
    {"batch_size": 200}, {"scheduler": "cosine", "schedule_epochs": 2}, {"momentum": 0.5}, {"dropouts": {"dropout1": 0.1}},
    {"clipping": 0.5}, {"label_smoothing": 0.1}]
ACTS = st.lists(st.one_of(
    st.tuples(st.just("go"), st.integers(1, 2)), st.tuples(st.just("run"), st.integers(1, 25)), st.just(("interrupt",)),
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.sampled_from(("freeze", "unfreeze")), st.sampled_from(("conv1", "conv*", "linear1"))),
    st.tuples(st.just("revert"), st.integers(0, 9), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("fork"), st.integers(0, 9), st.integers(0, 9), st.sampled_from(CHANGES)),
    st.tuples(st.just("undo"), st.integers(0, 9)), st.tuples(st.just("step"), st.integers(1, 3)),
    st.just(("kill",)), st.just(("end",))), min_size=4, max_size=14)


class Threads:
    """Starts real trainers in threads of this process; killing one leaves it no time to say anything."""

    def __init__(self) -> None:
        self.exited: Any = None
        self.running: dict[tuple[str, int], tuple[Wire, threading.Thread]] = {}

    def start(self, order: dict[str, Any]) -> None:
        self.end_all()  # they share torch's generator
        wire = Wire(Order(**order), QUICK)
        thread = threading.Thread(target=self._run, args=(Order(**order), wire), daemon=True)
        self.running[order["room"], order["attempt"]] = wire, thread
        thread.start()

    def _run(self, order: Order, wire: Wire) -> None:
        status = run(order, QUICK, wire)
        threading.Thread(target=self.exited, args=(order.room, order.attempt, status), daemon=True).start()

    def end_all(self) -> None:
        for wire, thread in self.running.values():
            wire.leave(Leave("killed", save=False, code=1))
            if thread is not threading.current_thread():
                thread.join(20)
        self.running.clear()

    def kill(self, room: str, attempt: int, hard: bool) -> None:
        if found := self.running.get((room, attempt)):
            found[0].leave(Leave("killed", save=False, code=1))

    def stop(self) -> None:
        self.end_all()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    patch = pytest.MonkeyPatch()
    patch.setattr(crashes, "MOST", 10**6)
    launcher = Threads()
    made = Bench(tmp_path_factory.mktemp("any") / "instance", (), max_trainers=1, launcher=launcher,
                 checkpoint_quota=1).without_limits()
    yield made
    launcher.end_all()
    made.close()
    patch.undo()


class Player:
    """A person who does what comes to mind, and takes a refusal for an answer."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.me: Browser = bench.browser().connect()
        assert self.me.join()["ok"]
        blueprint = cnn().model_dump(mode="json")
        assert self.me.command("new_run", {"blueprint": blueprint, "settings": {"batch_size": 120, "epochs": 2}})["ok"]
        self.me.listen()

    def act(self, act: Act) -> None:
        name, *args = act
        getattr(self, f"act_{name}")(*args)
        self.me.listen()

    def ask(self, name: str, args: dict[str, Any] | None = None) -> None:
        answer = self.me.command(name, args)
        assert answer["ok"] or answer["error"]["hint"], answer

    def act_go(self, epochs: int) -> None:
        self.ask("continue" if self.me.state["session"]["status"] in ("paused", "failed") else "start", {"epochs": epochs})

    def act_run(self, events: int) -> None:
        """Let it train until so many Events more have come, or it stands."""
        end = self.me.state["seq"] + events
        self.me.sees(lambda state: state["seq"] >= end or self.stands(state))

    def act_interrupt(self) -> None:
        self.ask("interrupt")

    def act_change(self, values: dict[str, Any]) -> None:
        self.ask("set_settings", values)

    def act_freeze(self, layer: str) -> None:
        self.ask("freeze", {"layer": layer})

    def act_unfreeze(self, layer: str) -> None:
        self.ask("unfreeze", {"layer": layer})

    def _place(self, branch: int, epoch: int) -> dict[str, Any]:
        branches = self.me.state["branches"]
        name = sorted(branches)[branch % len(branches)]
        return {"branch": name, "epoch": epoch % (branches[name]["tip"]["epoch"] + 1)}

    def act_revert(self, branch: int, epoch: int, keep: bool) -> None:
        self.ask("revert", {**self._place(branch, epoch), "keep_settings": keep})

    def act_fork(self, branch: int, epoch: int, values: dict[str, Any]) -> None:
        self.ask("fork", {**self._place(branch, epoch), "settings": values, "epochs": 1})

    def act_undo(self, marker: int) -> None:
        markers = self.me.state["markers"]
        if markers:
            self.ask("undo", {"seq": markers[marker % len(markers)]["seq"], "epochs": 2})

    def act_step(self, batches: int) -> None:
        self.ask("step", {"batches": batches})

    def act_kill(self) -> None:
        for wire, _ in list(self.bench.launcher.running.values()):
            wire.leave(Leave("killed", save=False, code=1))

    def act_end(self) -> None:
        """Let everything come to its end."""
        self.me.sees(lambda state: self.stands(state) and not self.bench.lab.store.undone(self.me.room))

    @staticmethod
    def stands(state: dict[str, Any]) -> bool:
        session = state["session"]
        return session["status"] != "training" and not session["waiting"] and not (
            state["plan"] and session["reason"] == "finished")


def signature(state: dict[str, Any], branch: str, epoch: int) -> str:
    """All that the weights at an epoch's end depend on: the Run's start and each change on the way, with its place."""
    run = state["runs"][state["branches"][branch]["run"]]
    steps: list[Any] = [[(0, 0), learned(run["settings"])]]
    for place, values in changes_on(state, branch, (epoch, 0), []):
        if place < (epoch, 0) and learned(values) != steps[-1][1]:
            steps.append([place, learned(values)])
    return json.dumps([epoch, steps], sort_keys=True)


def learned(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in PLANS}


def check(player: Player) -> None:
    me, store = player.me, player.bench.lab.store
    log = store.events(me.room, 0)
    assert [fact["seq"] for fact in log] == list(range(1, len(log) + 1)), "a gap"
    state = empty_state(me.room)
    digests: dict[str, set[str]] = {}
    for fact in log:
        fold(state, fact)
    for fact in log:
        data = fact["data"]
        if fact["name"] == "checkpoint_saved" and data["batch"] == 0 and data["epoch"]:
            digests.setdefault(signature(state, data["branch"], data["epoch"]), set()).add(data["digest"])
    me.sees(lambda seen: seen["seq"] >= state["seq"])
    assert me.state == state == player.bench.lab.ledger.snapshot(me.room)
    for branch, series in state["series"].items():
        for name, points in series.items():
            xs = [x for x, _ in points]
            assert xs == sorted(set(xs)), (branch, name)
            assert not xs or xs[0] > state["branches"][branch]["epoch"], (branch, name)
    for name, row in state["branches"].items():
        parent = state["branches"].get(row["parent"])
        assert (parent is None) == (row["kind"] == "first"), name
        assert parent is None or (parent["run"] == row["run"] and row["epoch"] <= parent["tip"]["epoch"]), name
        assert place_of(row["tip"]) >= (row["epoch"], 0)
    assert all(len(found) == 1 for found in digests.values()), digests


@given(ACTS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None)
@pytest.mark.timeout(600)
def test_in_any_order_everything_holds(bench: Bench, acts: list[Act]) -> None:
    player = Player(bench)
    try:
        for act in acts:
            player.act(act)
        player.act_end()
        check(player)
    finally:
        player.ask("interrupt")
        bench.launcher.end_all()
        until(lambda: player.me.room not in bench.lab.trainers.lines, what="the end of the trainer")
        player.me.leave()

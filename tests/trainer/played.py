"""A room without a server: a Session in this process, whose log is written and folded as a web process would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.messages import EVENTS
from ml_utils.core.patches import start_of
from ml_utils.core.settings import Settings, changed, changes_between
from ml_utils.core.snapshot import empty_state
from ml_utils.core.standing import work_of
from ml_utils.core.timeline import fold
from ml_utils.core.tree import home, next_branch, settings_at, target
from ml_utils.trainer.loop import train
from ml_utils.trainer.order import Leave, Order, Patience
from ml_utils.trainer.quiet import QuietWire
from ml_utils.trainer.session import Session

CODE = "abcdefgh"
ADA = {"id": "ada", "name": "Ada"}
Acts = dict[tuple[int, int], tuple[str, dict[str, Any]]]  # by place: a Command
OFTEN = Patience(checkpoint=0.0)


class _Acted(Session):
    """Gets Commands at places."""

    acts: Acts

    def obey(self) -> bool:
        if not self.behind and self.progress.place in self.acts:
            name, args = self.acts.pop(self.progress.place)
            if name == "leave":
                raise Leave("killed", save=False)
            self.wire.notes.put({"t": "command", "id": f"c{self.progress.place}{name}", "name": name, "args": args})
        return super().obey()


class Played:
    """The log of a room in a folder; `train` goes on as the log says."""

    def __init__(self, folder: Path, threads: int = 1, code: str = CODE) -> None:
        self.code, self.threads = code, threads
        self.order = Order("", code, 1, "", str(folder / "checkpoints"))
        self.facts: list[dict[str, Any]] = []
        self.state = empty_state(code)
        self.attempt = 0

    def add(self, name: str, data: dict[str, Any], position: dict[str, Any] | None = None,
            by: dict[str, Any] | None = None) -> None:
        plain = EVENTS[name].model_validate(data).model_dump(mode="json")
        fact = {"seq": len(self.facts) + 1, "name": name, "data": plain, "position": position, "by": by, "at": 1.5e9}
        self.facts.append(fact)
        fold(self.state, fact)

    def run(self, blueprint: Blueprint, settings: Settings | None = None, warm: dict[str, Any] | None = None) -> None:
        self.add("run_started", {
            "run": f"r{len(self.state['runs']) + 1}", "branch": next_branch(self.state), "blueprint": blueprint,
            "settings": settings or Settings(), "threads": self.threads, "warm": warm}, by=ADA)

    def train(self, until: int, acts: Acts | None = None, patience: Patience | None = None, steps: int | None = None) -> None:
        """Train to the end of an epoch; Commands take effect at their places."""
        session = self.state["session"]
        if session["status"] != "training":
            self.add("training_requested", {"until": until, "steps": steps}, session["position"], ADA)
        self.attempt += 1
        self.add("trainer_started", {"attempt": self.attempt})
        wire = QuietWire(lambda name, data, position: self.add(name, data, position))
        going = _Acted(self.order, patience or Patience(), wire, work_of(self.state, go=True))
        going.acts = acts or {}
        try:
            going.begin()
            while going.obey():
                train(going)
        except Leave:
            self.add("trainer_lost", {"attempt": self.attempt, "reason": "killed"})

    def change(self, **asked: Any) -> None:
        """Change Settings while nothing trains."""
        old = self.state["settings"]
        new = changed(Settings.model_validate(old), asked).model_dump(mode="json")
        position = {**self.state["session"]["position"], **target(self.state)}
        data = {"changes": changes_between(old, new), "settings": new, "reason": "why: not"}
        self.add("settings_changed", data, position, ADA)

    def back(self, branch: str, epoch: int) -> None:
        """Go back; what comes next begins a Branch."""
        branch = home(self.state, branch, epoch)
        run = self.state["branches"][branch]["run"]
        settings = settings_at(self.state, branch, (epoch, 0))
        position = start_of(run, branch, self.state["runs"][run]["blueprint"], settings, epoch)
        self.add("reverted", {"branch": branch, "epoch": epoch, "settings": settings}, position, ADA)

    def fork(self, before: int | None = None) -> None:
        """Begin a Branch where the Session stands."""
        position = {**self.state["session"]["position"], "branch": next_branch(self.state)}
        was = self.state["session"]["position"]
        self.add("branch_started", {
            "branch": position["branch"], "run": was["run"], "parent": was["branch"], "epoch": was["epoch"], "kind": "fork",
            "settings": self.state["settings"], "before": before}, position, ADA)

    def digests(self, branch: str) -> dict[tuple[int, int], list[str]]:
        found: dict[tuple[int, int], list[str]] = {}
        for fact in self.facts:
            if fact["name"] == "checkpoint_saved" and fact["data"]["branch"] == branch:
                found.setdefault((fact["data"]["epoch"], fact["data"]["batch"]), []).append(fact["data"]["digest"])
        return found


Play = Callable[[], Played]

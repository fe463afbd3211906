"""What is read out of a room's log: the ledger of changes with the loss around each, and what the layers were like.

Everything here may take longer than 5 ms and runs off the hub; it reads the store and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core.patches_seen import TRENDS
from ..core.series import cut, thin
from ..core.settings import changes_between
from ..core.tree import settings_at
from ..tables import ALL, SAME
from .store import Store

Fact = dict[str, Any]
Row = dict[str, Any]
State = dict[str, Any]

AROUND = 50  # batches averaged before and after a change
EVENTS_A_PAGE = 1000
TREND_POINTS = 300  # of one trend
LISTED = ("run_started", "settings_changed", "reverted", "branch_started", "training_paused", "branch_renamed", "epoch_pinned",
          "epoch_unpinned", "forks_planned", "plan_dropped")
SEEN = ("layers_measured", "histograms_measured", "trainer_recovered")


def frozen(state: State) -> State:
    """Return what is needed here of a Snapshot, as it is now; call it under the ledger's lock."""
    return {"seq": state["seq"], "runs": dict(state["runs"]), "markers": list(state["markers"]),
            "branches": {name: dict(row) for name, row in state["branches"].items()},
            "held": list(state["session"]["held"] or [])}


def pages(store: Store, code: str, names: Sequence[str]) -> Iterator[Fact]:
    """Yield the Events of these names, oldest first, a page at a time."""
    since = 0
    while page := store.events(code, since, names, limit=EVENTS_A_PAGE):
        yield from page
        since = page[-1]["seq"]


def way(branches: dict[str, Row], branch: str) -> list[tuple[str, float]]:
    """Return the line of a Branch from the start of its Run: (Branch, up to which x)."""
    found = [(branch, ALL)]
    while (row := branches[found[-1][0]])["parent"] is not None:
        found.append((row["parent"], float(row["epoch"])))
    return found[::-1]


# ── the ledger of changes ───────────────────────────────────────────────────────────────────────────────────

def ledger_rows(store: Store, code: str, state: State, before: int | None = None,
                limit: int | None = None) -> tuple[list[Row], bool]:
    """Return what people (and plans) changed, newest first, with Events before a `seq` only; and whether there is more."""
    reader = Reader(state)
    rows = [row for fact in pages(store, code, LISTED) if (row := reader.row(fact))]
    rows = [row for row in reversed(rows) if before is None or row["seq"] < before]
    shown = rows[:limit]
    curves = Curves(store, code, state["branches"])
    for row in shown:
        curves.measure(row)
    return shown, len(rows) > len(shown)


class Reader:
    """Reads Events in the order of the log; knows which Settings and names held before each."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._homes = {marker["seq"]: marker["branch"] for marker in state["markers"]}
        self._held = {marker["seq"] for marker in state["held"]}
        self._settings: dict[str, Any] = {}
        self._titles: dict[str, str | None] = {}
        self._readers: dict[str, Callable[[Fact], Row | None]] = {
            "run_started": self._run_started, "settings_changed": self._settings_changed, "reverted": self._reverted,
            "branch_started": self._branch_started, "training_paused": self._paused, "branch_renamed": self._renamed,
            "epoch_pinned": self._pinned, "epoch_unpinned": self._pinned, "forks_planned": self._planned}

    def row(self, fact: Fact) -> Row | None:
        """Return a row of the ledger; None where nobody changed anything."""
        place, data = fact["position"] or {}, fact["data"]
        more = self._readers[fact["name"]](fact) if fact["name"] in self._readers else {}
        self._settings = data.get("settings", self._settings)
        if more is None:
            return None
        return {"seq": fact["seq"], "at": fact["at"], "by": fact["by"], "name": fact["name"], "kind": None,
                "run": place.get("run"), "branch": place.get("branch"), "parent": None, "epoch": place.get("epoch"),
                "batch": place.get("batch"), "x": place.get("x"), "changes": [], "reason": data.get("reason"), "note": None,
                "of": data.get("replays"), "standing": "done", "before": None, "after": None, **more}

    def _run_started(self, fact: Fact) -> Row:
        data = fact["data"]
        return {"run": data["run"], **_at(data["branch"], 0), "note": data["blueprint"]["dataset"]}

    def _settings_changed(self, fact: Fact) -> Row | None:
        """Off the tip of a Branch a change is held; it took effect on the Branch that started there, or never."""
        if not fact["data"]["changes"]:
            return None
        seq = fact["seq"]
        found = {"changes": _listed(fact["data"]["changes"])}
        if seq in self._homes:
            return {**found, "branch": self._homes[seq]}
        return {**found, "standing": "held" if seq in self._held else "dropped" if fact["position"] else "done"}

    def _reverted(self, fact: Fact) -> Row:
        return {"changes": _listed(changes_between(self._settings, fact["data"]["settings"])) if self._settings else []}

    def _branch_started(self, fact: Fact) -> Row:
        data = fact["data"]
        row = self._state["branches"][data["branch"]]
        return {"run": data["run"], **_at(data["branch"], data["epoch"]), "parent": data["parent"], "kind": data["kind"],
                "of": data.get("of"), "changes": _listed(row["changes"])}

    def _paused(self, fact: Fact) -> Row | None:
        return {"reason": None} if fact["by"] and fact["data"]["reason"] == "interrupted" else None

    def _renamed(self, fact: Fact) -> Row:
        branch, title = fact["data"]["branch"], fact["data"]["title"] or None
        change = {"name": "title", "from": self._titles.get(branch), "to": title}
        self._titles[branch] = title
        return {**self._run_of(branch), "branch": branch, "epoch": None, "batch": None, "x": None, "changes": [change]}

    def _pinned(self, fact: Fact) -> Row:
        branch = fact["data"]["branch"]
        return {**self._run_of(branch), **_at(branch, fact["data"]["epoch"])}

    def _planned(self, fact: Fact) -> Row:
        """Twins have a change each, both from the Settings that hold where they will leave their parent."""
        forks = fact["data"]["forks"]
        first = forks[0]
        then = {**self._state, "seq": fact["seq"]}
        holds = settings_at(then, first["parent"], (first["epoch"], 0))
        changes = [change for fork in forks for change in _listed(changes_between(holds, fork["settings"]))]
        return {**self._run_of(first["parent"]), **_at(first["parent"], first["epoch"]), "kind": first["kind"],
                "of": first.get("of"), "reason": first.get("reason"), "changes": changes}

    def _run_of(self, branch: str) -> Row:
        return {"run": self._state["branches"][branch]["run"]}


def _at(branch: str, epoch: int) -> Row:
    return {"branch": branch, "epoch": epoch, "batch": 0, "x": float(epoch)}


def _listed(changes: dict[str, dict[str, Any]]) -> list[Row]:
    return [{"name": name, **change} for name, change in changes.items()]


class Curves:
    """The training loss around a place: raw, train mode, each batch counted once."""

    def __init__(self, store: Store, code: str, branches: dict[str, Row]) -> None:
        self._store, self._code, self._branches = store, code, branches
        self._known: dict[str, tuple[Any, Any]] = {}

    def measure(self, row: Row) -> None:
        """Fill in `before` and `after` where a change may show: ``{loss, steps}``, steps ≤ 50, or None without a batch."""
        if row["name"] in ("settings_changed", "branch_started") and row["branch"] in self._branches:
            row["before"] = _mean(self._before(row["branch"], row["x"]))
            row["after"] = _mean(self._after(row["branch"], row["x"])) if row["standing"] == "done" else None

    def _before(self, branch: str | None, x: float) -> list[float]:
        """Ancestors count up to the fork."""
        found: list[float] = []
        while branch is not None and len(found) < AROUND:
            xs, losses = self._of(branch)
            end = int(np.searchsorted(xs, x + SAME, "right"))
            found = losses[max(0, end - AROUND + len(found)):end].tolist() + found
            x, branch = min(x, self._branches[branch]["epoch"]), self._branches[branch]["parent"]
        return found

    def _after(self, branch: str, x: float) -> list[float]:
        xs, losses = self._of(branch)
        start = int(np.searchsorted(xs, x + SAME, "right"))
        return list(losses[start:start + AROUND].tolist())

    def _of(self, branch: str) -> tuple[Any, Any]:
        if branch not in self._known:
            xs, rows = self._store.points(self._code, branch, 0.0, ALL)
            self._known[branch] = xs, rows[:, 0]
        return self._known[branch]


def _mean(losses: list[float]) -> Row | None:
    return {"loss": float(np.mean(losses)), "steps": len(losses)} if losses else None


# ── what the layers were like ───────────────────────────────────────────────────────────────────────────────

class Looks:
    """What was measured in the layers of one Branch."""

    def __init__(self) -> None:
        self.trends: dict[str, dict[str, list[list[Any]]]] = {}
        self.histograms: list[list[Any]] = []  # [x, seq]

    def take(self, fact: Fact) -> None:
        x = fact["position"]["x"]
        if fact["name"] == "trainer_recovered":  # what came after is measured again
            self.histograms = cut(self.histograms, x)
            self.trends = {name: {metric: cut(points, x) for metric, points in found.items()}
                           for name, found in self.trends.items()}
        elif fact["name"] == "histograms_measured":
            self.histograms.append([x, fact["seq"]])
        else:
            for name, look in fact["data"]["layers"].items():
                for metric in (one for one in TRENDS if look.get(one) is not None):
                    self.trends.setdefault(name, {}).setdefault(metric, []).append([x, look[metric]])


def layers_of(store: Store, code: str, branches: dict[str, Row], branch: str, epoch: float) -> Row:
    """Return the trends of a whole line and the histograms nearest to (at or before) an epoch; `x`: where those stand."""
    line = way(branches, branch)
    looks = {name: Looks() for name, _ in line}
    for fact in pages(store, code, SEEN):
        if fact["position"]["branch"] in looks:
            looks[fact["position"]["branch"]].take(fact)
    found = [row for name, limit in line for row in cut(looks[name].histograms, min(limit, epoch))]
    x, seq = found[-1] if found else (None, None)
    layers = store.events(code, seq - 1, limit=1)[0]["data"]["layers"] if seq else {}
    return {"ok": True, "branch": branch, "x": x, "trends": _joined(line, looks), "histograms": layers}


def _joined(line: list[tuple[str, float]], looks: dict[str, Looks]) -> dict[str, dict[str, list[list[Any]]]]:
    trends: dict[str, dict[str, list[list[Any]]]] = {}
    for branch, limit in line:
        for name, found in looks[branch].trends.items():
            for metric, points in found.items():
                trends.setdefault(name, {}).setdefault(metric, []).extend(cut(points, limit))
    return {name: {metric: thin(points, TREND_POINTS) for metric, points in found.items()} for name, found in trends.items()}

"""The best epoch on the way to a place: by the Setting `watch`, on the validation split where there is one, else on test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .datasets import held_back
from .tree import Place, changes_on, on_the_way, place_of, segments, settings_at

State = dict[str, Any]
METRICS = ("accuracy", "loss")
COUNTED = ("patience", "watch")  # where one of them changes the patience is counted anew
Points = dict[int, float]  # by epoch


def watched_split(blueprint: dict[str, Any]) -> str:
    """Return the split by which the epochs of a Run are compared."""
    return "validation" if held_back(blueprint) else "test"


def better(metric: str, value: float, old: float) -> bool:
    """Whether a value is better than an older one; an equal one is not."""
    return value < old if metric == "loss" else value > old


def scores_on(state: State, branch: str, place: Place, metric: str) -> Points:
    """Return the watched values of the epochs on the way to a place; those that are no numbers are not among them."""
    run = state["runs"][state["branches"][branch]["run"]]
    name = f"{watched_split(run['blueprint'])}_{metric}"
    return {int(x): value for part, limit, _ in segments(state, branch, place)
            for x, value in state["series"].get(part, {}).get(name, ()) if x <= limit[0]}


def best_in(points: Points, metric: str) -> int | None:
    """Return the best epoch, of equal ones the earliest."""
    found = None
    for epoch in sorted(points):
        if found is None or better(metric, points[epoch], points[found]):
            found = epoch
    return found


def best_of(state: State, branch: str) -> dict[str, Any] | None:
    """Return the best epoch on the way to the tip of a Branch that has a sound Checkpoint; None where there is none.

    `epoch`, and the `branch` whose Checkpoint it is (the Branch itself, or an ancestor); by which `metric` of which
    `split`, and its `value`. The Settings at the tip say by what.
    """
    row = state["branches"][branch]
    tip = place_of(row["tip"])
    metric = settings_at(state, branch, tip).get("watch", "accuracy")
    homes = _homes(on_the_way(state, state["checkpoints"], branch, tip))
    points = {epoch: value for epoch, value in scores_on(state, branch, tip, metric).items() if epoch in homes}
    if (epoch := best_in(points, metric)) is None:
        return None
    split = watched_split(state["runs"][row["run"]]["blueprint"])
    return {"epoch": epoch, "branch": homes[epoch], "metric": metric, "split": split, "value": points[epoch]}


def _homes(checkpoints: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Return by epoch whose Checkpoint there is at its end; the ancestors' come first."""
    found: dict[int, str] = {}
    for row in checkpoints:
        if row["batch"] == 0 and row["finite"]:
            found.setdefault(row["epoch"], row["branch"])
    return found


def bests_among(state: State) -> set[tuple[str, int, int]]:
    """Return (branch, epoch, 0) of the best Checkpoints among each Branch's own, by either metric: quick, for all at once."""
    own: dict[str, set[int]] = {}
    for row in state["checkpoints"]:
        if row["batch"] == 0 and row.get("finite", True):
            own.setdefault(row["branch"], set()).add(row["epoch"])
    found = set()
    for name, epochs in own.items():
        series = state.get("series", {}).get(name, {})
        split = "validation" if "validation_accuracy" in series else "test"
        for metric in METRICS:
            points = {int(x): value for x, value in series.get(f"{split}_{metric}", ()) if x in epochs}
            found |= {(name, epoch, 0) for epoch in (best_in(points, metric),) if epoch is not None}
    return found


def watched_on(state: State, branch: str, place: Place, held: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return what early stopping goes by at a place, as `core.work.Watched`: a function of the way there alone."""
    found: dict[str, Any] = {"since": _counted_from(state, branch, place, held), "known": 0}
    for metric in METRICS:
        points = scores_on(state, branch, place, metric)
        epoch = best_in(points, metric)
        found[metric] = None if epoch is None else {"epoch": epoch, "value": points[epoch]}
        found["known"] = max(found["known"], *points, 0)
    return found


def _counted_from(state: State, branch: str, place: Place, held: Iterable[dict[str, Any]]) -> int:
    """Return the last epoch on the way in which a training stopped early, or in which something that is counted by changed."""
    since = [row["epoch"] for name, limit, known in segments(state, branch, place)
             for row in state["branches"][name].get("stops", ()) if row["epoch"] <= limit[0] and row["seq"] < known]
    before = state["runs"][state["branches"][branch]["run"]]["settings"]
    for (epoch, _), settings in changes_on(state, branch, place, held):
        if any(settings.get(name) != before.get(name) for name in COUNTED):
            since.append(epoch)
        before = settings
    return max(since, default=0)

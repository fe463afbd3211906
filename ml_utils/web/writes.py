"""What one transaction of the store writes, and how Events and other values become rows of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..core.recipe import network_digest
from .chunks import SERIES, Rows

Fact = dict[str, Any]


@dataclass
class Accepted:
    """A Command that was accepted: its first answer, and whether its Event is still to come."""

    room: str
    id: str
    name: str
    args: dict[str, Any]
    by: dict[str, Any] | None
    answer: dict[str, Any]
    done: bool = True


@dataclass
class Writes:
    """What one transaction writes."""

    events: list[tuple[str, Fact]] = field(default_factory=list)
    rooms: dict[str, dict[str, Any]] = field(default_factory=dict)  # columns by code
    accepted: list[Accepted] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)  # (room, command id)
    curves: list[tuple[str, str, Rows | float]] = field(default_factory=list)  # room, branch: rows to add, or x to cut at
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)  # Blueprints for people's own libraries, as rows
    dropped: list[tuple[str, str]] = field(default_factory=list)  # (person, id) of Blueprints to be taken out
    best: list[dict[str, Any]] = field(default_factory=list)  # results, as rows; the better one stays
    images: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)  # room, name, row; none: dropped
    durable: bool = False


def keep_points(fact: Fact, code: str, writes: Writes) -> None:
    """Add what a fact does to the curves on disk."""
    if fact["name"] == "metrics":
        rows = [list(row) for row in zip(*(fact["data"][name] for name in SERIES), strict=True)]
        writes.curves.append((code, fact["position"]["branch"], (list(fact["data"]["x"]), rows)))
    elif fact["name"] == "trainer_recovered":
        writes.curves.append((code, fact["position"]["branch"], fact["position"]["x"]))


def keep_best(fact: Fact, code: str, runs: dict[str, Any], writes: Writes) -> None:
    """Add what a network reached at the end of an epoch."""
    if fact["name"] == "epoch_finished":
        place = fact["position"]
        writes.best.append({"digest": network_digest(runs[place["run"]]["blueprint"]), "room": code,
                            "accuracy": fact["data"]["test"]["accuracy"], "epoch": place["epoch"]})


def keep_images(fact: Fact, code: str, writes: Writes) -> None:
    """Add which own images a room keeps."""
    data = fact["data"]
    if fact["name"] == "images_kept":
        row = {"images": data["images"], "bytes": data["bytes"], "by": fact["by"], "at": fact["at"]}
        writes.images.append((code, data["dataset"], {"shared": data["shared"], "about": json.dumps(row)}))
    elif fact["name"] == "images_dropped":
        writes.images.append((code, data["dataset"], None))


def event_row(room: str, fact: Fact) -> dict[str, Any]:
    return {"room": room, "seq": fact["seq"], "name": fact["name"], "data": json.dumps(fact["data"], separators=(",", ":")),
            "position": dumps(fact["position"]), "by": dumps(fact["by"]), "at": fact["at"]}


def fact_of(row: Any) -> Fact:
    return {"seq": row.seq, "name": row.name, "data": json.loads(row.data), "position": loads(row.position),
            "by": loads(row.by), "at": row.at}


def dumps(value: Any) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"))


def loads(value: str | None) -> Any:
    return None if value is None else json.loads(value)

"""One's own library: Blueprints that a person keeps for all rooms, with the best that such a network ever reached."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from ..core.blueprint import Blueprint
from ..core.errors import Refused, shown
from ..core.fields import Title
from ..core.recipe import network_digest
from ..core.settings import Strict
from .decision import Known
from .drafting import check_kept
from .ledger import Ledger
from .writes import Writes

MOST_KEPT = 200  # of one person
Row = dict[str, Any]


class Keeping(Strict):
    """A Blueprint, and the name under which it is kept."""

    title: Title
    blueprint: Blueprint


class Library:
    """All people's libraries. `clock` gives Unix seconds, `known` refuses a Blueprint whose images are not here."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], known: Known) -> None:
        self._ledger, self._clock, self._known = ledger, clock, known

    def of(self, person: str, knows: Callable[[str], bool]) -> list[Row]:
        """Return ``[{id, title, blueprint, at, best}]``, newest first.

        `best` {accuracy, epoch, room} is the highest test accuracy that an epoch of any room reached with the same dataset
        and layers, whatever the seed; None: none yet. Who has a room's code may go in and steer, so `room` is None where
        the person does not know it (`knows`).
        """
        rows = self._ledger.store.library(person)
        best = self._ledger.store.best([row["digest"] for row in rows])
        return [{"id": row["id"], "title": row["title"], "blueprint": row["blueprint"], "at": row["at"],
                 "best": _told(best.get(row["digest"]), knows)} for row in rows]

    def keep(self, person: str, asked: Keeping) -> str:
        """Keep a Blueprint and return its id; raise `Refused` where the library is full or has one of this name."""
        with self._ledger.lock:
            self._known(asked.blueprint)
            blueprint = asked.blueprint.model_dump(mode="json")
            check_kept(asked.title, blueprint, [row["title"] for row in self._ledger.store.library(person)], MOST_KEPT)
            name = secrets.token_hex(8)
            row = {"person": person, "id": name, "title": asked.title, "blueprint": json.dumps(blueprint),
                   "digest": network_digest(blueprint), "at": round(self._clock(), 3)}
            self._ledger.commit(library=Writes(kept=[row], durable=True))
        return name

    def drop(self, person: str, name: str) -> None:
        """Take a Blueprint out; raise `Refused` where there is none."""
        with self._ledger.lock:
            if name not in [row["id"] for row in self._ledger.store.library(person)]:
                raise Refused("not_found", f"There is no {shown(name)} in your library.", "It may have been taken out already.")
            self._ledger.commit(library=Writes(dropped=[(person, name)], durable=True))


def _told(best: Row | None, knows: Callable[[str], bool]) -> Row | None:
    return best and {**best, "room": best["room"] if knows(best["room"]) else None}

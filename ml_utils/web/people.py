"""Who is here: connections by room. May be lost, never stored."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import Refused

MOST_CONNECTIONS = 20  # of one person


@dataclass
class Connection:
    """One open page: whose it is, and the room it joined."""

    person: str
    name: str
    room: str | None = None

    @property
    def by(self) -> dict[str, str]:
        return {"id": self.person, "name": self.name}


class People:
    """All connections of this server."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}

    def arrive(self, sid: str, person: str, name: str) -> bool:
        """Take a new connection; False where this person has too many."""
        if sum(one.person == person for one in self._connections.values()) >= MOST_CONNECTIONS:
            return False
        self._connections[sid] = Connection(person, name)
        return True

    def of(self, sid: str) -> Connection:
        """Return a connection; raise `Refused` where it is gone already."""
        if sid not in self._connections:
            raise Refused("not_connected", "This connection has ended.", "Connect again.")
        return self._connections[sid]

    def leave(self, sid: str) -> Connection | None:
        return self._connections.pop(sid, None)

    def rename(self, person: str, name: str) -> set[str]:
        """Give a person's open pages a new name; return the rooms that see it."""
        mine = [one for one in self._connections.values() if one.person == person]
        for one in mine:
            one.name = name
        return {one.room for one in mine if one.room}

    def here(self, room: str) -> list[dict[str, str]]:
        """Return everybody in a room once, by name."""
        found = {one.person: one.by for one in self._connections.values() if one.room == room}
        return sorted(found.values(), key=lambda one: (one["name"].lower(), one["id"]))

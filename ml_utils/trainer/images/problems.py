"""What is odd about images that somebody brought, but no reason to refuse them all: listed, for people to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST_TOLD = 200
LONGEST = 200  # letters of a file's name, or of a detail


@dataclass
class Problems:
    """The first ones in words, and how many there are of them all. Kinds have words on the page."""

    told: list[dict[str, str]] = field(default_factory=list)
    count: int = 0

    def add(self, kind: str, file: str, detail: str = "") -> None:
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append({"kind": kind, "file": _short(file), "detail": _short(detail)})

    def as_json(self) -> dict[str, Any]:
        return {"problems": self.told, "problem_count": self.count}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

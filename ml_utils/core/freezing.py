"""Which layers can be frozen, by name or by group."""

from __future__ import annotations

from collections.abc import Iterable

from .kinds import KINDS

LEARNING = frozenset(name for name, kind in KINDS.items() if kind.learns)


def matching(layers: list[str], pattern: str) -> list[str]:
    """Return the layers that learn and are meant by ``conv1`` (one), ``conv*`` (a kind) or ``*`` (all), in their order."""
    return [name for name in layers if kind(name) in LEARNING and pattern in (name, f"{kind(name)}*", "*")]


def frozen_after(frozen: Iterable[str], command: str, layers: Iterable[str]) -> list[str]:
    """Return which layers are frozen after ``freeze`` or ``unfreeze`` of these."""
    return sorted({*frozen, *layers} if command == "freeze" else {*frozen} - {*layers})


def kind(name: str) -> str:
    """Return the kind of a layer: ``conv1`` is a ``conv``."""
    return name.rstrip("0123456789")

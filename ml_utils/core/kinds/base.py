"""What every kind of layer says of itself, in one entry: fields, shape rule, counts, and how torch builds it.

To add a kind, write a class here beside its like and name it in `kinds/__init__.py`: the palette, the editors, the
checks, the docs and the tests read the entry, and the trainer builds what its `module` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from ..settings import Strict
from .forms import Call, Form, Net, Reach, Sides, Words, call, divisors, times
from .misfits import MOST_SIDE, MOST_STEPS, TAKE_OUT, Fix, Misfit, needs, too_long

__all__ = [
    "LARGEST", "MOST_SIDE", "MOST_STEPS", "TAKE_OUT", "About", "Call", "Cost", "Fix", "Form", "Kind", "Misfit", "Net",
    "Reach", "Sides", "Step", "Words", "bounded", "call", "divisors", "field_words", "misfit_of", "names_of", "needs",
    "through", "times", "too_long", "walk"]

LARGEST = 2**31  # numbers that one example may become, at any place


@dataclass(frozen=True)
class About:
    """The words of a kind, and the group of the palette it stands in."""

    title: Words
    help: Words
    group: str


@dataclass(frozen=True)
class Cost:
    """Numbers that are learned; for one example, multiply-adds forward, and numbers kept for the way back."""

    parameters: int = 0
    macs: int = 0
    kept: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.parameters + other.parameters, self.macs + other.macs, self.kept + other.kept)


@dataclass(frozen=True)
class Step:
    """A layer at its place: what comes in, what comes out, what it costs, and the same of the layers inside.

    `form` is None behind a misfit, `out` from it on.
    """

    layer: Kind
    form: Form | None
    out: Form | None = None
    cost: Cost = Cost()
    inside: tuple[Step, ...] = ()
    misfit: Misfit | None = None


class Kind(Strict):
    """Base of all kinds of layers; the fields are what is chosen by hand."""

    about: ClassVar[About]
    learns: ClassVar[bool] = False  # has weights
    instead: ClassVar[dict[str, tuple[str, Words]]] = {}  # by the type of what it cannot take: kind, title of what can
    kind: str  # the word for it in blueprints, which also begins the names of its layers

    def out(self, form: Form) -> Form:
        """Return what comes out; raise Misfit where this cannot come in."""
        return form

    def weights(self, form: Form) -> dict[str, Sides]:
        """Return the shape of each parameter by the name torch gives it."""
        return {}

    def parameters(self, form: Form) -> int:
        return sum(map(prod, self.weights(form).values()))

    def macs(self, form: Form, out: Form) -> int:
        """Return the multiply-adds of one example, forward."""
        return 0

    def kept(self, form: Form, out: Form) -> int:
        """Return how many numbers (of 4 bytes) of one example are kept for the way back."""
        return out.size

    def reach(self, reach: Reach, form: Form) -> Reach:
        return reach

    def options(self, form: Form) -> dict[str, list[int]]:
        """Return for each field, where not all of its range can be chosen here, what can."""
        return {}

    def module(self, form: Form) -> Call:
        """Return how torch builds it."""
        raise NotImplementedError

    @property
    def inside(self) -> tuple[Kind, ...]:
        """The layers that it is made of."""
        return ()

    def step(self, form: Form) -> Step:
        """Return what it does here, in one walk through all that is inside; a misfit is in it."""
        try:
            out = bounded(self, self.out(form))
        except Misfit as misfit:
            return Step(self, form, misfit=misfit)
        return Step(self, form, out, Cost(self.parameters(form), self.macs(form, out), self.kept(form, out)))

    def reached(self, reach: Reach, step: Step) -> Reach:
        """Return the reach behind it."""
        return self.reach(reach, step.form) if step.form else reach


def bounded(layer: Kind, out: Form) -> Form:
    """Return what comes out; raise Misfit where it is far too much."""
    if out.size <= LARGEST:
        return out
    raise Misfit((f"{layer.about.title[0]} makes {out.text()}, more than {LARGEST:,} numbers of one example",
                  f"{layer.about.title[1]} macht {out.text()}, mehr als {LARGEST} Zahlen aus einem Beispiel"),
                 TAKE_OUT, code="too_large")


def walk(layers: Iterable[Kind], form: Form | None) -> tuple[Step, ...]:
    """Let this through layers, one after another; nothing comes out of the first that does not fit."""
    found = []
    for layer in layers:
        step = layer.step(form) if form else Step(layer, None, inside=walk(layer.inside, None))
        found.append(step)
        form = step.out
    return tuple(found)


def misfit_of(steps: Iterable[Step]) -> Misfit | None:
    """Return the first misfit, which then knows its place."""
    for number, step in enumerate(steps):
        found = misfit_of(step.inside) or step.misfit
        if found:
            found.at = (number, *(found.at if step.misfit is None else ()))
            return found
    return None


def through(layers: Iterable[Kind], form: Form) -> list[Form]:
    """Return what comes out of each of these, one after another; raise Misfit where they do not fit."""
    steps = walk(layers, form)
    misfit = misfit_of(steps)
    if misfit:
        raise misfit
    return [step.out for step in steps if step.out]


def names_of(layers: Iterable[Kind]) -> list[str]:
    """Return a name for each layer: its kind and its number among its kind, such as ``conv2``."""
    counts: dict[str, int] = {}
    found = []
    for layer in layers:
        counts[layer.kind] = counts.get(layer.kind, 0) + 1
        found.append(f"{layer.kind}{counts[layer.kind]}")
    return found


def field_words(label: Words, help: Words, **choices: Words) -> dict[str, Any]:
    """Return the words of a field, and of each of its choices, for its JSON schema."""
    row: dict[str, Any] = {"label": _both(label), "help": _both(help)}
    return {**row, "choices": {name: _both(words) for name, words in choices.items()}} if choices else row


def _both(words: Words) -> dict[str, str]:
    return {"en": words[0], "de": words[1]}

"""What flows between layers, what one value depends on, and how torch is told to build a layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

Words = tuple[str, str]  # English, German
Sides = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """What flows between two layers, without the batch.

    An image (channels, height, width), a sequence (steps, features), a row (values,), or words: (steps,) whole
    numbers below `words`.
    """

    sides: Sides
    words: int = 0

    @property
    def type(self) -> str:
        return "words" if self.words else {3: "image", 2: "sequence", 1: "row"}[len(self.sides)]

    @property
    def size(self) -> int:
        return prod(self.sides)

    def text(self) -> str:
        """Return it as people write it: ``16×28×28``."""
        return times(self.sides)


def times(sides: Sides) -> str:
    """Return sides as people write them: ``28×28``."""
    return "×".join(map(str, sides))


@dataclass(frozen=True)
class Reach:
    """The receptive field: how many pixels of the input (height, width) one value depends on, and how far apart two are."""

    size: tuple[float, float] = (1, 1)
    jump: tuple[float, float] = (1, 1)
    whole: bool = False  # on all of them

    def window(self, kernel: int, stride: int, dilation: int = 1) -> Reach:
        height, width = (size + dilation * (kernel - 1) * jump for size, jump in zip(self.size, self.jump, strict=True))
        return replace(self, size=(height, width), jump=(self.jump[0] * stride, self.jump[1] * stride))


@dataclass(frozen=True)
class Call:
    """How torch builds a module: a name that trainer and code know, its arguments; a `Net` or a Call may be one of them."""

    name: str
    args: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Net:
    """Modules one after another, each with its name."""

    parts: tuple[tuple[str, Call], ...]


def call(name: str, *args: Any, **named: Any) -> Call:
    return Call(name, args, tuple(named.items()))


def divisors(number: int, limit: int = 4096) -> list[int]:
    """Return those up to a limit, smallest first."""
    found, factor = [1], 2
    while factor <= limit and number > 1:
        if number % factor:
            factor = factor + 1 if factor * factor < number else number  # which then is prime
            continue
        powers = [1]
        while number % factor == 0:
            number //= factor
            powers.append(powers[-1] * factor)
        found = [one * power for power in powers for one in found if one * power <= limit]
    return sorted(found)

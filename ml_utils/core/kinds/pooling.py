"""Pooling: layers that make images smaller, without weights."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import About, Call, Fix, Form, Kind, Misfit, Reach, Words, call, field_words, needs, times
from .window import POOL_PADDING, POOL_STRIDE, SIZE, Window

MOST_SIZE = 16
Size = Annotated[int, Field(ge=2, le=MOST_SIZE, json_schema_extra=SIZE)]
PoolStride = Annotated[int | None, Field(ge=1, le=16, json_schema_extra=POOL_STRIDE)]
PoolPadding = Annotated[int, Field(ge=0, le=8, json_schema_extra=POOL_PADDING)]


class _Pooling(Window):
    instead: ClassVar[dict[str, tuple[str, Words]]] = {"sequence": ("sequencepool", ("Sequence to row", "Folge zu Reihe"))}
    size: Size = 2
    stride: PoolStride = None
    padding: PoolPadding = 0

    def fields(self) -> tuple[int, int, int, int]:
        return self.size, self.stride or self.size, self.padding, 1

    def smaller(self, form: Form) -> list[Fix]:
        size = min(form.sides[1:])
        if size < 2:
            return []
        gives = times(self.model_copy(update={"size": size, "padding": 0}).places(form))
        return [Fix((f"size {size} gives {gives}", f"Größe {size} gibt {gives}"), fields={"size": size, "padding": 0})]

    def out(self, form: Form) -> Form:
        if form.type == "image" and self.padding > self.size // 2:
            best = self.size // 2
            raise Misfit((f"padding {self.padding} is more than half the size {self.size}",
                          f"der Rand {self.padding} ist mehr als die halbe Größe {self.size}"),
                         Fix((f"padding {best}", f"Rand {best}"), fields={"padding": best}))
        sides = self.slid(form)
        return Form((form.sides[0], *sides))

    def options(self, form: Form) -> dict[str, list[int]]:
        if form.type != "image":
            return {}
        side = min(form.sides[1:])
        return {"size": list(range(max(2, 2 * self.padding), min(MOST_SIZE, side + 2 * self.padding) + 1)),
                "padding": list(range(max(0, -(-(self.size - side) // 2)), self.size // 2 + 1))}

    def _torch(self, name: str) -> Call:
        stride = self.stride or self.size
        named = {"stride": stride, "padding": self.padding}
        usual = {"stride": self.size, "padding": 0}
        return call(name, self.size, **{key: value for key, value in named.items() if value != usual[key]})


class Pool(_Pooling):
    """Max-pooling: of each window the largest value stays."""

    about = About(("MaxPool2d", "MaxPool2d"), (
        "Keeps the largest value of each window: the image shrinks, what was found stays.",
        "Behält den größten Wert jedes Fensters: Das Bild schrumpft, das Gefundene bleibt."), "pooling")
    kind: Literal["pool"] = "pool"

    def kept(self, form: Form, out: Form) -> int:
        return 3 * out.size  # beside what comes out, where it was: a number of 8 bytes

    def module(self, form: Form) -> Call:
        return self._torch("nn.MaxPool2d")


class AvgPool(_Pooling):
    """Average pooling: each window becomes its mean."""

    about = About(("AvgPool2d", "AvgPool2d"), (
        "Replaces each window by its mean: the image shrinks and gets smoother.",
        "Ersetzt jedes Fenster durch seinen Mittelwert: Das Bild schrumpft und wird glatter."), "pooling")
    kind: Literal["avgpool"] = "avgpool"

    def macs(self, form: Form, out: Form) -> int:
        return out.size * self.size**2

    def module(self, form: Form) -> Call:
        return self._torch("nn.AvgPool2d")


class AdaptiveAvgPool(Kind):
    """Average pooling to a size that is given, whatever comes in."""

    about = About(("AdaptiveAvgPool2d", "AdaptiveAvgPool2d"), (
        "Averages so that every map gets the chosen size, whatever comes in. Size 1: one number per map.",
        "Mittelt so, dass jede Karte die gewählte Größe bekommt, was auch kommt. Größe 1: eine Zahl je Karte."), "pooling")
    instead: ClassVar[dict[str, tuple[str, Words]]] = _Pooling.instead
    kind: Literal["adaptiveavgpool"] = "adaptiveavgpool"
    size: Annotated[int, Field(ge=1, le=64, json_schema_extra=field_words(("Size", "Größe"), (
        "Height and width of what comes out.", "Höhe und Breite dessen, was herauskommt.")))] = 1

    def out(self, form: Form) -> Form:
        needs(self, form, "image")
        return Form((form.sides[0], self.size, self.size))

    def macs(self, form: Form, out: Form) -> int:
        return max(form.size, out.size)

    def reach(self, reach: Reach, form: Form) -> Reach:
        if self.size == 1:
            return Reach(reach.size, reach.jump, whole=True)
        height, width = (max(1, -(-side // self.size)) for side in form.sides[1:])
        tall, wide = reach.window(height, height), reach.window(width, width)
        return Reach((tall.size[0], wide.size[1]), (tall.jump[0], wide.jump[1]), reach.whole)

    def module(self, form: Form) -> Call:
        return call("nn.AdaptiveAvgPool2d", self.size)

"""Convolutions: layers that look for patterns in images."""

from __future__ import annotations

from math import gcd
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from .base import TAKE_OUT, About, Call, Fix, Form, Kind, Misfit, Reach, Sides, call, divisors, field_words, needs, times
from .window import GROUPS, MOST_CHANNELS, MOST_KERNEL, Bias, Channels, Dilation, Kernel, Padding, Stride, Window


class Convolving(Window):
    learns: ClassVar[bool] = True
    kernel: Kernel = 3
    stride: Stride = 1
    padding: Padding = None
    bias: Bias = True

    def fields(self) -> tuple[int, int, int, int]:
        dilation = self.spread()
        return self.kernel, self.stride, dilation * (self.kernel - 1) // 2 if self.padding is None else self.padding, dilation

    def spread(self) -> int:
        return 1

    def smaller(self, form: Form) -> list[Fix]:
        kernel = min(self.kernel, *form.sides[1:])
        dense = {"dilation": 1} if self.spread() > 1 else {}
        texts = (", dilation 1", ", Dilatation 1") if dense else ("", "")
        small = self.model_copy(update={"kernel": kernel, "padding": 0, **dense})
        gives = times(small.places(form))
        fix = Fix((f"kernel {kernel}{texts[0]} gives {gives}", f"Kernel {kernel}{texts[1]} gibt {gives}"),
                  fields={"kernel": kernel, "padding": 0, **dense})
        return [*self._keeping(form), fix]

    def _keeping(self, form: Form) -> list[Fix]:
        """Return the padding that keeps height and width, or halves them with a stride of 2."""
        padded = self.model_copy(update={"padding": None})
        sides = padded.places(form)
        if min(sides) < 1:
            return []
        padding, gives = padded.fields()[2], times(sides)
        words = ("keeps", "erhält") if sides == form.sides[1:] else ("gives", "gibt")
        return [Fix((f"padding {padding} {words[0]} {gives}", f"Rand {padding} {words[1]} {gives}"), fields={"padding": None})]

    def options(self, form: Form) -> dict[str, list[int]]:
        if form.type != "image":
            return {}
        side, dilation, padding = min(form.sides[1:]), self.spread(), self.padding
        kernels = [one for one in range(1, MOST_KERNEL + 1)
                   if side + 2 * (dilation * (one - 1) // 2 if padding is None else padding) > dilation * (one - 1)]
        least = max(0, -(-(dilation * (self.kernel - 1) + 1 - side) // 2))
        return {"kernel": kernels, "padding": list(range(least, MOST_KERNEL + 1))}

    def _torch(self, inputs: int, outputs: int, groups: int = 1) -> Call:
        kernel, stride, padding, dilation = self.fields()
        named: dict[str, Any] = {
            "stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "bias": self.bias}
        usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
        return call("nn.Conv2d", inputs, outputs, kernel, **{key: value for key, value in named.items() if value != usual[key]})


class Conv(Convolving):
    """Looks for patterns: the same small window of weights slides over the whole image."""

    about = About(("Conv2d", "Conv2d"), (
        "Looks for patterns: the same small windows of weights slide over the whole image, one for each channel after it.",
        "Sucht Muster: dieselben kleinen Gewichtsfenster gleiten über das ganze Bild, eines je Kanal, der herauskommt."),
        "convolution")
    kind: Literal["conv"] = "conv"
    channels: Channels = 16
    dilation: Dilation = 1
    groups: Annotated[int, Field(ge=1, le=MOST_CHANNELS, json_schema_extra=GROUPS)] = 1

    def spread(self) -> int:
        return self.dilation

    def out(self, form: Form) -> Form:
        sides = self.slid(form)
        if form.sides[0] % self.groups or self.channels % self.groups:
            best = divisors(gcd(form.sides[0], self.channels), self.groups)[-1]
            raise Misfit((f"{self.groups} groups do not divide {form.sides[0]} channels in and {self.channels} out",
                          f"{self.groups} Gruppen teilen nicht {form.sides[0]} Kanäle davor und {self.channels} danach"),
                         Fix((f"groups {best}", f"Gruppen {best}"), fields={"groups": best}), *self._more(form))
        return Form((self.channels, *sides))

    def _more(self, form: Form) -> list[Fix]:
        """Return the next larger number of channels that the groups divide."""
        channels = -(-self.channels // self.groups) * self.groups
        if form.sides[0] % self.groups or channels > MOST_CHANNELS:
            return []
        return [Fix((f"channels {channels}", f"Kanäle {channels}"), fields={"channels": channels})]

    def weights(self, form: Form) -> dict[str, Sides]:
        kernel = (self.channels, form.sides[0] // self.groups, self.kernel, self.kernel)
        return {"weight": kernel, **({"bias": (self.channels,)} if self.bias else {})}

    def macs(self, form: Form, out: Form) -> int:
        return out.size * (form.sides[0] // self.groups) * self.kernel**2

    def options(self, form: Form) -> dict[str, list[int]]:
        groups = {"groups": divisors(gcd(form.sides[0], self.channels))} if form.type == "image" else {}
        return {**super().options(form), **groups}

    def module(self, form: Form) -> Call:
        return self._torch(form.sides[0], self.channels, self.groups)


class ConvTranspose(Kind):
    """The way back of a convolution: each pixel paints a window, and the image grows."""

    about = About(("ConvTranspose2d", "ConvTranspose2d"), (
        "Makes images larger: each pixel paints a small window into the result, with weights that are learned.",
        "Macht Bilder größer: Jeder Pixel malt ein kleines Fenster ins Ergebnis, mit Gewichten, die gelernt werden."),
        "convolution")
    learns: ClassVar[bool] = True
    kind: Literal["convtranspose"] = "convtranspose"
    channels: Channels = 16
    kernel: Kernel = 2
    stride: Stride = 2
    padding: Annotated[int, Field(ge=0, le=MOST_KERNEL, json_schema_extra=field_words(("Padding", "Rand"), (
        "Pixels cut off on every side of the result.", "Pixel, die an jeder Seite des Ergebnisses wegfallen.")))] = 0
    output_padding: Annotated[int, Field(ge=0, le=7, json_schema_extra=field_words(("Output padding", "Rand am Ende"), (
        "Pixels added at the lower right; less than the stride.",
        "Pixel, die rechts unten dazukommen; weniger als die Schrittweite.")))] = 0
    bias: Bias = True

    def out(self, form: Form) -> Form:
        needs(self, form, "image")
        if self.output_padding >= self.stride:
            raise Misfit((f"output padding {self.output_padding} must be less than the stride {self.stride}",
                          f"der Rand am Ende ({self.output_padding}) muss kleiner sein als die Schrittweite {self.stride}"),
                         Fix((f"output padding {self.stride - 1}", f"Rand am Ende {self.stride - 1}"),
                             fields={"output_padding": self.stride - 1}))
        sides = [(side - 1) * self.stride - 2 * self.padding + self.kernel + self.output_padding for side in form.sides[1:]]
        if min(sides) < 1:
            image = times(form.sides[1:])
            raise Misfit((f"padding {self.padding} cuts away the whole result of an image of {image}",
                          f"der Rand {self.padding} schneidet das ganze Ergebnis eines Bildes von {image} weg"),
                         Fix(("padding 0", "Rand 0"), fields={"padding": 0}), TAKE_OUT)
        return Form((self.channels, *sides))

    def weights(self, form: Form) -> dict[str, Sides]:
        kernel = (form.sides[0], self.channels, self.kernel, self.kernel)
        return {"weight": kernel, **({"bias": (self.channels,)} if self.bias else {})}

    def macs(self, form: Form, out: Form) -> int:
        return form.size * self.channels * self.kernel**2

    def options(self, form: Form) -> dict[str, list[int]]:
        return {"output_padding": list(range(min(self.stride, 8)))}

    def reach(self, reach: Reach, form: Form) -> Reach:
        more = -(-self.kernel // self.stride) - 1
        size = (reach.size[0] + more * reach.jump[0], reach.size[1] + more * reach.jump[1])
        return Reach(size, (reach.jump[0] / self.stride, reach.jump[1] / self.stride), reach.whole)

    def module(self, form: Form) -> Call:
        named = {"stride": self.stride, "padding": self.padding, "output_padding": self.output_padding, "bias": self.bias}
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "bias": True}
        return call("nn.ConvTranspose2d", form.sides[0], self.channels, self.kernel,
                    **{key: value for key, value in named.items() if value != usual[key]})


class Depthwise(Convolving):
    """A convolution in which every channel is looked at alone."""

    about = About(("Depthwise Conv2d", "Depthwise Conv2d"), (
        "A convolution that looks at every channel alone: few weights, and no mixing of channels.",
        "Eine Faltung, die jeden Kanal für sich betrachtet: wenige Gewichte, kein Mischen der Kanäle."), "convolution")
    kind: Literal["depthwise"] = "depthwise"
    multiplier: Annotated[int, Field(ge=1, le=8, json_schema_extra=field_words(("Multiplier", "Vielfaches"), (
        "How many maps come out for each channel.", "Wie viele Karten je Kanal herauskommen.")))] = 1

    def out(self, form: Form) -> Form:
        sides = self.slid(form)
        return Form((form.sides[0] * self.multiplier, *sides))

    def weights(self, form: Form) -> dict[str, Sides]:
        channels = form.sides[0] * self.multiplier
        return {"weight": (channels, 1, self.kernel, self.kernel), **({"bias": (channels,)} if self.bias else {})}

    def macs(self, form: Form, out: Form) -> int:
        return out.size * self.kernel**2

    def module(self, form: Form) -> Call:
        return self._torch(form.sides[0], form.sides[0] * self.multiplier, form.sides[0])


class Separable(Convolving):
    """A depthwise convolution, then a 1×1 convolution that mixes the channels."""

    about = About(("Separable Conv2d", "Separable Conv2d"), (
        "Looks at every channel alone, then mixes them with a 1×1 convolution: like Conv2d with far fewer weights.",
        "Betrachtet jeden Kanal für sich und mischt dann mit einer 1×1-Faltung: wie Conv2d mit viel weniger Gewichten."),
        "convolution")
    kind: Literal["separable"] = "separable"
    channels: Channels = 16

    def out(self, form: Form) -> Form:
        sides = self.slid(form)
        return Form((self.channels, *sides))

    def weights(self, form: Form) -> dict[str, Sides]:
        inputs = form.sides[0]
        found: dict[str, Sides] = {"depthwise.weight": (inputs, 1, self.kernel, self.kernel)}
        if self.bias:
            found["depthwise.bias"] = (inputs,)
        found["pointwise.weight"] = (self.channels, inputs, 1, 1)
        return {**found, **({"pointwise.bias": (self.channels,)} if self.bias else {})}

    def macs(self, form: Form, out: Form) -> int:
        pixels = out.size // self.channels
        return pixels * form.sides[0] * (self.kernel**2 + self.channels)

    def kept(self, form: Form, out: Form) -> int:
        return out.size // self.channels * (form.sides[0] + self.channels)

    def module(self, form: Form) -> Call:
        pointwise = call("nn.Conv2d", form.sides[0], self.channels, 1, **({} if self.bias else {"bias": False}))
        return call("Separable", self._torch(form.sides[0], form.sides[0], form.sides[0]), pointwise)

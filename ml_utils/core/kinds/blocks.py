"""Layers made of layers: the residual block."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import FailFast, Field

from .base import (
    TAKE_OUT,
    About,
    Call,
    Cost,
    Fix,
    Form,
    Kind,
    Misfit,
    Net,
    Reach,
    Sides,
    Step,
    call,
    field_words,
    misfit_of,
    names_of,
    walk,
)
from .convolutions import Convolving

if TYPE_CHECKING:
    from . import Layer

MOST_INSIDE = 32


class Residual(Kind):
    """Adds what comes in to what its layers make of it; where shapes differ a projection makes them equal."""

    about = About(("Residual block", "Residualblock"), (
        "Adds what comes in to what the layers inside make of it. Gradients pass along the skip, so deep networks can learn.",
        "Addiert, was hereinkommt, zu dem, was die Schichten darin daraus machen. Gradienten laufen über die Abkürzung, "
        "so lernen tiefe Netze."), "block")
    learns: ClassVar[bool] = True
    kind: Literal["residual"] = "residual"
    layers: Annotated[tuple[Layer, ...], FailFast(), Field(min_length=1, max_length=MOST_INSIDE, strict=False)]
    normalize: Annotated[bool, Field(json_schema_extra=field_words(("Normalise the skip", "Abkürzung normalisieren"), (
        "A BatchNorm after the 1×1 convolution on the skip, where one is needed, as in ResNet.",
        "Ein BatchNorm nach der 1×1-Faltung auf der Abkürzung, wo eine nötig ist, wie in ResNet.")))] = True

    @property
    def inside(self) -> tuple[Kind, ...]:
        return self.layers

    def step(self, form: Form) -> Step:
        inside = walk(self.layers, form)
        out = inside[-1].out
        if out is None:
            return Step(self, form, inside=inside)
        try:
            skip = self._skip(form, out)
        except Misfit as misfit:
            return Step(self, form, inside=inside, misfit=misfit)
        return Step(self, form, out, sum((step.cost for step in inside), self._own(form, out, skip)), inside)

    def reached(self, reach: Reach, step: Step) -> Reach:
        for one in step.inside:
            reach = one.layer.reached(reach, one)
        return reach

    def _own(self, form: Form, out: Form, skip: Net | None) -> Cost:
        """Return what it costs beside the layers inside: the skip."""
        if skip is None:
            return Cost()
        weights = self._skip_weights(form, out)
        norm = out.size if len(skip.parts) > 1 else 0
        return Cost(sum(map(prod, weights.values())), out.size * _features(form) + 2 * norm, out.size + norm)

    def _skip(self, form: Form, out: Form) -> Net | None:
        """Return the projection, or None where shapes are equal anyway."""
        if form.words or form.type != out.type:
            raise self._cannot_add(form, out)
        if form == out:
            return None
        if form.type == "image":
            return self._image_skip(form, out)
        if form.sides[:-1] != out.sides[:-1]:
            raise self._cannot_add(form, out)
        return Net((("linear", call("nn.Linear", form.sides[-1], out.sides[-1], bias=False)),))

    def _image_skip(self, form: Form, out: Form) -> Net:
        stride = tuple(-(-before // after) for before, after in zip(form.sides[1:], out.sides[1:], strict=True))
        if tuple(-(-before // step) for before, step in zip(form.sides[1:], stride, strict=True)) != out.sides[1:]:
            raise self._cannot_add(form, out)
        conv = call("nn.Conv2d", form.sides[0], out.sides[0], 1, stride=stride, bias=False)
        return Net((("conv", conv), *([("norm", call("nn.BatchNorm2d", out.sides[0]))] if self.normalize else [])))

    def _cannot_add(self, form: Form, out: Form) -> Misfit:
        return Misfit((f"what comes in ({form.text()}) cannot be added to what comes out of the layers inside ({out.text()})",
                       f"was hereinkommt ({form.text()}), kann nicht zu dem addiert werden, was aus den Schichten darin "
                       f"herauskommt ({out.text()})"), *self._padded(form), TAKE_OUT)

    def _padded(self, form: Form) -> list[Fix]:
        """Return, where that makes it fit, that convolutions inside keep the size."""
        changes = tuple((number, {"padding": None}) for number, layer in enumerate(self.layers)
                        if isinstance(layer, Convolving) and layer.padding is not None)
        layers = list(self.layers)
        for number, fields in changes:
            layers[number] = layers[number].model_copy(update=fields)
        if not changes or self.model_copy(update={"layers": tuple(layers)}).step(form).out is None:
            return []
        return [Fix(("padding inside that keeps the size", "Rand darin, der die Größe erhält"), inside=changes)]

    def out(self, form: Form) -> Form:
        return self._fitting(form)[1]

    def macs(self, form: Form, out: Form) -> int:
        return self.step(form).cost.macs

    def kept(self, form: Form, out: Form) -> int:
        return self.step(form).cost.kept

    def weights(self, form: Form) -> dict[str, Sides]:
        steps, out = self._fitting(form)
        found = {f"body.{name}.{one}": sides for name, step in zip(names_of(self.layers), steps, strict=True)
                 for one, sides in step.layer.weights(_known(step.form)).items()}
        return found | (self._skip_weights(form, out) if self._skip(form, out) else {})

    def _skip_weights(self, form: Form, out: Form) -> dict[str, Sides]:
        if form.type != "image":
            return {"skip.linear.weight": (out.sides[-1], form.sides[-1])}
        norm: dict[str, Sides] = {"skip.norm.weight": out.sides[:1], "skip.norm.bias": out.sides[:1]} if self.normalize else {}
        return {"skip.conv.weight": (out.sides[0], form.sides[0], 1, 1), **norm}

    def module(self, form: Form) -> Call:
        steps, out = self._fitting(form)
        body = Net(tuple((name, step.layer.module(_known(step.form)))
                         for name, step in zip(names_of(self.layers), steps, strict=True)))
        return call("Residual", body, self._skip(form, out))

    def _fitting(self, form: Form) -> tuple[tuple[Step, ...], Form]:
        step = self.step(form)
        misfit = misfit_of((step,))
        if misfit:
            misfit.at = misfit.at[1:]
            raise misfit
        return step.inside, _known(step.out)


def _features(form: Form) -> int:
    return form.sides[0 if form.type == "image" else -1]


def _known(form: Form | None) -> Form:
    assert form is not None  # every form of a block that fits is
    return form

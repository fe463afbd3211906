"""Activations: each number is bent by itself."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import About, Call, Form, Kind, Words, call, field_words, needs


class _Activation(Kind):
    torch: ClassVar[str]

    def out(self, form: Form) -> Form:
        needs(self, form, "row", "image", "sequence")
        return form

    def module(self, form: Form) -> Call:
        return call(self.torch)


def _about(title: str, help: Words) -> About:
    return About((title, title), help, "activation")


class Relu(_Activation):
    """Negative values become zero."""

    about = _about("ReLU", ("Negative values become zero. Simple, fast, the usual choice.",
                            "Negative Werte werden null. Einfach, schnell, die übliche Wahl."))
    torch = "nn.ReLU"
    kind: Literal["relu"] = "relu"


class LeakyRelu(_Activation):
    """Negative values become small, not zero."""

    about = _about("LeakyReLU", ("Like ReLU, but negative values stay a little alive, and so do their gradients.",
                                 "Wie ReLU, aber negative Werte bleiben ein wenig am Leben, und ihre Gradienten auch."))
    torch = "nn.LeakyReLU"
    kind: Literal["leakyrelu"] = "leakyrelu"
    slope: Annotated[float, Field(ge=0.0, le=1.0, json_schema_extra=field_words(("Slope", "Steigung"), (
        "What negative values are multiplied by.", "Womit negative Werte multipliziert werden.")))] = 0.01

    def module(self, form: Form) -> Call:
        return call(self.torch, self.slope)


class Gelu(_Activation):
    """A smooth ReLU, as transformers use it."""

    about = _about("GELU", ("A smooth ReLU, usual in transformers.", "Ein glattes ReLU, üblich in Transformern."))
    torch = "nn.GELU"
    kind: Literal["gelu"] = "gelu"


class Silu(_Activation):
    """x · sigmoid(x), also known as Swish."""

    about = _about("SiLU", ("x times sigmoid of x, also called Swish: smooth, and slightly negative for small negative values.",
                            "x mal Sigmoid von x, auch Swish genannt: glatt, und für kleine negative Werte leicht negativ."))
    torch = "nn.SiLU"
    kind: Literal["silu"] = "silu"


class Tanh(_Activation):
    """Squeezes every value between −1 and 1."""

    about = _about("Tanh", ("Squeezes every value between −1 and 1. Large inputs saturate: their gradients vanish.",
                            "Drückt jeden Wert zwischen −1 und 1. Große Eingaben sättigen: Ihre Gradienten verschwinden."))
    torch = "nn.Tanh"
    kind: Literal["tanh"] = "tanh"


class Sigmoid(_Activation):
    """Squeezes every value between 0 and 1."""

    about = _about("Sigmoid", ("Squeezes every value between 0 and 1. Large inputs saturate: their gradients vanish.",
                               "Drückt jeden Wert zwischen 0 und 1. Große Eingaben sättigen: Ihre Gradienten verschwinden."))
    torch = "nn.Sigmoid"
    kind: Literal["sigmoid"] = "sigmoid"


class Softplus(_Activation):
    """A smooth ReLU that never becomes zero."""

    about = _about("Softplus", ("A smooth ReLU that never quite becomes zero.", "Ein glattes ReLU, das nie ganz null wird."))
    torch = "nn.Softplus"
    kind: Literal["softplus"] = "softplus"

"""Layers for rows of numbers, dropout, and normalisation."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import TAKE_OUT, About, Call, Fix, Form, Kind, Misfit, Reach, Sides, Words, call, divisors, field_words, needs
from .window import BIAS

MOST_FEATURES = 16_384
MOST_GROUPS = 512


class Linear(Kind):
    """Every output is a weighted sum of all inputs; in a sequence, for each step alike."""

    about = About(("Linear", "Linear"), (
        "Every output is a weighted sum of all inputs. In a sequence each step is treated alike.",
        "Jede Ausgabe ist eine gewichtete Summe aller Eingaben. In einer Folge wird jeder Schritt gleich behandelt."), "rows")
    learns: ClassVar[bool] = True
    kind: Literal["linear"] = "linear"
    features: Annotated[int, Field(ge=1, le=MOST_FEATURES, json_schema_extra=field_words(("Features", "Merkmale"), (
        "How many numbers come out. The last layer needs one for each class.",
        "Wie viele Zahlen herauskommen. Die letzte Schicht braucht eine je Klasse.")))] = 64
    bias: Annotated[bool, Field(json_schema_extra=BIAS)] = True

    def out(self, form: Form) -> Form:
        needs(self, form, "row", "sequence")
        return Form((*form.sides[:-1], self.features))

    def weights(self, form: Form) -> dict[str, Sides]:
        return {"weight": (self.features, form.sides[-1]), **({"bias": (self.features,)} if self.bias else {})}

    def macs(self, form: Form, out: Form) -> int:
        return out.size * form.sides[-1]

    def reach(self, reach: Reach, form: Form) -> Reach:
        return Reach(reach.size, reach.jump, reach.whole or form.type == "row")

    def module(self, form: Form) -> Call:
        return call("nn.Linear", form.sides[-1], self.features, **({} if self.bias else {"bias": False}))


class Flatten(Kind):
    """Images or sequences become one row of numbers."""

    about = About(("Flatten", "Flatten"), (
        "Lays all numbers of an image or a sequence into one row, as Linear needs them.",
        "Legt alle Zahlen eines Bildes oder einer Folge in eine Reihe, wie Linear sie braucht."), "rows")
    kind: Literal["flatten"] = "flatten"

    def out(self, form: Form) -> Form:
        needs(self, form, "image", "sequence", "row")
        return Form((form.size,))

    def module(self, form: Form) -> Call:
        return call("nn.Flatten")


class Dropout(Kind):
    """Switches units off at random while training; how many is the setting `dropout`."""

    about = About(("Dropout", "Dropout"), (
        "Switches single numbers off at random while training, against overfitting. How many is the setting Dropout.",
        "Schaltet beim Training zufällig einzelne Zahlen aus, gegen Überanpassung. Wie viele, sagt die Einstellung Dropout."),
        "regularisation")
    kind: Literal["dropout"] = "dropout"

    def out(self, form: Form) -> Form:
        needs(self, form, "row", "image", "sequence")
        return form

    def module(self, form: Form) -> Call:
        return call("nn.Dropout")


class SpatialDropout(Kind):
    """Switches whole feature maps off at random while training; how many is the setting `dropout`."""

    about = About(("Dropout2d", "Dropout2d"), (
        "Switches whole feature maps off at random while training. How many is the setting Dropout.",
        "Schaltet beim Training zufällig ganze Merkmalskarten aus. Wie viele, sagt die Einstellung Dropout."), "regularisation")
    instead: ClassVar[dict[str, tuple[str, Words]]] = dict.fromkeys(("row", "sequence"), ("dropout", ("Dropout", "Dropout")))
    kind: Literal["spatialdropout"] = "spatialdropout"

    def out(self, form: Form) -> Form:
        needs(self, form, "image")
        return form

    def module(self, form: Form) -> Call:
        return call("nn.Dropout2d")


class _Norm(Kind):
    instead: ClassVar[dict[str, tuple[str, Words]]] = {"sequence": ("layernorm", ("LayerNorm", "LayerNorm"))}
    learns: ClassVar[bool] = True

    def weights(self, form: Form) -> dict[str, Sides]:
        return {"weight": (form.sides[0],), "bias": (form.sides[0],)}

    def macs(self, form: Form, out: Form) -> int:
        return 2 * out.size


class BatchNorm(_Norm):
    """Each feature (of an image: each channel) gets mean 0 and spread 1 over the batch, then a learned scale and shift."""

    about = About(("BatchNorm", "BatchNorm"), (
        "Brings each channel to mean 0 and spread 1 over the batch. Training gets faster and steadier. "
        "When evaluating it uses running means.",
        "Bringt jeden Kanal über den Batch auf Mittelwert 0 und Streuung 1. Das Training wird schneller und ruhiger. "
        "Beim Auswerten nimmt es laufende Mittelwerte."), "normalisation")
    kind: Literal["batchnorm"] = "batchnorm"

    def out(self, form: Form) -> Form:
        needs(self, form, "image", "row")
        return form

    def module(self, form: Form) -> Call:
        return call("nn.BatchNorm2d" if form.type == "image" else "nn.BatchNorm1d", form.sides[0])


class LayerNorm(_Norm):
    """Each example (of a sequence: each step) gets mean 0 and spread 1, then a learned scale and shift."""

    about = About(("LayerNorm", "LayerNorm"), (
        "Brings each example, or each step of a sequence, to mean 0 and spread 1; other examples do not matter.",
        "Bringt jedes Beispiel, oder jeden Schritt einer Folge, auf Mittelwert 0 und Streuung 1; unabhängig von anderen."),
        "normalisation")
    kind: Literal["layernorm"] = "layernorm"

    def out(self, form: Form) -> Form:
        needs(self, form, "sequence", "row", "image")
        return form

    def _sides(self, form: Form) -> Sides:
        return form.sides[-1:] if form.type == "sequence" else form.sides

    def weights(self, form: Form) -> dict[str, Sides]:
        return {"weight": self._sides(form), "bias": self._sides(form)}

    def module(self, form: Form) -> Call:
        return call("nn.LayerNorm", self._sides(form))


class GroupNorm(_Norm):
    """Groups of channels get mean 0 and spread 1 in each example, then a learned scale and shift."""

    about = About(("GroupNorm", "GroupNorm"), (
        "Brings groups of channels to mean 0 and spread 1 in each example: like BatchNorm, but the batch does not matter.",
        "Bringt Gruppen von Kanälen in jedem Beispiel auf Mittelwert 0 und Streuung 1: wie BatchNorm, aber ohne den Batch."),
        "normalisation")
    kind: Literal["groupnorm"] = "groupnorm"
    groups: Annotated[int, Field(ge=1, le=MOST_GROUPS, json_schema_extra=field_words(("Groups", "Gruppen"), (
        "So many groups; it must divide the channels.", "So viele Gruppen; muss die Kanäle teilen.")))] = 1

    def out(self, form: Form) -> Form:
        needs(self, form, "image", "row")
        if form.sides[0] % self.groups:
            best = divisors(form.sides[0], self.groups)[-1]
            raise Misfit((f"{self.groups} groups do not divide {form.sides[0]} channels",
                          f"{self.groups} Gruppen teilen nicht {form.sides[0]} Kanäle"),
                         Fix((f"groups {best}", f"Gruppen {best}"), fields={"groups": best}), TAKE_OUT)
        if form.size == self.groups:
            raise Misfit((f"{self.groups} groups of {form.text()} have one number each, and make it zero",
                          f"{self.groups} Gruppen von {form.text()} haben je eine Zahl und machen sie zu null"),
                         *self._fewer(form), TAKE_OUT)
        return form

    def _fewer(self, form: Form) -> list[Fix]:
        groups = ([1, 1] + divisors(form.sides[0], MOST_GROUPS))[-2]
        return [Fix((f"groups {groups}", f"Gruppen {groups}"), fields={"groups": groups})] if groups < self.groups else []

    def options(self, form: Form) -> dict[str, list[int]]:
        if form.type not in ("image", "row"):
            return {}
        return {"groups": [one for one in divisors(form.sides[0], MOST_GROUPS) if one < form.size]}

    def module(self, form: Form) -> Call:
        return call("nn.GroupNorm", self.groups, form.sides[0])

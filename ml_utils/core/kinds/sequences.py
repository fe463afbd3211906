"""Layers that make sequences and words, and rows of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import (
    MOST_SIDE,
    MOST_STEPS,
    TAKE_OUT,
    About,
    Call,
    Fix,
    Form,
    Kind,
    Misfit,
    Reach,
    Sides,
    call,
    divisors,
    field_words,
    needs,
    too_long,
)

FEATURES = field_words(("Features", "Merkmale"), (
    "How many numbers describe one step.", "Wie viele Zahlen einen Schritt beschreiben."))
Features = Annotated[int, Field(ge=1, le=1024, json_schema_extra=FEATURES)]
Side = Annotated[int, Field(ge=1, le=MOST_SIDE, json_schema_extra=field_words(("Side", "Seite"), (
    "Pixels of one patch; it must divide the image.", "Pixel eines Stücks; muss das Bild teilen.")))]


class Patches(Kind):
    """Cuts an image into patches and reads them as a sequence, row by row; a patch as wide as the image is a row of pixels."""

    about = About(("Patches", "Bildstücke"), (
        "Cuts an image into patches and reads them one after another, as a sequence. Height 1 and the full width: row by row.",
        "Schneidet ein Bild in Stücke und liest sie nacheinander, als Folge. Höhe 1 und ganze Breite: Zeile für Zeile."),
        "sequence")
    kind: Literal["patches"] = "patches"
    height: Side = 4
    width: Side = 4

    def out(self, form: Form) -> Form:
        needs(self, form, "image")
        channels, height, width = form.sides
        if height % self.height or width % self.width:
            best = {"height": _nearest(height, self.height), "width": _nearest(width, self.width)}
            text = f"{best['height']}×{best['width']}"
            raise Misfit((f"patches of {self.height}×{self.width} do not divide an image of {height}×{width}",
                          f"Stücke von {self.height}×{self.width} teilen kein Bild von {height}×{width}"),
                         Fix((f"patches of {text}", f"Stücke von {text}"), fields=best), TAKE_OUT)
        return Form(((height // self.height) * (width // self.width), channels * self.height * self.width))

    def reach(self, reach: Reach, form: Form) -> Reach:
        tall, wide = reach.window(self.height, self.height), reach.window(self.width, self.width)
        return Reach((tall.size[0], wide.size[1]), (tall.jump[0], wide.jump[1]), reach.whole)

    def options(self, form: Form) -> dict[str, list[int]]:
        if form.type != "image":
            return {}
        return {"height": divisors(form.sides[1], MOST_SIDE), "width": divisors(form.sides[2], MOST_SIDE)}

    def module(self, form: Form) -> Call:
        return call("Patches", self.height, self.width)


class Tokens(Kind):
    """Each number becomes one of a few words: which band of values it lies in."""

    about = About(("Numbers to words", "Zahlen zu Wörtern"), (
        "Turns each number into one of a few words, by the band of values it lies in: what Embedding can read.",
        "Macht aus jeder Zahl eines von wenigen Wörtern, je nach Wertebereich: was Embedding lesen kann."), "sequence")
    kind: Literal["tokens"] = "tokens"
    levels: Annotated[int, Field(ge=2, le=256, json_schema_extra=field_words(("Words", "Wörter"), (
        "Number of different words.", "Anzahl verschiedener Wörter.")))] = 16

    def out(self, form: Form) -> Form:
        needs(self, form, "image", "sequence", "row")
        if form.size > MOST_STEPS:
            raise too_long(form.size, form)
        return Form((form.size,), words=self.levels)

    def module(self, form: Form) -> Call:
        return call("Tokens", self.levels)


class Embedding(Kind):
    """Each word gets a row of numbers of its own, which is learned."""

    about = About(("Embedding", "Embedding"), (
        "Gives each word a row of numbers of its own, which is learned.",
        "Gibt jedem Wort eine eigene Zahlenreihe, die gelernt wird."), "sequence")
    learns: ClassVar[bool] = True
    kind: Literal["embedding"] = "embedding"
    features: Features = 32

    def out(self, form: Form) -> Form:
        needs(self, form, "words")
        return Form((form.sides[0], self.features))

    def weights(self, form: Form) -> dict[str, Sides]:
        return {"weight": (form.words, self.features)}

    def module(self, form: Form) -> Call:
        return call("nn.Embedding", form.words, self.features)


class PositionLayer(Kind):
    """Adds a learned row of numbers to each step, so that its place in the sequence is known."""

    about = About(("Position", "Position"), (
        "Adds learned numbers to each step that say where it stands. A transformer does not know the order without it.",
        "Addiert zu jedem Schritt gelernte Zahlen, die sagen, wo er steht. Ohne sie kennt ein Transformer keine Reihenfolge."),
        "sequence")
    learns: ClassVar[bool] = True
    kind: Literal["position"] = "position"

    def out(self, form: Form) -> Form:
        needs(self, form, "sequence")
        return form

    def weights(self, form: Form) -> dict[str, Sides]:
        return {"weight": form.sides}

    def module(self, form: Form) -> Call:
        return call("Position", *form.sides)


class SequencePool(Kind):
    """A sequence becomes one row: its mean, its largest values, or its last step."""

    about = About(("Sequence to row", "Folge zu Reihe"), (
        "Makes one row of a sequence: the mean over all steps, the largest values, or the last step.",
        "Macht aus einer Folge eine Reihe: der Mittelwert über alle Schritte, die größten Werte oder der letzte Schritt."),
        "sequence")
    kind: Literal["sequencepool"] = "sequencepool"
    mode: Annotated[Literal["mean", "max", "last"], Field(json_schema_extra=field_words(
        ("Takes", "Nimmt"), ("What stands for the whole sequence.", "Was für die ganze Folge steht."),
        mean=("Mean", "Mittelwert"), max=("Largest", "Größte"), last=("Last step", "Letzter Schritt")))] = "mean"

    def out(self, form: Form) -> Form:
        needs(self, form, "sequence")
        return Form(form.sides[1:])

    def reach(self, reach: Reach, form: Form) -> Reach:
        return Reach(reach.size, reach.jump, whole=True)

    def module(self, form: Form) -> Call:
        return call("SequencePool", self.mode)


def _nearest(side: int, asked: int) -> int:
    return divisors(side, asked)[-1]

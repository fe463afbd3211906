"""A ready network of torchvision, without its last layer, as one layer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from .base import TAKE_OUT, About, Call, Fix, Form, Kind, Misfit, Reach, Sides, call, field_words, needs
from .zoo import SIZES, ZOO, ModelName, Size

COLOURS = 3  # channels that all of these models take

MODEL = field_words(("Model", "Modell"), ("Which network of torchvision.", "Welches Netz aus torchvision."),
                    **{name: (name, name) for name in ZOO})
SIZE = field_words(("Image size", "Bildgröße"), (
    "Images are brought to this height and width before. Twice the side: more can be seen, and four times the work.",
    "Bilder werden vorher auf diese Höhe und Breite gebracht. Doppelte Seite: Es ist mehr zu sehen, bei vierfacher Arbeit."),
    **{str(size): (f"{size}×{size}", f"{size}×{size}") for size in SIZES})
PRETRAINED = field_words(("Pretrained", "Vortrainiert"), (
    "Begin with weights that were learned on ImageNet, a million photographs of 1,000 kinds of things. They are found on this "
    "server or downloaded. Images are normalised with the constants of their own dataset here, not with those of ImageNet.",
    "Beginne mit Gewichten, die auf ImageNet gelernt wurden, einer Million Fotos von 1000 Arten von Dingen. Sie liegen auf "
    "diesem Server oder werden heruntergeladen. Bilder werden hier mit den Konstanten ihres eigenen Datensatzes normalisiert, "
    "nicht mit denen von ImageNet."))


def _whole(value: Any) -> Any:
    if type(value) is not int:  # a Literal takes 64.0 for 64
        raise ValueError("should be a valid integer")
    return value


class Backbone(Kind):
    """A ready network without its last layer: images become rows of features, from which a Linear tells the classes."""

    about = About(("Backbone (ready network)", "Rückgrat (fertiges Netz)"), (
        "A well-known network of torchvision without its last layer. Images are brought to its size, grey ones copied to three "
        "channels; a row of features comes out, and a Linear after it tells the classes. Its own dropout stays as it was made.",
        "Ein bekanntes Netz aus torchvision ohne seine letzte Schicht. Bilder werden auf seine Größe gebracht, graue auf drei "
        "Kanäle kopiert; heraus kommt eine Reihe von Merkmalen, und ein Linear danach erkennt die Klassen. Sein eigenes "
        "Dropout bleibt, wie es gemacht wurde."), "ready")
    learns: ClassVar[bool] = True
    kind: Literal["backbone"] = "backbone"
    model: Annotated[ModelName, Field(json_schema_extra=MODEL)] = "resnet18"
    size: Annotated[Size, BeforeValidator(_whole), Field(json_schema_extra=SIZE)] = 64
    pretrained: Annotated[bool, Field(json_schema_extra=PRETRAINED)] = False

    def sizes(self) -> list[int]:
        """Return the sizes of images that the model can take."""
        return [size for size, macs in zip(SIZES, ZOO[self.model].macs, strict=True) if macs]

    def out(self, form: Form) -> Form:
        needs(self, form, "image")
        if form.sides[0] not in (1, COLOURS):
            raise _colourless(form.sides[0])
        if self.size not in self.sizes():
            raise self._unfit()
        return Form((ZOO[self.model].features,))

    def _unfit(self) -> Misfit:
        best = min(self.sizes(), key=lambda size: abs(size - self.size))
        return Misfit((f"{self.model} cannot see images of {self.size}×{self.size}",
                       f"{self.model} kann keine Bilder von {self.size}×{self.size} sehen"),
                      Fix((f"images of {best}×{best}", f"Bilder von {best}×{best}"), fields={"size": best}), TAKE_OUT)

    def _at(self, numbers: tuple[int, ...]) -> int:
        return numbers[SIZES.index(self.size)]

    def weights(self, form: Form) -> dict[str, Sides]:
        """Name the model and how many there are: so much must be the same for weights to be taken over."""
        return {self.model: (self._at(ZOO[self.model].parameters),)}

    def macs(self, form: Form, out: Form) -> int:
        return self._at(ZOO[self.model].macs)

    def kept(self, form: Form, out: Form) -> int:
        return self._at(ZOO[self.model].kept)

    def reach(self, reach: Reach, form: Form) -> Reach:
        return Reach(reach.size, reach.jump, whole=True)

    def options(self, form: Form) -> dict[str, list[int]]:
        return {"size": self.sizes()}

    def module(self, form: Form) -> Call:
        return call("Backbone", self.model, self.size, **({"pretrained": True} if self.pretrained else {}))


def _colourless(channels: int) -> Misfit:
    return Misfit((f"a backbone sees grey or coloured images (1 or {COLOURS} channels), but gets {channels} channels",
                   f"ein Rückgrat sieht graue oder farbige Bilder (1 oder {COLOURS} Kanäle), bekommt aber {channels} Kanäle"),
                  Fix((f"insert Conv2d with {COLOURS} channels", f"Conv2d mit {COLOURS} Kanälen einfügen"),
                      layers=({"kind": "conv", "channels": COLOURS, "kernel": 1},)), TAKE_OUT)

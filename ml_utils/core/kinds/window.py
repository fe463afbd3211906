"""What slides a window over images, and the words of its fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import TAKE_OUT, Fix, Form, Kind, Misfit, Reach, Sides, field_words, needs, times

MOST_CHANNELS = 2048
MOST_KERNEL = 15

KERNEL = field_words(("Kernel", "Kernel"), (
    "Side of the square window that slides over the image, in pixels.",
    "Seite des quadratischen Fensters, das über das Bild gleitet, in Pixeln."))
STRIDE = field_words(("Stride", "Schrittweite"), (
    "How far the window moves each time. 2 halves height and width.",
    "Wie weit das Fenster jedes Mal rückt. 2 halbiert Höhe und Breite."))
PADDING = field_words(("Padding", "Rand"), (
    "Zeros added on every side. Empty: half the kernel, so that an odd kernel with stride 1 keeps height and width.",
    "Nullen an jeder Seite. Leer: der halbe Kernel; dann behält ein ungerader Kernel mit Schrittweite 1 die Größe."))
DILATION = field_words(("Dilation", "Dilatation"), (
    "Distance between the pixels the kernel looks at. 1: neighbours.",
    "Abstand der Pixel, auf die der Kernel schaut. 1: Nachbarn."))
CHANNELS = field_words(("Channels", "Kanäle"), (
    "How many feature maps come out: how many different patterns the layer can look for.",
    "Wie viele Merkmalskarten herauskommen: wie viele verschiedene Muster die Schicht suchen kann."))
GROUPS = field_words(("Groups", "Gruppen"), (
    "Channels are split into so many groups that do not see each other. It must divide the channels before and after.",
    "Kanäle werden in so viele Gruppen geteilt, die einander nicht sehen. Muss die Kanäle davor und danach teilen."))
BIAS = field_words(("Bias", "Bias"), (
    "Adds a learned number to each output. Not needed before a normalisation.",
    "Addiert eine gelernte Zahl zu jeder Ausgabe. Vor einer Normalisierung unnötig."))
SIZE = field_words(("Size", "Größe"), ("Side of the window, in pixels.", "Seite des Fensters, in Pixeln."))
POOL_STRIDE = field_words(("Stride", "Schrittweite"), (
    "How far the window moves each time. Empty: its size, so that windows do not overlap.",
    "Wie weit das Fenster jedes Mal rückt. Leer: seine Größe, sodass sich Fenster nicht überlappen."))
POOL_PADDING = field_words(("Padding", "Rand"), (
    "Pixels added on every side; at most half the size.", "Pixel an jeder Seite; höchstens die halbe Größe."))

Channels = Annotated[int, Field(ge=1, le=MOST_CHANNELS, json_schema_extra=CHANNELS)]
Kernel = Annotated[int, Field(ge=1, le=MOST_KERNEL, json_schema_extra=KERNEL)]
Stride = Annotated[int, Field(ge=1, le=8, json_schema_extra=STRIDE)]
Padding = Annotated[int | None, Field(ge=0, le=MOST_KERNEL, json_schema_extra=PADDING)]
Dilation = Annotated[int, Field(ge=1, le=8, json_schema_extra=DILATION)]
Bias = Annotated[bool, Field(json_schema_extra=BIAS)]


class Window(Kind):
    """A window that slides over images."""

    def fields(self) -> tuple[int, int, int, int]:
        """Return kernel, stride, padding and dilation."""
        raise NotImplementedError

    def places(self, form: Form) -> Sides:
        """Return in how many places of an image it stands, down and across; 0 or less where the image is too small."""
        kernel, stride, padding, dilation = self.fields()
        return tuple((side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for side in form.sides[1:])

    def slid(self, form: Form) -> Sides:
        needs(self, form, "image")
        sides = self.places(form)
        if min(sides) < 1:
            raise self._too_small(form)
        return sides

    def _too_small(self, form: Form) -> Misfit:
        kernel, _, padding, dilation = self.fields()
        image, title, span = times(form.sides[1:]), self.about.title, dilation * (kernel - 1) + 1
        with_padding = (f" with padding {padding}", f" mit Rand {padding}") if padding else ("", "")
        why = (f"the window of {title[0]} spans {span}×{span} pixels, but the image is only {image}{with_padding[0]}",
               f"das Fenster von {title[1]} überspannt {span}×{span} Pixel, das Bild hat aber nur {image}{with_padding[1]}")
        return Misfit(why, *self.smaller(form), TAKE_OUT)

    def smaller(self, form: Form) -> list[Fix]:
        return []

    def reach(self, reach: Reach, form: Form) -> Reach:
        kernel, stride, _, dilation = self.fields()
        return reach.window(kernel, stride, dilation)

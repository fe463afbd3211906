"""How training images are changed a little each time they are seen: the rows of the table of settings for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .rows import Strict, words


class Augmentation(Strict):
    """Every image is changed by chance, anew in each epoch; the chance depends on seed, epoch and place in the epoch only."""

    flip: bool = Field(False, json_schema_extra=words(
        ("Flip", "Spiegeln"), group="augmentation", help=(
            "Half of the images are seen in a mirror, left and right exchanged.",
            "Die Hälfte der Bilder wird gespiegelt gesehen, links und rechts vertauscht.")))
    rotation: Annotated[float, Field(ge=0.0, le=180.0)] = Field(0.0, json_schema_extra=words(
        ("Rotation", "Drehung"), group="augmentation", unit="degrees", step=1, help=(
            "Images are turned by up to so many degrees, either way.",
            "Bilder werden um bis zu so viele Grad gedreht, in beide Richtungen.")))
    crop: Annotated[float, Field(ge=0.0, le=0.5)] = Field(0.0, json_schema_extra=words(
        ("Crop", "Ausschnitt"), group="augmentation", step=0.01, help=(
            "Images are moved by up to this share of their side; what is missing is black.",
            "Bilder werden um bis zu diesen Anteil ihrer Seite verschoben; was fehlt, ist schwarz.")))
    jitter: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.0, json_schema_extra=words(
        ("Colour jitter", "Farbschwankung"), group="augmentation", step=0.01, help=(
            "Brightness and contrast, and saturation where there is colour, change by up to this share.",
            "Helligkeit und Kontrast, und Sättigung wo es Farbe gibt, ändern sich um bis zu diesen Anteil.")))
    erasing: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.0, json_schema_extra=words(
        ("Erasing", "Löschen"), group="augmentation", step=0.01, help=(
            "Share of the images in which a rectangle is painted over with the mean colour.",
            "Anteil der Bilder, in denen ein Rechteck mit der mittleren Farbe übermalt wird.")))
    mixup: Annotated[float, Field(ge=0.0, le=2.0)] = Field(0.0, json_schema_extra=words(
        ("Mixup", "Mixup"), group="augmentation", step=0.05, help=(
            "Pairs of images are laid over each other, and their labels, too. Larger: more alike in strength. 0: off.",
            "Paare von Bildern werden übereinandergelegt, ihre Labels auch. Größer: ähnlicher in der Stärke. 0: aus.")))

    @property
    def augments(self) -> bool:
        """Whether any image is changed."""
        return any(getattr(self, name) for name in Augmentation.model_fields)

"""Questions about the network: what may be asked, of which model, about which image. They change nothing and are not stored."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .augmentation import Augmentation
from .blueprint import Blueprint
from .events_seen import ClassNumber
from .fields import Amount, Brought, Count, Digest, Identifier, Warm
from .settings import MAX_EPOCHS, Strict

PAD = 112  # side of the drawing pad, in pixels
MOST_PIXELS = 16_384  # bytes of an image as the dataset has it
LONGEST_BASE64 = -(-MOST_PIXELS // 3) * 4
MOST_AUGMENTED = 16  # examples, each before and after
MOST_SHOWN = 48  # examples in one part of a gallery

Split = Literal["train", "validation", "test", "drawings"]
Base64 = Annotated[str, Field(max_length=LONGEST_BASE64, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
LayerPath = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$")]  # conv1, residual1.conv2, …
Unit = Annotated[int, Field(ge=0, le=1_000_000)]
MethodName = Literal["saliency", "input_x_gradient", "integrated_gradients", "deep_lift", "guided_backprop", "occlusion",
                     "grad_cam"]
MANY_PASSES = ("integrated_gradients", "deep_lift", "occlusion")  # through the network, for one image
Order = Literal["confident", "smallest_loss", "largest_loss", "closest"]


class At(Strict):
    """The model at the end of an epoch of a Branch; 0: as its Run began."""

    branch: Identifier
    epoch: Count


# now: as it is at this moment, while it trains, too · untrained: the same network with the weights of its seed
Model = Annotated[At | Literal["now", "untrained"], Field(union_mode="left_to_right")]


class OfSplit(Strict):
    """An example of the dataset."""

    kind: Literal["example"] = "example"
    split: Literal["train", "test"]
    number: Count


class OfRoom(Strict):
    """A drawing or picture that the room keeps."""

    kind: Literal["drawing"]
    drawing: Identifier


class OfPad(Strict):
    """What is drawn on the pad: 112×112 bytes, 255 where there is ink, or these, packed by zlib.

    It is centred and scaled as the dataset was made.
    """

    kind: Literal["pad"]
    pixels: Base64
    invert: bool = False


class OfPixels(Strict):
    """An image as the dataset has it: height × width × channels bytes, 255 is white."""

    kind: Literal["pixels"]
    pixels: Base64


Image = Annotated[OfSplit | OfRoom | OfPad | OfPixels, Field(discriminator="kind")]


class Question(Strict):
    """Base of all questions; the fields are the `args`."""

    name: ClassVar[str]

    @property
    def light(self) -> bool:
        """Whether the trainer itself answers it about the network as it is now, between two batches."""
        return False


class AskedModel(Question):
    """A question about a model."""

    model: Model = "now"


class Classify(AskedModel):
    """What does the model say of an image?"""

    name = "classify"
    image: Image

    @property
    def light(self) -> bool:
        return True


class Explain(Classify):
    """Which pixels made the model say so?"""

    name = "explain"
    method: MethodName
    target: ClassNumber | None = None
    layer: LayerPath | None = None

    @property
    def light(self) -> bool:
        return self.method not in MANY_PASSES


class Parts(AskedModel):
    """Which layers have filters, maps or neurons that can be looked at?"""

    name = "parts"


class Filters(AskedModel):
    """What does a layer look for: its weights, as images?"""

    name = "filters"
    layer: LayerPath


class Maps(AskedModel):
    """What does a layer make of an image?"""

    name = "maps"
    image: Image
    layer: LayerPath


class Convolve(AskedModel):
    """All numbers that make one output channel of a convolution out of one input channel."""

    name = "convolve"
    image: Image
    layer: LayerPath
    output: Unit = 0
    input: Unit = 0


class Way(AskedModel):
    """What becomes of an image, layer by layer, up to the softmax?"""

    name = "way"
    image: Image


class Neurons(AskedModel):
    """Which units of a layer fire for which class?"""

    name = "neurons"
    layer: LayerPath


class Gallery(AskedModel):
    """Examples of an evaluated split, the most telling first."""

    name = "gallery"
    split: Split
    order: Order = "confident"
    wrong: bool = False
    label: ClassNumber | None = None
    prediction: ClassNumber | None = None
    low: Annotated[float, Field(ge=0, le=1)] = 0.0
    high: Annotated[float, Field(ge=0, le=1)] = 1.0
    only: Annotated[tuple[Count, ...], Field(max_length=2_000, strict=False)] | None = None
    offset: Count = 0
    count: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = 24


class Passport(AskedModel):
    """What became of one example over the epochs, on every Branch?"""

    name = "passport"
    split: Literal["train", "test"]
    number: Count


class Augmented(Question):
    """What does augmentation make of training images: those that come next, before and after?"""

    name = "augmented"
    model: Literal["now"] = "now"
    settings: Augmentation | None = None
    epoch: Annotated[int, Field(ge=0, le=MAX_EPOCHS)] | None = None
    count: Annotated[int, Field(ge=1, le=MOST_AUGMENTED)] = 8

    @property
    def light(self) -> bool:
        return True


QUESTIONS: dict[str, type[Question]] = {
    kind.name: kind for kind in (Classify, Explain, Parts, Filters, Maps, Convolve, Way, Neurons, Gallery, Passport, Augmented)}


class Lineage(Strict):
    """Where a Branch comes from: its Run, and the Branch that it left at the end of an epoch."""

    run: Identifier
    parent: Identifier | None
    epoch: Count


class PassportOf(Passport):
    """The same with the room's Branches, which only the web process knows."""

    branches: dict[Identifier, Lineage]


class AugmentedOf(Augmented):
    """The same with the room's Settings."""

    settings: Augmentation
    batch_size: Annotated[int, Field(ge=1)]


# as the process that answers gets them
SENT_ON: dict[str, type[Question]] = {**QUESTIONS, "passport": PassportOf, "augmented": AugmentedOf}


class Subject(Strict):
    """The model that a question is about, as the process that answers gets it."""

    run: Identifier
    branch: Identifier
    epoch: Count
    batch: Count
    x: Amount
    blueprint: Blueprint
    threads: int
    digest: Digest | None = None  # of its Checkpoint; none: the weights that a Run begins with
    home: Identifier | None = None  # the Branch that its Checkpoint is of
    warm: Warm | Brought | None = None  # what these take over
    untrained: bool = False  # the weights of the seed, nothing else

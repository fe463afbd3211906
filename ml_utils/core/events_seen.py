"""Events about what was seen inside the network: layers, histograms, and a batch looked at.

Numbers that do not apply (a pooling layer has no gradient) or are not finite are null; nothing here changes the training.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from .blueprint import MAX_LAYERS
from .events import EventData
from .fields import Amount, Count, Fraction
from .settings import Strict

BINS = 32  # of a histogram
MAX_SHOWN = 32  # images of a batch that are sent
MAX_PIXELS = 40_000  # bytes of images that are sent
MAX_SIDE = 512  # pixels
MAX_UNITS = 16  # of a layer whose means are sent
MAX_SAMPLE = 12  # outputs, and inputs, whose weights are sent
MAX_KERNELS = 16  # of the first convolution
MAX_KERNEL = 7  # side of a kernel that is sent, in weights

LayerName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}[0-9]{1,3}$")]  # never a dot: it is part of a path
LayerKind = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}$")]
ClassNumber = Annotated[int, Field(ge=0, le=9_999)]
Size = Annotated[int, Field(ge=1, le=2**31)]


def _even(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows are equally long")
    return rows


SampleRow = Annotated[tuple[float, ...], Field(min_length=1, max_length=MAX_SAMPLE, strict=False)]
SampleRows = Annotated[tuple[SampleRow, ...], Field(min_length=1, max_length=MAX_SAMPLE, strict=False), AfterValidator(_even)]
KernelRow = Annotated[tuple[float, ...], Field(min_length=1, max_length=MAX_KERNEL, strict=False)]
Kernel = Annotated[tuple[KernelRow, ...], Field(min_length=1, max_length=MAX_KERNEL, strict=False), AfterValidator(_even)]


class LayerLook(Strict):
    """One layer in one training batch (train mode); norms are Euclidean, over all weights and biases of the layer."""

    kind: LayerKind
    gradient_norm: Amount | None  # of the loss, as the optimizer got it; null without weights and where frozen
    weight_norm: Amount | None  # after the step
    update_ratio: Amount | None  # ‖step‖ / ‖weights before it‖; 0 where frozen
    dead: Fraction | None  # ReLU: share of units (channels, features) that are zero for every example of the batch
    saturated: Fraction | None  # share of outputs at the flat ends of a squashing function
    mean: float | None  # of all outputs of the layer over the batch
    spread: Amount | None  # standard deviation of the same
    # mean of each of the first units: channels of images, else features; none for words; missing in old logs
    units: Annotated[tuple[float | None, ...], Field(max_length=MAX_UNITS, strict=False)] = ()


class LayersMeasured(EventData):
    """The layers in the training batch that ended at the Event's Position; at most two a second, never disturbing it."""

    name = "layers_measured"
    layers: Annotated[dict[LayerName, LayerLook], Field(max_length=MAX_LAYERS)]


class Histogram(Strict):
    """How often values fall into each of 32 bins of equal width between `low` and `high`, both included."""

    low: float
    high: float
    counts: Annotated[tuple[Count, ...], Field(min_length=BINS, max_length=BINS, strict=False)]

    @model_validator(mode="after")
    def _in_order(self) -> Histogram:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class WeightSample(Strict):
    """How strongly the first inputs of a layer act on its first outputs: one number for each pair.

    The weight itself where there is one; of a convolution the norm of the kernel between the two, with the sign of its sum.
    """

    of: Annotated[tuple[Size, Size], Field(strict=False)]  # outputs and inputs that the layer has
    values: SampleRows  # a row for each output

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> WeightSample:
        if len(self.values) > self.of[0] or len(self.values[0]) > self.of[1]:
            raise ValueError("there are no more weights than outputs and inputs")
        return self


class LayerHistograms(Strict):
    """All weights and biases of a layer, and their gradients in the last batch; null where not finite or not there."""

    weights: Histogram | None
    gradients: Histogram | None
    sample: WeightSample | None = None  # null where no number stands for a pair, and in old logs
    # of the first convolution: what each of its first outputs looks for in the first input channel; null elsewhere
    kernels: Annotated[tuple[Kernel, ...], Field(max_length=MAX_KERNELS, strict=False)] | None = None


class HistogramsMeasured(EventData):
    """The weights and last gradients of every layer that has weights, at the Event's Position."""

    name = "histograms_measured"
    layers: Annotated[dict[LayerName, LayerHistograms], Field(max_length=MAX_LAYERS)]


class LayerStep(Strict):
    """What one step did in one layer; null without weights, where not finite, and a gradient where frozen."""

    gradient_norm: Amount | None
    step_norm: Amount | None  # ‖weights after − weights before‖


class BatchShown(EventData):
    """One training batch looked at closely: train mode, before the step that ended at the Event's Position."""

    name = "batch_shown"
    width: Annotated[int, Field(ge=1, le=MAX_SIDE)]  # pixels
    height: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    channels: Annotated[int, Field(ge=1, le=3)]  # 1: grey, 3: red, green and blue
    shown: Annotated[int, Field(ge=0, le=MAX_SHOWN)]  # images sent: the first ones of the batch
    size: Annotated[int, Field(ge=1, le=100_000)]  # images in the batch
    # uint8, base64: one image after the other, rows from the top, channels of a pixel together
    pixels: Annotated[str, Field(max_length=-(-MAX_PIXELS // 3) * 4, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
    labels: Annotated[tuple[ClassNumber, ...], Field(max_length=MAX_SHOWN, strict=False)]  # one per shown image, as below
    predictions: Annotated[tuple[ClassNumber, ...], Field(max_length=MAX_SHOWN, strict=False)]
    confidences: Annotated[tuple[Fraction | None, ...], Field(max_length=MAX_SHOWN, strict=False)]  # softmax of the predicted
    losses: Annotated[tuple[float | None, ...], Field(max_length=MAX_SHOWN, strict=False)]
    loss: float | None  # mean over the whole batch
    accuracy: Fraction  # of the whole batch
    gradient_norm: Amount | None  # over all layers that learn
    step_norm: Amount | None  # ‖weights after − weights before‖ over all layers
    learning_rate: Amount
    layers: Annotated[dict[LayerName, LayerStep], Field(max_length=MAX_LAYERS)]

    @model_validator(mode="after")
    def _one_of_each(self) -> BatchShown:
        if self.channels == 2:
            raise ValueError("images are grey or red, green and blue")
        columns = (self.labels, self.predictions, self.confidences, self.losses)
        if self.shown > self.size or any(len(column) != self.shown for column in columns):
            raise ValueError("there is one label, prediction, confidence and loss for each shown image")
        amount = self.shown * self.height * self.width * self.channels
        if amount > MAX_PIXELS or len(self.pixels) != -(-amount // 3) * 4:
            raise ValueError("pixels are height × width × channels bytes for each shown image")
        return self


EVENTS_SEEN: tuple[type[EventData], ...] = (LayersMeasured, HistogramsMeasured, BatchShown)

"""The kinds of layers, each one entry: palette, editors, checks, docs, trainer and tests all read it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .activations import Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh
from .backbone import Backbone
from .base import Kind
from .blocks import Residual
from .convolutions import Conv, ConvTranspose, Depthwise, Separable
from .pooling import AdaptiveAvgPool, AvgPool, Pool
from .readers import Gru, Lstm, Transformer
from .rows import BatchNorm, Dropout, Flatten, GroupNorm, LayerNorm, Linear, SpatialDropout
from .sequences import Embedding, Patches, PositionLayer, SequencePool, Tokens

Layer = Annotated[
    Conv | ConvTranspose | Depthwise | Separable | Pool | AvgPool | AdaptiveAvgPool | Flatten | Linear
    | Relu | LeakyRelu | Gelu | Silu | Tanh | Sigmoid | Softplus | BatchNorm | LayerNorm | GroupNorm | Dropout | SpatialDropout
    | Patches | Tokens | Embedding | PositionLayer | Lstm | Gru | Transformer | SequencePool | Residual | Backbone,
    Field(discriminator="kind")]

Residual.model_rebuild(_types_namespace={"Layer": Layer})

KINDS: dict[str, type[Kind]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Conv, ConvTranspose, Depthwise, Separable, Pool, AvgPool, AdaptiveAvgPool, Flatten, Linear,
        Relu, LeakyRelu, Gelu, Silu, Tanh, Sigmoid, Softplus, BatchNorm, LayerNorm, GroupNorm, Dropout, SpatialDropout,
        Patches, Tokens, Embedding, PositionLayer, Lstm, Gru, Transformer, SequencePool, Residual, Backbone)
}

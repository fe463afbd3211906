"""The formats in which a model is taken out, and what their files are called."""

from __future__ import annotations

from typing import Literal

FormatName = Literal["pt", "safetensors", "torchscript", "pt2", "onnx", "py"]
ENDINGS: dict[FormatName, str] = {"pt": ".pt", "safetensors": ".safetensors", "torchscript": ".torchscript.pt", "pt2": ".pt2",
                                  "onnx": ".onnx", "py": ".zip"}

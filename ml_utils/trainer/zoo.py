"""The classification models of torchvision without their last layer.

Plain torch and torchvision and nothing else: code that a room exports shows this file word for word.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from torch import Tensor, nn
from torchvision.models import MNASNet, VisionTransformer, get_model
from torchvision.models.vision_transformer import interpolate_embeddings


class Backbone(nn.Module):
    """Images (n, 1 or 3, height, width) become rows (n, features) on the way through a model of torchvision.

    They are enlarged to size×size, and grey ones copied to three channels. The weights are fresh ones, also where
    `pretrained` asks for others: those come by `take`.
    """

    def __init__(self, model: str, size: int, pretrained: bool = False) -> None:
        super().__init__()
        self.model, self.size, self.pretrained = model, size, pretrained
        self.net = get_model(model, **self._arguments())
        self.head = self._last()
        self.net.set_submodule(self.head, nn.Identity())
        if isinstance(self.net, MNASNet):  # its own way refuses all that does not say which version it is
            self.net._load_from_state_dict = partial(nn.Module._load_from_state_dict, self.net)

    def _arguments(self) -> dict[str, Any]:
        """Return what torchvision has to know beside the name."""
        if self.model.startswith("vit_"):
            return {"image_size": self.size}
        if self.model.startswith("maxvit_"):
            return {"input_size": (self.size, self.size)}
        if self.model in ("googlenet", "inception_v3"):  # published weights expect numbers of another range
            return {"aux_logits": False, "init_weights": False, "transform_input": self.pretrained}
        return {}

    def _last(self) -> str:
        """Return the name of the layer that tells the classes apart: the last linear one, in a SqueezeNet a convolution."""
        for kind in (nn.Linear, nn.Conv2d):
            names: list[str] = [name for name, part in self.net.named_modules() if isinstance(part, kind)]
            if names:
                return names[-1]
        raise ValueError(f"{self.model} has no layer that could be its last")

    def forward(self, images: Tensor) -> Tensor:
        if images.shape[-2:] != (self.size, self.size):
            images = nn.functional.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)
        return self.net(images.expand(-1, 3, -1, -1))  # type: ignore[no-any-return]

    def take(self, weights: dict[str, Tensor]) -> None:
        """Copy published weights of this model, except those of its last layer; ValueError: they are of another model.

        The positions of a vision transformer are stretched to this size of images.
        """
        weights = {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name): one for name, one in weights.items()}
        if isinstance(self.net, VisionTransformer) and "encoder.pos_embedding" in weights:
            weights = interpolate_embeddings(self.size, self.net.patch_size, weights)  # type: ignore[arg-type, assignment]
        try:
            found = self.net.load_state_dict(weights, strict=False)
        except RuntimeError as error:  # another shape
            raise ValueError(str(error)) from error
        dropped = (f"{self.head}.", "aux1.", "aux2.", "AuxLogits.")
        if wrong := found.missing_keys + [name for name in found.unexpected_keys if not name.startswith(dropped)]:
            raise ValueError(f"{len(wrong)} names do not belong together, such as {wrong[0]}")

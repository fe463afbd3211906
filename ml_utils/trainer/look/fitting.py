"""Which explanation a network allows: refusals that name the layer and say what works instead."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.errors import Refused
from ...core.explanations import METHODS
from ..parts import Recurrent
from .observed import Observed, blinding, observe

ALWAYS = "Occlusion works for every network."
RELUS = ("relu", "relu_")
OWN_NAMES = {"QuickDropout": "Dropout"}
SKIPS = frozenset(("skip", "downsample"))  # ways around a block, by the names that they have here and in torchvision
LISTED = 12  # layers that a hint names


def kind_of(module: nn.Module) -> str:
    """Return what a page calls this kind of layer."""
    name = type(module.cells if isinstance(module, Recurrent) else module).__name__
    return OWN_NAMES.get(name, name)


def named(model: nn.Module, path: str) -> str:
    """Return a layer as a refusal names it."""
    return f"{path} ({kind_of(model.get_submodule(path))})" if path else "the network"


def check_gradient(model: nn.Module, images: Tensor, outputs: Tensor) -> None:
    """Raise Refused where no gradient reaches the images (which want one) from the outputs."""
    if not outputs.requires_grad:
        raise Refused("cannot_explain", f"No gradient reaches the image: {named(model, blinding(model, images))} makes whole "
                      "numbers or words of it, which cannot change a little.", ALWAYS, "method")


def check_guided(model: nn.Module, images: Tensor) -> None:
    """Raise Refused where guided backprop would miss a ReLU, or finds none."""
    seen = observe(model, images)
    relus = {path for path, part in model.named_modules() if isinstance(part, nn.ReLU)}
    for path, step in seen.steps:
        if step in RELUS and path not in relus:
            raise _impossible("guided_backprop", f"{named(model, path)} applies a ReLU of its own, which it would not see")
    if not relus & set(seen.calls):
        raise Refused("cannot_explain", "This network has no ReLU: guided backprop would be the same as saliency.",
                      f"Ask for saliency. {ALWAYS}", "method")


def check_deep_lift(model: nn.Module, images: Tensor, ruled: frozenset[type[nn.Module]]) -> None:
    """Raise Refused where DeepLIFT would come out wrong; it has rules for modules of the types `ruled`."""
    seen = observe(model, images)
    with_rule = [path for path, part in model.named_modules() if type(part) in ruled]
    for path, step in seen.steps:
        if path not in with_rule:
            inside = f"the {step.strip('_')} inside of " if any(model.get_submodule(path).children()) else ""
            raise _impossible("deep_lift", f"it has no rule for {inside}{named(model, path)}")
    for path in with_rule:
        _check_rule(model, path, seen)


def _check_rule(model: nn.Module, path: str, seen: Observed) -> None:
    part = model.get_submodule(path)
    if seen.calls[path] > 1:
        raise _impossible("deep_lift", f"{named(model, path)} is used {seen.calls[path]} times, and it can follow one use only")
    if isinstance(part, nn.MaxPool2d) and _overlaps(part):
        raise _impossible("deep_lift", f"the windows of {named(model, path)} overlap, and its rule is for windows that do not")


def _overlaps(pool: nn.MaxPool2d) -> bool:
    kernel, stride, dilation = (torch.broadcast_to(torch.as_tensor(one), (2,))
                                for one in (pool.kernel_size, pool.stride, pool.dilation))
    return bool((kernel > stride).any() or ((dilation > 1) & (kernel > 1)).any())


def _impossible(method: str, why: str) -> Refused:
    return Refused("cannot_explain", f"{METHODS[method].label[0]} cannot explain this network: {why}.",
                   f"Integrated gradients answer the same question. {ALWAYS}", "method")


# ── layers by their names ───────────────────────────────────────────────────────────────────────────────────

def convolutions(model: nn.Module) -> dict[str, nn.Module]:
    """Return the convolutions by their paths."""
    return {path: part for path, part in model.named_modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)}


def convolution(model: nn.Module, asked: str | None) -> str:
    """Return the path of the convolution that was asked for, the last one by default; raises Refused."""
    found = convolutions(model)
    if not found:
        raise Refused("no_convolution", "This network has no convolution that Grad-CAM could look at.",
                      f"Ask for saliency or integrated gradients. {ALWAYS}", "method")
    if asked is None:
        main = [path for path in found if not SKIPS & set(path.split("."))]
        return (main or list(found))[-1]
    if asked not in found:
        raise unknown(model, asked, found, "convolution")
    return asked


def unknown(model: nn.Module, asked: str, there: dict[str, nn.Module] | list[str], what: str) -> Refused:
    """Return that a layer is not there, or not of the kind that is needed, and which are."""
    paths = list(there)
    is_other = asked in dict(model.named_modules())
    message = f"{named(model, asked)} is no {what}." if is_other else f"There is no layer {asked}."
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    hint = f"There is {', '.join(paths[:LISTED])}{more}." if paths else f"This network has no {what}."
    return Refused("unknown_layer", message, hint, "layer")

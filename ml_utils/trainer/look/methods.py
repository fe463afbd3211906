"""The methods of attribution, worked out by Captum: what each pixel has to do with the logit of one class."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import Refused
from .fitting import check_deep_lift, check_guided

STEPS, FEWEST_STEPS = 50, 8  # of integrated gradients
WAY_BACK = 3  # a pass and one back cost so many passes
PARTS = 7  # the window of occlusion is a seventh of the image's side
FEWER_PARTS = (7, 5, 4, 3)  # where windows that overlap would be too many, they lie side by side
MOST_MACS = 2.5e11  # multiply-adds of one explanation: less than ten seconds of one core


@dataclass(frozen=True)
class Case:
    """What is to be explained. `model` is one's own (`apart`); images are (1, channels, height, width), float."""

    model: nn.Sequential
    image: Tensor  # wants a gradient
    black: Tensor
    target: int
    layer: str | None  # path of a convolution, for grad_cam
    macs: int  # of one pass
    lot: int  # images at once, at most

    @property
    def most(self) -> int:
        """How many passes there may be."""
        return int(MOST_MACS // max(self.macs, 1))


@dataclass(frozen=True)
class Found:
    """Values (channels or 1, height, width); the error of their sum, where a method has one; passes that it took."""

    values: Tensor
    delta: float | None = None
    passes: int = 1


def saliency(case: Case) -> Found:
    from captum.attr import Saliency

    return Found(Saliency(case.model).attribute(case.image, target=case.target, abs=False)[0])


def input_x_gradient(case: Case) -> Found:
    from captum.attr import InputXGradient

    return Found(InputXGradient(case.model).attribute(case.image, target=case.target)[0])


def integrated_gradients(case: Case) -> Found:
    """From black to the image, fewer steps where a pass is long."""
    from captum.attr import IntegratedGradients

    steps = min(STEPS, case.most // WAY_BACK)
    if steps < FEWEST_STEPS:
        raise _too_large("Integrated gradients need", FEWEST_STEPS)
    values, delta = IntegratedGradients(case.model).attribute(
        case.image, case.black, target=case.target, n_steps=steps, internal_batch_size=case.lot, return_convergence_delta=True)
    return Found(values[0], float(delta), steps)


def deep_lift(case: Case) -> Found:
    from captum.attr import DeepLift
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    ruled = frozenset(SUPPORTED_NON_LINEAR)
    check_deep_lift(case.model, case.image, ruled)
    _own_inputs(case.model, ruled)
    values, delta = DeepLift(case.model).attribute(
        case.image, case.black, target=case.target, return_convergence_delta=True)
    return Found(values[0].detach(), float(delta), 2)


def guided_backprop(case: Case) -> Found:
    from captum.attr import GuidedBackprop

    check_guided(case.model, case.image)
    _own_inputs(case.model, frozenset((nn.ReLU,)))
    return Found(GuidedBackprop(case.model).attribute(case.image, target=case.target)[0])


def occlusion(case: Case) -> Found:
    """A black window over the image, all channels at once; every pixel has the mean over the windows that cover it."""
    from captum.attr import Occlusion

    channels, height, width = case.image.shape[1:]
    window, stride, passes = windows(height, width, case.most)
    values = Occlusion(case.model).attribute(
        case.image.detach(), (channels, *window), (channels, *stride), case.black, case.target, perturbations_per_eval=case.lot)
    return Found(values[0, :1], passes=passes)


def windows(height: int, width: int, most: int) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Return size and stride of the window (down, right), and how many places it has: at most so many; raises Refused."""
    sides = height, width
    size = tuple(max(1, round(side / PARTS)) for side in sides)
    tries = [(size, tuple(max(1, one // 2) for one in size)),
             *((one, one) for parts in FEWER_PARTS for one in [tuple(ceil(side / parts) for side in sides)])]
    for window, stride in tries:
        places = [1 + ceil((side - one) / step) for side, one, step in zip(sides, window, stride, strict=True)]
        if places[0] * places[1] <= most:
            return (window[0], window[1]), (stride[0], stride[1]), places[0] * places[1]
    raise _too_large("Occlusion needs", FEWER_PARTS[-1] ** 2)


def grad_cam(case: Case) -> Found:
    """The weighted maps of one convolution, enlarged to the image."""
    from captum.attr import LayerGradCam

    assert case.layer is not None
    values = LayerGradCam(case.model, case.model.get_submodule(case.layer)).attribute(case.image, target=case.target)
    return Found(nn.functional.interpolate(values.detach(), case.image.shape[2:], mode="bilinear", align_corners=False)[0])


def _own_inputs(model: nn.Module, kinds: frozenset[type[nn.Module]]) -> None:
    """Give each of these modules a copy of what comes in.

    Captum replaces the gradient at what comes into a module: of a tensor that others read, too, it would replace theirs.
    """
    for part in model.modules():
        if type(part) in kinds:
            part.register_forward_pre_hook(lambda _, inputs: tuple(one.clone() for one in inputs))


def _too_large(what: str, passes: int) -> Refused:
    return Refused("too_large", f"{what} at least {passes} passes, which would take too long with a network of this size.",
                   "Ask for Grad-CAM or saliency: they need one pass.", "method")


ATTRIBUTIONS: dict[str, Callable[[Case], Found]] = {
    one.__name__: one for one in (saliency, input_x_gradient, integrated_gradients, deep_lift, guided_backprop, occlusion,
                                  grad_cam)}


def attributed(method: str, case: Case) -> Found:
    """Return what a method says; what Captum remarks on meanwhile (hooks, gradients) is its own business."""
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        found: Any = ATTRIBUTIONS[method](case)
    return Found(found.values.detach(), found.delta, found.passes)

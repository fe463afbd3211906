"""Show which pixels made a stored model say what it said: a PNG with the image, and the attribution beside it.

Blue speaks for the class, orange against it, as in the room.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import Refused
from ..core.explanations import METHODS
from . import exits, opened
from .output import Output

if TYPE_CHECKING:
    from ..trainer.order import Order

HELP = "show which pixels made a stored model say so"
USUAL = "input_x_gradient"
SIDE = 4.0  # inches of each picture


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.add_arguments(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="files to explain")
    parser.add_argument("--method", choices=tuple(METHODS), default=USUAL, help="default: %(default)s")
    parser.add_argument("--target", type=int, metavar="CLASS", help="number of the class; default: the predicted one")
    parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="where the pictures go; default: here")
    parser.add_argument("--invert", action="store_true", help="dark ink on white paper, for datasets of bright ink")


def run(args: argparse.Namespace, output: Output) -> int:
    found = opened.opened(args)
    targets = _targets(args)
    images = [(file, opened.pixels_of(found.scene, file, args.invert)) for file in args.images]  # all can be read, or none
    output.say(found.words)
    for (file, image), target in zip(images, targets, strict=True):
        answer = _explained(found, image, args)
        best = opened.classes_of(found.scene, answer["softmax"], 1)[0]
        _draw(answer, found.scene.dataset.classes, target, found.scene.order)
        output.tell("explained", file=str(file), picture=str(target), method=answer["method"], target=answer["target"],
                    prediction=best, delta=answer["delta"], **found.told)
        output.say(f"{file}: {best['class']} {best['probability'] or 0:.1%} → {target}")
    return exits.DONE


def _targets(args: argparse.Namespace) -> list[Path]:
    """Return where each picture goes; raises `Refused` rather than writing over something, or two into one."""
    targets = [args.to / f"{file.stem}-{args.method}.png" for file in args.images]
    taken = next((one for number, one in enumerate(targets) if one.exists() or one in targets[:number]), None)
    if taken:
        raise Refused("exists", f"{taken} is there already, or would be written twice.", "Name another folder by --to.", "to")
    try:
        args.to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("no_folder", f"{args.to} cannot be made: {error.strerror}.", "Name another by --to.", "to") from None
    return targets


def _explained(found: opened.Opened, image: Any, args: argparse.Namespace) -> dict[str, Any]:
    from ..core.questions import Explain
    from ..trainer.look.explain import explain

    if args.target is not None and args.target < 0:
        raise Refused("unknown_class", f"There is no class {args.target}.", "Classes are counted from 0.", "target")
    return explain(found.scene, Explain(image=image, method=args.method, target=args.target))


def _draw(answer: dict[str, Any], classes: tuple[str, ...], target: Path, order: Order) -> None:
    from base64 import b64decode

    import numpy as np

    from ..trainer.look.plots import figure

    drawn = figure(order, 2 * SIDE, SIDE + 0.6)
    from matplotlib.colors import LinearSegmentedColormap  # after the figure, which says where matplotlib may write

    shown = answer["image"]
    pixels = np.frombuffer(b64decode(shown["pixels"]), np.uint8).reshape(shown["height"], shown["width"], shown["channels"])
    values = np.frombuffer(b64decode(answer["values"]), "<f4").reshape(answer["height"], answer["width"])
    left, right = drawn.subplots(1, 2)
    left.imshow(pixels.squeeze(2) if shown["channels"] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    colours = LinearSegmentedColormap.from_list("heat", ("#d55e00", "#ffffff", "#0072b2"))
    right.imshow(values, cmap=colours, vmin=-(answer["most"] or 1), vmax=answer["most"] or 1)
    left.set_title("the image, as the network got it")
    right.set_title(f"{METHODS[answer['method']].label[0]}, class {classes[answer['target']]}")
    for axes in (left, right):
        axes.set_axis_off()
    drawn.savefig(target)

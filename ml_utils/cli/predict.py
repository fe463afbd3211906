"""Say what a stored model takes images for: any PNG, JPEG, WebP or BMP file, its middle square scaled as the dataset is."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import exits, opened
from .output import Output

HELP = "say what a stored model takes images for"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.add_arguments(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="files to classify")
    parser.add_argument("--top", type=int, default=3, choices=range(1, 21), metavar="K",
                        help="how many classes to name, 1 to 20; default: 3")
    parser.add_argument("--invert", action="store_true", help="dark ink on white paper, for datasets of bright ink")


def run(args: argparse.Namespace, output: Output) -> int:
    found = opened.opened(args)
    from ..core.questions import Classify
    from ..trainer.look.classify import classify

    images = [(file, opened.pixels_of(found.scene, file, args.invert)) for file in args.images]  # all can be read, or none
    output.say(found.words)
    for file, image in images:
        softmax = classify(found.scene, Classify(image=image))["softmax"]
        best = opened.classes_of(found.scene, softmax, args.top)
        output.tell("predicted", file=str(file), classes=best, **found.told)
        output.say(f"{file}: " + ", ".join(f"{one['class']} {one['probability'] or 0:.1%}" for one in best))
    return exits.DONE

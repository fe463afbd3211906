"""A Blueprint and Settings as one Python file that builds the same network and trains it, with torch and without the lab."""

from __future__ import annotations

from textwrap import fill
from typing import Any

from ..blueprint import Blueprint
from ..datasets import held_back
from ..rules import report
from ..settings import Settings
from .data import load_imports, load_text
from .lines import DEEPER, WIDTH, Word, lines_of, network_lines
from .network import called, network, pretrained
from .parts import KNOWN, definitions, import_lines
from .steps import borrowed
from .training import frozen_of, training_text

# files of the trainer; their texts, one after another, are the `parts` of a script
SOURCES = ("parts.py", "zoo.py", "losses.py", "augment.py")
HEAD = '''"""A network for {title}, and how it is trained, in plain torch.

{about}
"""'''
SAME = "It begins with the same weights as in the lab and sees the images in the same order; only the random " \
       "numbers of dropout are others."
HELD_BACK = "{number} training images, picked by the seed, are held back, as in the lab: it validates with them."
LEFT_OUT = "{number} training images, those of `WITHOUT`, are left out; mean and spread are those of all."
WARM = "It sees the images in the same order as in the lab. There {names} began with weights {source}; here all " \
       "weights are fresh."
BUILD = '''def build() -> nn.Sequential:
    """Return the network with fresh weights, always the same; behind a layer: what comes out."""
    torch.manual_seed(SEED)
'''
ACCURACY = '''@torch.inference_mode()
def accuracy(model: nn.Sequential, images: Tensor, labels: Tensor) -> float:
    """Return the share of these images that the network gets right."""
    model.eval()
    right = 0
    for some, theirs in zip(images.split(BATCH_SIZE), labels.split(BATCH_SIZE)):
        right += (model(some).argmax(1) == theirs).sum().item()
    return right / len(labels)'''
RUN = 'if __name__ == "__main__":\n    main()'
ORDERED = "from collections import OrderedDict"
PACKAGES = {"torch": "torch", "torchvision": "torchvision", "numpy": "numpy", "sklearn": "scikit-learn"}
WEIGHTS = "from torchvision.models import get_model_weights"


def script(blueprint: Blueprint, settings: Settings, parts: str, warm: dict[str, Any] | None = None) -> str:
    """Return the text of the file; what it uses of the lab's own modules is taken word for word out of their source, `parts`.

    `warm`: the run and the layers whose weights the network began with in the lab. Raises `Refused` where the network
    cannot work.
    """
    layers = network(blueprint, settings)
    published = pretrained(layers)
    learning = [row["name"] for row in report(blueprint)["layers"] if row["parameters"]]
    training = training_text(settings, blueprint, learning, published)
    modules = {name for name in called(part.call for part in layers) if not name.startswith("nn.")}
    imports, own = definitions(parts, modules | borrowed("\n".join(training)))
    body = [*own, BUILD + "\n".join(network_lines(layers, 4, "return ")), load_text(blueprint.row), ACCURACY,
            *training, RUN]
    imports += [WEIGHTS] if published else []
    constants = {"SEED": blueprint.seed, "EPOCHS": settings.epochs, "BATCH_SIZE": settings.batch_size,
                 "FROZEN": frozen_of(settings, learning), "WITHOUT": _numbers(blueprint.without),
                 "HELD_BACK": held_back(blueprint.model_dump())}
    text = "\n\n\n".join(body)
    return "\n\n\n".join([_top(blueprint, imports, constants, text, warm), text]) + "\n"


def _top(blueprint: Blueprint, imports: list[str], constants: dict[str, object], text: str,
         warm: dict[str, Any] | None) -> str:
    """Return what stands before the first definition: words, imports, and those constants that are used."""
    numpy = ["import numpy as np"] if "np." in text else []
    others = [*load_imports(blueprint.row), *KNOWN, *numpy, *(line for line in imports if _package(line))]
    standard = [*(line for line in imports if not _package(line)), *(["import math"] if "math." in text else []), ORDERED]
    packages = sorted({_package(line) for line in others})
    about = _about(warm, packages, len(blueprint.without) if "WITHOUT" in text else 0,
                   held_back(blueprint.model_dump()) if "HELD_BACK" in text else 0)
    return "\n\n".join([
        HEAD.format(title=_quiet(blueprint.row.title), about=about),
        "\n".join(import_lines(standard)), "\n".join(import_lines(others)),
        "\n".join(line for name, value in constants.items() if name in text for line in lines_of(value, 0, f"{name} = "))])


def _about(warm: dict[str, Any] | None, packages: list[str], left_out: int, held: int) -> str:
    begins = SAME
    if warm:
        source = f"of run {warm['run']}" if "run" in warm else "that were brought in"
        begins = WARM.format(names=", ".join(warm["layers"]), source=source)
    missing = f" {LEFT_OUT.format(number=left_out)}" if left_out else ""
    missing += f" {HELD_BACK.format(number=held)}" if held else ""
    return fill(f"{begins}{missing} Needs: {', '.join(packages)}.", 100)


def _quiet(title: str) -> str:
    """Return the name that somebody gave to images as it may stand in a docstring."""
    return title.replace("\\", "/").replace('"', "'")


def _numbers(numbers: tuple[int, ...]) -> Word:
    """Return a list of many numbers on as few lines as they need."""
    lines = fill(", ".join(map(str, numbers)), WIDTH, initial_indent=" " * DEEPER, subsequent_indent=" " * DEEPER)
    return Word(f"[\n{lines},\n]")


def _package(line: str) -> str:
    """Return what has to be installed for an import, empty where it comes with Python."""
    return PACKAGES.get(line.split()[1].partition(".")[0], "")

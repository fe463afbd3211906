"""Evaluate a stored model on a split: accuracy, loss, calibration, and precision and recall of every class.

Eval mode, raw softmax, plain cross-entropy whatever the model learned with.
"""

from __future__ import annotations

import argparse
from typing import Any

from . import exits, opened
from .output import Output

HELP = "evaluate a stored model on a split"
MOST_CLASSES = 60  # rows of the table for people


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.add_arguments(parser)
    parser.add_argument("--split", choices=("train", "validation", "test"), default="test", help="default: test")


def run(args: argparse.Namespace, output: Output) -> int:
    found = opened.opened(args)
    measured = _measured(found, args.split, output)
    output.tell("evaluated", split=args.split, **found.told, **measured)
    output.say(f"{found.words}\n{args.split} split, {measured['examples']:,} examples: accuracy {measured['accuracy']:.2%}, "
               f"loss {_number(measured['loss'])}, calibration error {measured['calibration_error']:.3f}")
    output.show(_table(found.scene.dataset.classes, measured["classes"]))
    return exits.DONE


def _measured(found: opened.Opened, split: str, output: Output) -> dict[str, Any]:
    from math import isfinite

    from rich.progress import Progress
    from torch.nn.functional import nll_loss

    from ..trainer.look.evaluation import outputs_of
    from ..trainer.look.metrics import measured

    examples = found.scene.split(split)
    with Progress(console=output.console, transient=True, disable=output.as_json) as progress:
        task = progress.add_task(f"evaluating {split}", total=len(examples))
        outputs = outputs_of(found.scene, examples, lambda done, total: progress.update(task, completed=done))
    labels, logs = examples.labels.cpu(), outputs.double().log_softmax(1)
    loss = float(nll_loss(logs, labels))
    return {"examples": len(labels), "loss": loss if isfinite(loss) else None,
            **measured(logs.exp().numpy(), outputs.argmax(1).numpy(), labels.numpy())}


def _table(names: tuple[str, ...], rows: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table("class", *(("precision", "recall", "f1", "examples")))
    for name, row in list(zip(names, rows, strict=True))[:MOST_CLASSES]:
        table.add_row(escape(name), *(_number(row[one]) for one in ("precision", "recall", "f1")), f"{row['support']:,}")
    if len(names) > MOST_CLASSES:
        table.caption = f"{len(names) - MOST_CLASSES} more classes: use --json"
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

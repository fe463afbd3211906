"""Evaluating 10,000 MNIST images, beside a bare inference loop.

    python -m benchmarks.evaluate [--rounds 7] [--only cnn]

Both run the same network with the same weights over the test split, in turn in one process, one thread, in inference mode and
with as many images at once; what counts is the ratio of the medians. Ours is the loop of the process that evaluates, with its
outputs kept, its signs of life and its reports. All metrics and the Record, made once at the end, are told beside it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch

from benchmarks.report import say, verdict
from ml_utils.core.blueprint import PRESETS
from ml_utils.core.questions import Subject
from ml_utils.core.work import Evaluate
from ml_utils.trainer.look.evaluation import Evaluation, outputs_of
from ml_utils.trainer.look.examine import dataset_of, scene_of
from ml_utils.trainer.look.metrics import measured
from ml_utils.trainer.look.records import made, record_file, write
from ml_utils.trainer.look.scene import Scene
from ml_utils.trainer.order import Order, Patience
from ml_utils.trainer.wire import Wire

ROOT = Path(os.environ.get("LOCKSTEP_DATA", Path(__file__).parents[2] / "shared/datasets"))
TARGET = 1.2


def bare(scene: Scene) -> None:
    """What anybody would write: predictions of all images, nothing kept but how many are right."""
    right, split = 0, scene.data.test
    with torch.inference_mode():
        for first in range(0, len(split), scene.lot):
            images, labels = scene.data.sliced(split, first, scene.lot)
            right += int((scene.model(images).argmax(1) == labels).sum())


def seconds(loop: Callable[[], Any]) -> float:
    begun = perf_counter()
    loop()
    return perf_counter() - begun


def measure(name: str, rounds: int, folder: Path) -> None:
    order = Order(str(folder / "line"), "benchmrk", -1, "", str(folder / "checkpoints"), str(ROOT))
    wire = Wire(order, Patience())  # nobody listens; what is told stays in the outbox
    subject = Subject(run="r1", branch="b1", epoch=0, batch=0, x=0.0, blueprint=PRESETS[name]("mnist"), threads=1)
    asked = Evaluate.model_validate({"subject": subject, "of": {"branch": "b1", "epoch": 0, "split": "test"}})
    scene = scene_of(subject, order, wire, dataset_of(subject, order, wire))
    ours = Evaluation(order, wire, asked)
    loops: dict[str, Callable[[], object]] = {
        "ours": lambda: outputs_of(scene, scene.data.test, ours.tick), "bare": lambda: bare(scene)}
    found: dict[str, list[float]] = {who: [] for who in loops}
    for number in range(rounds + 1):
        for who in sorted(loops, reverse=bool(number % 2)):  # no one always comes first
            found[who].append(seconds(loops[who]))
    ratio = median(found["ours"][1:]) / median(found["bare"][1:])  # the first round was to get warm
    say(f"{name}: {len(scene.data.test):,} images, ours {median(found['ours']):.2f} s, {rounds} rounds in turn")
    say(f"  ours / bare: {ratio:.3f}  {verdict(ratio, TARGET)}")
    outputs, labels = outputs_of(scene, scene.data.test, ours.tick), scene.data.test.labels
    file = record_file(order.instance, order.room, "r1", "b1", 0, 0, "test")
    numbers = seconds(lambda: measured(outputs.double().softmax(1).numpy(), outputs.argmax(1).numpy(), labels.numpy()))
    say(f"  beside it, once: all metrics {1000 * numbers:.0f} ms, "
        f"the Record {1000 * seconds(lambda: write(file, made(outputs, labels))):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=PRESETS, help="one of the networks")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name in [asked.only] if asked.only else PRESETS:
        with tempfile.TemporaryDirectory() as folder:
            measure(name, asked.rounds, Path(folder))


if __name__ == "__main__":
    main()

"""How fast `python -m ml_utils train` trains, beside PyTorch Lightning, skorch and the best bare loop.

    python -m benchmarks.frameworks [--rounds 3]

The default CNN on MNIST, batch size 64, one thread, one epoch each in turn, each in a process of its own, nothing else beside
it. The others get the same float tensors in memory; ours reads the bytes it has, and normalises them batch by batch. The
frameworks train the network as their user writes it, of torch's own layers; and, for comparison, as the lab builds it (memory
format, pooling before ReLU, a quicker dropout), which is not counted. Counted are the seconds from the first batch to the last:
no start, no evaluation. Ours is the whole command, with its log, its display and its run folder; the others run without logger,
progress bar and checkpoints, as fast as they go.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.report import say, verdict

ROOT = Path(__file__).resolve().parents[1]
IMAGES = 60_000
RATIOS = {"bare loop": 0.97, "lightning": 1.4, "skorch": 1.4}


def _ready() -> tuple[Any, Any, Any]:
    """Return the fresh network, all images (float, normalised) and labels; torch has one thread from here on."""
    import torch

    from benchmarks.training import ROOT as DATA
    from ml_utils.core.blueprint import cnn
    from ml_utils.trainer.model import build
    from ml_utils.trainer.order import Order
    from ml_utils.trainer.prepare import load

    torch.set_num_threads(1)
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:
        data = load("mnist", 1, Order("", "bench", 1, "", f"{folder}/checkpoints", str(DATA)), cpu, lambda _: None)
        images, labels = data.sliced(data.train, 0, len(data.train))
    return build(cnn("mnist"), cpu).train(), images, labels


def _plain(model: Any) -> Any:
    """Return the same network of torch's own layers, in the order of the Blueprint."""
    import torch
    from torch import nn

    from ml_utils.core.blueprint import cnn, layer_names

    built = dict(model.named_children())
    layers = (built[name] for name in layer_names(cnn("mnist")))
    plain = nn.Sequential(*(nn.Dropout(0.25) if isinstance(layer, nn.Dropout) else layer for layer in layers))
    return plain.to(memory_format=torch.contiguous_format).train()


def bare() -> float:
    """The loop of `benchmarks.loops.BareLoop`, one epoch."""
    import torch
    from torch import nn

    model, images, labels = _ready()
    optimizer, loss = torch.optim.SGD(model.parameters(), 0.05, 0.9, fused=True), nn.CrossEntropyLoss()
    begun = perf_counter()
    for index in torch.randperm(len(labels)).split(64):
        optimizer.zero_grad()
        loss(model(images.index_select(0, index)), labels.index_select(0, index)).backward()
        optimizer.step()
    return perf_counter() - begun


def lightning(plain: bool = True) -> float:
    """A LightningModule as its guide writes it, with a DataLoader over the tensors."""
    import pytorch_lightning as pl
    import torch
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader, TensorDataset

    model, images, labels = _ready()
    network, clock = _plain(model) if plain else model, _Clock()

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = network

        def training_step(self, batch: Any, number: int) -> Any:
            loss = cross_entropy(self.model(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.05, 0.9)

        def on_train_batch_start(self, batch: Any, number: int) -> None:
            clock.start()

        def on_train_batch_end(self, outputs: Any, batch: Any, number: int) -> None:
            clock.stop()

    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                         enable_model_summary=False)
    trainer.fit(Module(), DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True))
    return clock.seconds


def skorch(plain: bool = True) -> float:
    """A NeuralNetClassifier as its guide writes it, without a validation split."""
    import torch
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Callback

    model, images, labels = _ready()
    network, clock = _plain(model) if plain else model, _Clock()

    class Timing(Callback):
        def on_batch_begin(self, *args: Any, **kwargs: Any) -> None:
            clock.start()

        def on_batch_end(self, *args: Any, **kwargs: Any) -> None:
            clock.stop()

    net = NeuralNetClassifier(
        network, criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.SGD, optimizer__momentum=0.9, lr=0.05,
        batch_size=64, max_epochs=1, train_split=None, iterator_train__shuffle=True, verbose=0, callbacks=[Timing()])
    net.fit(images, labels)
    return clock.seconds


class _Clock:
    """From the first start to the last stop."""

    begun: float | None = None
    seconds = 0.0

    def start(self) -> None:
        self.begun = perf_counter() if self.begun is None else self.begun

    def stop(self) -> None:
        assert self.begun is not None
        self.seconds = perf_counter() - self.begun


def ours() -> float:
    """The command, with a recipe that says nothing but the dataset; seconds as its log tells them."""
    from benchmarks.training import ROOT as DATA
    from ml_utils import logs

    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "recipe.yaml"
        command = [sys.executable, "-m", "ml_utils"]
        subprocess.run([*command, "new", "--template", "cnn", "--dataset", "mnist", str(recipe)], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([*command, "train", str(recipe), "--epochs", "1", "--threads", "1", "--name", "bench", "--runs", folder],
                       cwd=ROOT, check=True, env=_environment(folder, str(DATA)), stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return sum(fact["data"]["took"] for fact in logs.read(Path(folder) / "bench" / "events.jsonl")
                   if fact["name"] == "metrics")


def _environment(instance: str, data: str) -> dict[str, str]:
    import os

    return {**os.environ, "LOCKSTEP_INSTANCE": instance, "LOCKSTEP_DATA": data}


WORKERS = {"bare loop": bare, "lightning": lightning, "skorch": skorch, "ours": ours,
           "lightning, our layers": lambda: lightning(plain=False), "skorch, our layers": lambda: skorch(plain=False)}


def one(who: str) -> float:
    """Return the seconds of one epoch, trained in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.frameworks", "--one", who], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=WORKERS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        say(str(WORKERS[asked.one]()))
        return 0
    rounds = []
    for number in range(asked.rounds):
        order = list(WORKERS) if number % 2 else list(WORKERS)[::-1]  # no one always comes first
        rounds.append({who: one(who) for who in order})
        say("  " + ", ".join(f"{who} {IMAGES / rounds[-1][who]:,.0f} images/s" for who in WORKERS))
    missed = 0
    for who in (name for name in WORKERS if name != "ours"):
        ratios, target = [found[who] / found["ours"] for found in rounds], RATIOS.get(who)
        missed += target is not None and median(ratios) < target
        say(f"  ours / {who}: median {median(ratios):.3f} (min {min(ratios):.3f}, max {max(ratios):.3f})  "
            f"{verdict(median(ratios), target, most=False) if target else '(for comparison)'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""tensorboard/: one event file with all that TensorBoard shows of a line. Steps are batches since the Run began.

It is written anew each time under a new name, and says at its beginning that what was read before does not count, so that a
TensorBoard that looks on shows everything once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_TENSOR, HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData
from tensorboard.summary.writer.record_writer import RecordWriter

from ...core.events_seen import BINS
from .files import replaced
from .told import Line

VERSION = "brain.Event:2"
EVENTS_A_TICK = 1000
LEFT, EMPTY = 3, 200  # files that are left empty, for readers at their end; bytes that such a file has at most
MOST_LIVE = 5000  # batches that are shown while it trains; at the end all are
SIDES = {"train": "train_epoch", "test": "test", "validation": "validation"}  # of an epoch's scores, and in tags


@dataclass(frozen=True)
class Picture:
    """A PNG, where it belongs and when it was so."""

    tag: str
    step: int
    at: float
    png: bytes


class Board:
    """Writes Events of TensorBoard, each with its step and its time (Unix seconds)."""

    def __init__(self, out: BinaryIO, at: float) -> None:
        self._records = RecordWriter(out)
        self._write(Event(wall_time=at, file_version=VERSION))
        self._write(Event(wall_time=at, step=-1, session_log=SessionLog(status=SessionLog.START)))

    def _write(self, event: Any) -> None:
        self._records.write(event.SerializeToString())

    def tell(self, step: int, at: float, values: list[Any]) -> None:
        if values:
            self._write(Event(step=step, wall_time=at, summary=Summary(value=values)))

    def scalars(self, step: int, at: float, values: dict[str, float | None]) -> None:
        """Write values by their tags; what is no number is left out."""
        self.tell(step, at, [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()
                             if value is not None and isfinite(value)])

    def graph(self, graph: bytes, at: float) -> None:
        self._write(Event(wall_time=at, graph_def=graph))

    def image(self, picture: Picture) -> None:
        width, height = struct.unpack(">II", picture.png[16:24])
        image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=picture.png)
        self.tell(picture.step, picture.at, [Summary.Value(tag=picture.tag, image=image)])

    def text(self, tag: str, step: int, at: float, words: str) -> None:
        """`words`: Markdown."""
        plugin = SummaryMetadata.PluginData(plugin_name="text", content=TextPluginData(version=0).SerializeToString())
        tensor = TensorProto(dtype="DT_STRING", string_val=[words.encode()],
                             tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]))
        metadata = SummaryMetadata(plugin_data=plugin, data_class=DATA_CLASS_TENSOR)
        self.tell(step, at, [Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])


def histogram(found: dict[str, Any]) -> Any:
    """Return equal bins {low, high, counts} as TensorBoard has them; sums are those of the middles of the bins."""
    low, high, counts = found["low"], found["high"], np.array(found["counts"], dtype=float)
    edges = np.linspace(low, high, BINS + 1)
    if not low < high:
        edges, counts = np.array([low, high]), counts.sum(keepdims=True)
    middles = (edges[:-1] + edges[1:]) / 2
    return HistogramProto(min=low, max=high, num=counts.sum(), sum=(counts * middles).sum(),
                          sum_squares=(counts * middles ** 2).sum(), bucket_limit=edges[1:].tolist(), bucket=counts.tolist())


def write(folder: Path, line: Line, recipe: str, graph: bytes | None, pictures: Iterable[Picture], most: int | None,
          tick: Callable[..., None]) -> Path:
    """Write the file in place of that which is there; return it. `most`: so many of the batches at most."""
    file = folder / f"events.out.tfevents.{int(line.told.at):010d}.lockstep"
    with replaced(file) as temp, temp.open("wb") as out:
        board = Board(out, line.about["at"])
        if graph:
            board.graph(graph, line.about["at"])
        _texts(board, line, recipe)
        for number, _ in enumerate(chain(_batches(board, line, most), _epochs(board, line), _histograms(board, line))):
            if number % EVENTS_A_TICK == 0:
                tick(doing="tensorboard", done=number)
        for picture in pictures:
            board.image(picture)
    _retire(sorted(set(folder.glob("events.out.tfevents.*.lockstep")) - {file}), line.about["at"])
    return file


def _retire(old: list[Path], at: float) -> None:
    """Empty the files that the newest one stands for, and remove all but the last few: a reader at the end of one that is
    gone would not go on to the next.
    """
    for file in old[:-LEFT]:
        file.unlink(missing_ok=True)
    for file in old[-LEFT:]:
        if file.stat().st_size > EMPTY:
            with replaced(file) as temp, temp.open("wb") as out:
                Board(out, at)


def _batches(board: Board, line: Line, most: int | None) -> Iterator[None]:
    """Rates are known where a report ended; those batches are always told."""
    batches = line.batches
    kept = np.arange(len(batches)) if most is None or len(batches) <= most else np.unique(
        np.concatenate((np.linspace(0, len(batches) - 1, most).astype(int), np.flatnonzero(~np.isnan(batches.rates))[-most:])))
    columns = (batches.steps, batches.ats, batches.losses, batches.accuracies, batches.rates)
    for step, at, loss, accuracy, rate in zip(*(column[kept].tolist() for column in columns), strict=True):
        board.scalars(step, at, {"loss/train": loss, "accuracy/train": accuracy, "learning_rate": rate})
        yield


def _epochs(board: Board, line: Line) -> Iterator[None]:
    for epoch, scores, at, seconds in line.epochs:
        ends = {f"{what}/{name}": scores[side].get(what) for side, name in SIDES.items() for what in ("loss", "accuracy")}
        board.scalars(line.batches.step_at(epoch), at, {"epoch": epoch, "seconds_per_epoch": seconds, **ends})
        yield


def _histograms(board: Board, line: Line) -> Iterator[None]:
    for x, at, layers in line.histograms:
        board.tell(line.batches.step_at(x), at, [
            Summary.Value(tag=f"{what}/{name}", histo=histogram(found)) for name, look in layers.items()
            for what, found in look.items() if found])
        yield


def _texts(board: Board, line: Line, recipe: str) -> None:
    """Write the recipe, and each change of Settings at its step."""
    board.text("recipe", 0, line.about["at"], "\n".join(f"    {row}" for row in recipe.splitlines()))
    for marker in line.changes:
        rows = [f"| {name} | {one['from']} | {one['to']} |" for name, one in marker["changes"].items()]
        reason = f"\n\n{marker['reason']}" if marker.get("reason") else ""
        board.text("settings", line.batches.step_at(marker["x"]), marker["at"],
                   "\n".join(["| setting | from | to |", "|---|---|---|", *rows]) + reason)

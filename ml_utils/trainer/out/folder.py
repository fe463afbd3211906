"""A run folder: all that one wants to have of a run, made of its log and its Checkpoints; docs/run-folder.md explains it.

Whoever looks in at any moment finds the former files or the new ones, each whole. What cannot be made, for a Checkpoint or
a dataset is gone, is named in `summary.txt` with the reason; the rest is written.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from ... import recipes, session_file
from ...core.best import best_of
from ...core.blueprint import Blueprint
from ...core.errors import Refused, refusal
from ...core.settings import Settings
from ...core.tree import place_of, settings_at
from ..data import Data
from ..device import device_of
from ..loading import beside
from ..order import Failure, Order
from ..prepare import load
from . import boards, curves, metrics_csv, model_pt, reports, summary
from .files import put, replaced, sweep
from .graph import graph_of
from .reports import Seen
from .sheet import sheets
from .stored import Stored, of_state
from .told import Line, read

log = logging.getLogger(__name__)
Tick = Callable[..., None]


def make(log: Path, order: Order, target: Path, tick: Tick, final: bool, run: str | None = None,
         branch: str | None = None) -> dict[str, Any]:
    """Make or renew the folder of a line: of this Branch, of the newest of this Run, or of where the Session stands.

    `tick` is called every few seconds with how far it is. While it still trains (not `final`) only what is cheap is done:
    what was written down at the epochs' ends is used, and no whole split is evaluated. Returns `files` (names below the
    folder, by the alphabet) and `notes` (what could not be made, and why). Raises `Refused` where there is no log or no Run.
    """
    line = read(log, tick).line(run, branch)
    target.mkdir(parents=True, exist_ok=True)
    sweep(target, alone=final)
    folder = _Folder(line, order, target, tick, final)
    folder.write(log)
    return {"run": line.run, "branch": line.branch, "files": files_of(target), "notes": folder.notes}


def files_of(target: Path) -> list[str]:
    """Return the names of the files of a run folder that are made here."""
    apart = {"checkpoints", "records"}
    return sorted(name.as_posix() for file in target.rglob("*") if file.is_file()
                  and (name := file.relative_to(target)).parts[0] not in apart and not file.name.startswith("."))


class _Folder:
    """One writing of a run folder."""

    def __init__(self, line: Line, order: Order, target: Path, tick: Tick, final: bool) -> None:
        self._line, self._order, self._target, self._tick, self._final = line, order, target, tick, final
        self._blueprint = Blueprint.model_validate(line.about["blueprint"])
        self._models: dict[str, Stored] = {}  # best and last
        self._seen: dict[str, Seen] = {}  # by split
        self._plots: list[boards.Picture] = []
        self.notes: dict[str, str] = {}

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        """What cannot be made is said in the summary."""
        self._tick(doing=what)
        try:
            yield
        except (Refused, Failure) as error:
            log.warning("%s: %s", what, error.message)
            self.notes[what] = f"{error.message} {error.hint}"

    def write(self, log: Path) -> None:
        recipe = recipes.recipe(self._blueprint, Settings.model_validate(self._line.about["settings"]))
        put(self._target / "recipe.yaml", recipe)
        self._copy_log(log)
        put(self._target / "logs" / "log.txt", "\n".join(self._line.told.lines) + "\n")
        metrics_csv.write(self._target / "metrics.csv", self._line, self._tick)
        self._session()
        self._weights()
        for split in reports.splits_of(self._blueprint):
            self._report(split)
        self._draw()
        self._board(recipe)
        put(self._target / "summary.txt", summary.text(self._line, self.notes, self._final))

    def _copy_log(self, log: Path) -> None:
        file = self._target / "events.jsonl"
        if log.resolve() != file.resolve():
            with replaced(file) as temp:
                shutil.copyfile(log, temp)

    def _session(self) -> None:
        """Write the whole session, to be trained again."""
        with self._noting("session.yaml"):
            try:
                put(self._target / "session.yaml", session_file.of_log(self._line.state, self._line.told.saved))
            except ValidationError as error:  # more of something than such a file may have
                raise refusal(error) from None

    # ── models ──────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _data(self) -> Data | Failure:
        try:
            device = device_of(self._order.device)
            return beside(lambda report: load(self._blueprint.dataset, self._blueprint.seed, self._order, device, report),
                          lambda done: self._tick(doing="dataset", done=done))
        except Failure as failure:
            return failure

    def _dataset(self) -> Data:
        if isinstance(self._data, Failure):
            raise self._data
        return self._data

    def _weights(self) -> None:
        """Where no epoch has ended yet the best one is the last one."""
        for which in ("best", "last"):
            with self._noting(f"weights/{which}.pt"):
                found = of_state(self._line.state, self._order, f"{self._line.branch}:{which}")
                self._models[which] = found
                file = self._target / "weights" / f"{which}.pt"
                if not _has(file, found.place):
                    file.parent.mkdir(exist_ok=True)
                    model_pt.write(file, found, None if isinstance(self._data, Failure) else self._data)

    @property
    def _model(self) -> tuple[str, Stored]:
        """Return what is reported on, and what to call it."""
        if (best := self._models.get("best")) and best_of(self._line.state, self._line.branch):
            return "the best epoch", best
        if last := self._models.get("last"):
            return "the last checkpoint", last
        raise Refused("no_model", "No stored model could be read.", "Train on; the next checkpoint will do.", "model")

    # ── reports and plots ───────────────────────────────────────────────────────────────────────────────────

    def _report(self, split: str) -> None:
        """Where there is nothing to report, and never was, the file says why."""
        name = f"logs/report-{split}.txt"
        file = self._target / name
        with self._noting(name):
            called, model = self._model
            if seen := reports.kept(model, split, self._order) or self._evaluated(model, split, file.exists()):
                self._seen[split] = seen
                put(file, reports.text(seen, called))
        if name in self.notes and not file.exists():
            put(file, f"There is no report of the {split} split. {self.notes[name]}\n")

    def _evaluated(self, model: Stored, split: str, there: bool) -> Seen | None:
        """While it trains, only what has no report at all is evaluated, and only in part."""
        if not self._final and there:
            return None
        most = None if self._final else reports.SAMPLE
        return reports.evaluated(model, split, self._order, self._dataset(), self._tick, most)

    def _draw(self) -> None:
        line = self._line
        title = f"{self._blueprint.row.title}, run {line.run}, branch {line.branch}"
        self._tick(doing="plots")
        put(self._target / "plots" / "curves.png", curves.curves(line, self._order, title))
        for split, seen in self._seen.items():
            png = self._confusion(seen)
            put(self._target / "plots" / f"confusion-{split}.png", png)
            self._plots.append(self._picture(f"confusion/{split}", seen.model.place, png))

    def _confusion(self, seen: Seen) -> bytes:
        self._tick(doing="plots")
        title = f"{seen.split} split, {reports.where(seen.model.place)}: {len(seen.record):,} examples"
        return curves.confusion(seen.matrix, self._blueprint.row.classes, self._order, title)

    def _picture(self, tag: str, place: dict[str, Any], png: bytes) -> boards.Picture:
        ats = {epoch: at for epoch, _, at, _ in self._line.epochs}
        return boards.Picture(tag, self._line.batches.step_at(place["x"]), ats.get(place["epoch"], self._line.told.at), png)

    # ── TensorBoard ─────────────────────────────────────────────────────────────────────────────────────────

    def _board(self, recipe: str) -> None:
        with self._noting("images in tensorboard/"):
            self._examples()
        if self._final:
            self._last()
        graph = graph_of(self._blueprint)
        if graph is None:
            self.notes["graph in tensorboard/"] = "torch could not follow this network."
        most = None if self._final else boards.MOST_LIVE
        self._plots.sort(key=lambda one: one.step)
        boards.write(self._target / "tensorboard", self._line, recipe, graph, self._plots, most, self._tick)

    def _examples(self) -> None:
        line = self._line
        settings = Settings.model_validate(settings_at(line.state, line.branch, place_of(line.tip)))
        for tag, png in sheets(self._blueprint, settings, self._dataset()).items():
            self._plots.append(boards.Picture(tag, 0, line.about["at"], png))

    def _last(self) -> None:
        """Where the last epoch is not the best one, its confusion matrices are there, too."""
        last = self._models.get("last")
        if last and last.place != self._models.get("best", last).place:
            for split in ("validation", "test"):
                if seen := reports.kept(last, split, self._order):
                    self._plots.append(self._picture(f"confusion/{split}", last.place, self._confusion(seen)))


def _has(file: Path, place: dict[str, Any]) -> bool:
    """Whether a file of weights is of this place already, and knows how images were normalised."""
    try:
        found = torch.load(file, weights_only=True, mmap=True, map_location="cpu")
        return bool(found["place"] == place and found["mean"])
    except Exception:  # not there, or damaged in whatever way
        return False

"""An examiner: a process beside the Session that answers questions about stored models of a room, then leaves."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from time import monotonic

import torch

from ...core.checkpoints import checkpoint_file
from ...core.errors import Refused
from ...core.questions import Subject
from ...core.settings import Settings
from ...line import Frame
from ..checkpoint import Damaged, load
from ..data import Data
from ..device import device_of
from ..learner import Learner
from ..loading import beside
from ..order import Failure, Order, Patience
from ..origin import originate
from ..prepare import load as load_data
from ..wire import Wire
from .answers import reply
from .scene import Scene

MOST_SCENES = 4  # that are kept at hand


class Examiner:
    """Answers one question after the other."""

    def __init__(self, order: Order, wire: Wire) -> None:
        self._order, self._wire = order, wire
        self._scenes: OrderedDict[str, Scene] = OrderedDict()
        self._data: dict[tuple[str, int], Data] = {}

    def answer(self, frame: Frame) -> None:
        self._wire.progress += 1
        self._wire.say(reply(frame, lambda: self._scene(Subject.model_validate(frame["subject"]))))

    def _scene(self, subject: Subject) -> Scene:
        key = subject.model_dump_json()
        scene = self._scenes.pop(key, None) or scene_of(subject, self._order, self._wire, self._dataset(subject))
        self._scenes[key] = scene
        while len(self._scenes) > MOST_SCENES:
            self._scenes.popitem(last=False)
        return scene

    def _dataset(self, subject: Subject) -> Data:
        key = subject.blueprint.dataset, subject.blueprint.seed
        if key not in self._data:
            self._data = {key: dataset_of(subject, self._order, self._wire)}
        return self._data[key]


def dataset_of(subject: Subject, order: Order, wire: Wire) -> Data:
    """Return the dataset of a model."""
    device = device_of(order.device)
    return beside(lambda report: load_data(subject.blueprint.dataset, subject.blueprint.seed, order, device, report),
                  lambda _: wire.beat())


def scene_of(subject: Subject, order: Order, wire: Wire, data: Data) -> Scene:
    """Return a stored model, ready to be looked at; raises `Refused` where it cannot be had."""
    torch.set_num_threads(subject.threads)
    learner = Learner(subject.blueprint, Settings(), device_of(order.device))
    try:
        if subject.digest:
            _restore(learner, subject, order)
        elif not subject.untrained:
            originate(learner, subject.warm, order, lambda *_: wire.beat())
    except Failure as failure:
        raise Refused(failure.code, failure.message, failure.hint) from failure
    place = subject.model_dump(include={"run", "branch", "epoch", "batch", "x", "untrained"})
    return Scene(learner.model.eval(), subject.blueprint, place, data, learner.device, learner.lot, order, subject.digest,
                 subject.home)


def _restore(learner: Learner, subject: Subject, order: Order) -> None:
    known = {**subject.model_dump(), "branch": subject.home}
    assert subject.home and subject.digest
    owner = {"room": order.room, "run": subject.run, "branch": subject.home}
    try:
        found = load(Path(order.checkpoints) / checkpoint_file(order.room, subject.run, known), subject.digest, owner)
        learner.model.load_state_dict({name.removeprefix("model."): values for name, values in found.tensors.items()
                                       if name.startswith("model.")})
    except Damaged as error:
        raise Refused("model_damaged", f"This model could not be read: {error}.", "Choose another epoch.", "model") from error


def examine(order: Order, patience: Patience, wire: Wire) -> int:
    """Answer until nobody has asked for a while; return the exit code."""
    examiner = Examiner(order, wire)
    ends = monotonic() + patience.idle
    while monotonic() < ends:
        if wire.leaving:
            raise wire.leaving
        note = wire.wait(ends - monotonic())
        if note and note["t"] == "ask":
            examiner.answer(note)
            ends = monotonic() + patience.idle
    return 0

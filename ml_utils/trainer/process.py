"""One trainer process, from its Order to its exit code."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from pathlib import Path

import torch

from ..core.work import Evaluate, Work
from ..line import Frame
from .commands import Move
from .jobs import do
from .look.evaluation import Evaluation
from .look.examine import examine
from .loop import train
from .order import Failure, Leave, Order, Patience
from .prove import prove
from .session import Session
from .wire import Wire

log = logging.getLogger(__name__)
NICE = 10  # the web process goes first
OOM_SCORE = 500  # of 1000: where memory runs out, a trainer ends before the web process does
TERMINATED = 128 + signal.SIGTERM


def serve(order: Order, patience: Patience | None = None) -> int:
    """Be a trainer process: take the lower place, listen to SIGTERM, run."""
    _give_way(order)
    patience = patience or Patience()
    wire = Wire(order, patience)
    signal.signal(signal.SIGTERM, lambda *_: wire.leave(Leave("terminated", TERMINATED)))
    return run(order, patience, wire)


def run(order: Order, patience: Patience, wire: Wire) -> int:
    """Be a trainer until there is a reason to leave; return the exit code."""
    wire.start()
    try:
        return _live(order, patience, wire)
    finally:
        wire.farewell()


def _live(order: Order, patience: Patience, wire: Wire) -> int:
    session = work = None
    try:
        asked = _welcome(wire)
        if asked.get("job"):
            return do(order, wire, asked["job"])
        if asked.get("evaluate"):
            return Evaluation(order, wire, Evaluate.model_validate(asked["evaluate"])).run()
        if asked["work"] is None:
            return examine(order, patience, wire)
        work = Work.model_validate(asked["work"])
        if work.proof:
            prove(order, patience, wire, work)
        session = Session(order, patience, wire, work)
        session.begin()
        while True:
            try:
                train(session) if session.obey() else session.stand()
            except Move as move:
                session = _moved(session, order, patience, wire, move.work)
    except Leave as leave:
        log.info("leaving: %s", leave.why)
        if session and leave.save:
            session.save("interval")
        return leave.code
    except Exception as error:
        if work is None:
            raise
        failure = _failure(error)
        told = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        if session:
            session.tell("session_failed", told)
        else:  # such as a model too large to be built
            wire.tell("session_failed", told, work.position.model_dump())
        log.error("failed: %s", failure.message, exc_info=None if failure is error else error)  # may need memory: told before
        return 1


def _moved(old: Session, order: Order, patience: Patience, wire: Wire, work: Work) -> Session:
    """The Session that stands elsewhere; a dataset that is here already is kept."""
    session = Session(order, patience, wire, work)
    session.desk.take_over(old.desk)
    same = (old.work.blueprint.dataset, old.work.blueprint.seed) == (work.blueprint.dataset, work.blueprint.seed)
    session.begin(old.data if same else None)
    return session


def _welcome(wire: Wire) -> Frame:
    """Return what to do: train (`work`), evaluate a stored model (`evaluate`), or neither: answer questions."""
    while not wire.leaving:
        note = wire.wait(1.0)
        if note and note["t"] == "welcome":
            return note
    raise wire.leaving


def _failure(error: Exception) -> Failure:
    """Return the words for students."""
    if isinstance(error, Failure):
        return error
    text = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "out of memory" in text or "allocate memory" in text:
        return Failure("out_of_memory", "The training needed more memory than it may use.",
                       "Use a smaller batch size or a smaller network.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failure("disk_full", "The server has no room left to save the training.",
                       "Ask whoever runs the server to make room, then press Continue.")
    return Failure("trainer_error", f"The training stopped on an error in the lab ({type(error).__name__}).",
                   "Press Continue to try again; if it happens again, show the server's log to whoever runs it.")


def _give_way(order: Order) -> None:
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICE)
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))
    if order.memory:
        import resource  # not on Windows
        resource.setrlimit(resource.RLIMIT_DATA, (order.memory, order.memory))

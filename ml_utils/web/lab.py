"""Puts the parts of the server together, starts its tasks and stops everything in order."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from .async_mode import Stopper, offload_for
from .augmenting import with_settings
from .config import Config
from .dial_in import DialIn
from .drawings import Drawings
from .errands import Errands
from .evaluating import Evaluating
from .examiners import Examiners
from .identity import Identity, load_key
from .images import OwnImages
from .instance import hold
from .jobs import Jobs
from .keep import Keep
from .launcher import LauncherOf, local_launcher
from .ledger import Ledger
from .limits import Limiter
from .line_server import LineServer
from .marking import Marking
from .people import People
from .questions import Questions
from .rooms import Rooms
from .snapshots import Snapshots
from .store import Store
from .trainers import Trainers
from .uploads import Uploads
from .weights import Weights

log = logging.getLogger(__name__)
TICK_SECONDS = 0.025  # measurements wait this long at most; 0.25 would break the promise of 100 ms to the page
CARE_EVERY = 10  # ticks between looks at trainers and slow viewers
LEAVE_SECONDS = 8.0


class Lab:
    """One server. `spawn(function, *args)` starts a task, `pause(seconds)` waits in one, `publish` sends to browsers."""

    def __init__(self, config: Config, spawn: Callable[..., Any], pause: Callable[[float], Any],
                 publish: Callable[[str, str, Any], None], launcher_of: LauncherOf = local_launcher) -> None:
        config.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = hold(config.instance)
        self.config, self._spawn, self._pause, self._publish = config, spawn, pause, publish
        self.offload = offload_for(config.async_)
        self.identity = Identity(load_key(config.instance))
        self.store = Store(config.database)
        self.ledger = Ledger(self.store, publish, time.time)
        self.people = People()
        self.snapshots = Snapshots(self.ledger, self.offload)
        self.limits = {"command": Limiter(20, 60), "join": Limiter(5, 40), "http": Limiter(40, 400), "ask": Limiter(40, 80)}
        self.line_server = LineServer(config.instance, spawn, pause)
        self.launcher = launcher_of(spawn)
        self.trainers = Trainers(self.ledger, self.launcher, config, self.line_server.address, time.monotonic)
        numbers = count(1)
        self.errands = Errands(self.ledger, self.launcher, config, self.line_server.address, time.monotonic,
                               numbers)
        self.examiners = Examiners(self.launcher, config, self.line_server.address, time.monotonic, numbers)
        self.questions = Questions(self.ledger, self.trainers, self.examiners, time.monotonic, numbers)
        self.questions.prepare.append(with_settings)
        self.jobs = Jobs(self.ledger.lock, self.offload, self.launcher, config, self.line_server.address, time.monotonic,
                         numbers)
        self.uploads = Uploads(config.instance / "uploads", self.offload, time.monotonic)
        self.images = OwnImages(self.ledger, self.jobs, self.uploads, config.instance / "datasets", config.image_bytes,
                                self.offload)
        self.dial_in = DialIn(self.ledger, self.trainers, self.errands, self.examiners, self.jobs, self.questions)
        self.drawings = Drawings(self.ledger, self.trainers, config.instance / "drawings")
        self.launcher.exited = self.dial_in.exited
        self.dial_in.welcomed.append(self.drawings.welcome)
        self.errands.drawings = self.drawings.rows
        inside = {**Evaluating(self.ledger, self.errands).cases, **self.drawings.cases, **Marking(self.ledger).cases}
        self.rooms = Rooms(self.ledger, self.trainers, self.errands, config.threads, config.network_memory, inside,
                           self.images.check)
        self.weights = Weights(config.instance / "weights")
        self.rooms.training.brought = self.weights.begin
        self.keep = Keep(self.ledger, config.checkpoints, config.room_quota)
        self.stopper = Stopper()
        self.closed = False
        self._ends_process = False
        self.care: list[Callable[[], None]] = [self.trainers.tick, self.errands.tick, self.questions.tick, self.jobs.tick,
                                               self.uploads.sweep]

    def start(self, ends_process: bool = False) -> None:
        """Take up what was going on, then tick. `ends_process`: Ctrl-C and SIGTERM end the lab, then the process."""
        self._ends_process = ends_process
        for name in (signal.SIGINT, signal.SIGTERM) if ends_process else ():
            signal.signal(name, self.stopper)
        self.trainers.resume()
        self.rooms.resume()
        self.errands.resume()
        self._spawn(self.line_server.serve, self.dial_in.take, self.dial_in.gone)
        self._spawn(self._tick)

    def announce(self, room: str) -> None:
        """Tell a room who is here."""
        self._publish(room, "presence", {"people": self.people.here(room)})

    def tell(self, whom: str, name: str, payload: Any) -> None:
        """Send to one connection."""
        self._publish(whom, name, payload)

    def _tick(self) -> None:
        beats = 0
        while not self.stopper.asked:
            beats += 1
            for task in [self.ledger.tick, *(self.care if beats % CARE_EVERY == 0 else [])]:
                try:
                    task()
                except Exception:  # the heart goes on beating
                    log.exception("tick")
            self._pause(TICK_SECONDS)
        try:
            self.close()
        except Exception:  # whatever fails at the end, the end comes
            log.exception("closing")
        if self._ends_process:
            logging.shutdown()
            os._exit(0)

    def close(self) -> None:
        """Let every trainer write its checkpoint and leave; end what does not; close the store."""
        self.trainers.leave()
        deadline = time.monotonic() + LEAVE_SECONDS
        while self.trainers.lines and time.monotonic() < deadline:
            self.ledger.tick()
            self._pause(TICK_SECONDS)
        self.examiners.end()
        self.jobs.end()
        self.trainers.end()
        self.ledger.tick()
        self.line_server.close()
        self.store.close()
        self._lock.close()
        self.closed = True

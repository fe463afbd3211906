"""Small trainers that are not the real one: they speak the line from a thread, without torch."""

from __future__ import annotations

import socket
import threading
from typing import Any

from ml_utils.core.settings import changes_between
from ml_utils.line import Frame, FrameReader, encode

DIGEST = "0" * 64


class FakeTrainer:
    """A polite trainer: trains one row per epoch, as told. Subclasses misbehave."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.room, self.attempt = order["room"], order["attempt"]
        self.frames: list[Frame] = []
        self.exited: Any = None  # of its launcher
        self.n = 0
        self.x = 0.0
        self.done = threading.Event()
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(10)
        self._thread = threading.Thread(target=self._run, name=f"fake-{self.room}-{self.attempt}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        try:
            self._sock.connect(self.order["line"])
            self.say({"t": "hello", "room": self.room, "attempt": self.attempt, "token": self.order["token"], "pid": 0})
            self.read()
        except OSError:
            pass
        finally:
            self._sock.close()
            self.done.set()

    def read(self) -> None:
        reader = FrameReader()
        while data := self._sock.recv(65536):
            for frame in reader.feed(data):
                self.frames.append(frame)
                self.obey(frame)

    def obey(self, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "welcome" and frame["work"]:  # else an examiner
            self.work = frame["work"]
            self.x = self.work["position"]["x"]
            if self.work["recovering"]:
                self.event("trainer_recovered", {"attempt": self.attempt})
            if self.work["go"]:
                self.go(None, self.work["until"])
            for command in frame["commands"]:
                self.command(command["id"], command["name"], command["args"])
        elif kind == "stand":
            self.work = frame["work"]
            self.x = self.work["position"]["x"]
        elif kind == "settings":
            self.work["now"] = frame["settings"]
        elif kind == "command":
            self.command(frame["id"], frame["name"], frame["args"])
        elif kind == "leave":
            self.leave()

    def command(self, asked: str, name: str, args: dict[str, Any]) -> None:
        if name == "go":
            self.work["position"]["branch"], self.work["moved"] = args["branch"], args["moved"]
            self.go(asked, args["until"])
        elif name == "interrupt":
            self.event("training_paused", {"reason": "interrupted"}, asked)
        elif name == "set_settings":
            asked_for = {name: value for name, value in args.items() if name != "reason"}
            old, settings = self.work["now"], {**self.work["now"], **asked_for}
            self.work["now"] = settings
            self.event("settings_changed", {"changes": changes_between(old, settings), "settings": settings,
                                            "reason": args.get("reason")}, asked)

    def go(self, asked: str | None, until: int) -> None:
        self.event("training_started", {"until": until}, asked)
        self.row()

    def row(self) -> None:
        self.x += 0.5
        self.event("metrics", {"x": [self.x], "train_loss": [1.0 / (1 + self.x)], "train_accuracy": [0.5], "rate": 10.0,
                               "step": int(2 * self.x), "took": 0.1, "learning_rate": 0.05})

    def leave(self) -> None:
        self.say({"t": "bye"})
        self._sock.shutdown(socket.SHUT_RDWR)

    def event(self, name: str, data: dict[str, Any], command: str | None = None) -> None:
        self.n += 1
        here = self.work["position"]
        position = {"run": here["run"], "branch": here["branch"], "epoch": int(self.x), "batch": 0, "batches": 1, "x": self.x}
        self.say({"t": "event", "n": self.n, "name": name, "data": data, "position": position, "command": command,
                  "moved": self.work["moved"]})

    def say(self, frame: Frame) -> None:
        self._sock.sendall(encode(frame))

    def stop(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(10)


class SilentTrainer(FakeTrainer):
    """Dials in and never says anything again."""

    def obey(self, frame: Frame) -> None:
        pass


class StillbornTrainer(FakeTrainer):
    """Ends before its first word; the launcher sees it."""

    def _run(self) -> None:
        self.exited(self.room, self.attempt, 1)
        self.done.set()


class CrashingTrainer(FakeTrainer):
    """Is gone as soon as it has begun."""

    def go(self, asked: str | None, until: int) -> None:
        super().go(asked, until)
        self._sock.shutdown(socket.SHUT_RDWR)


class GarbageTrainer(FakeTrainer):
    """Answers with bytes that are no frames."""

    def obey(self, frame: Frame) -> None:
        self._sock.sendall(b"\x00\x00\x00\x03abc")


class LyingTrainer(FakeTrainer):
    """Reports what it may not."""

    def go(self, asked: str | None, until: int) -> None:
        self.event("run_started", {"run": "r9"})


class SlowTrainer(FakeTrainer):
    """Begins only when told by the test (`begin`)."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self.begin = threading.Event()

    def go(self, asked: str | None, until: int) -> None:
        self.begin.wait(10)
        super().go(asked, until)


class FakeLauncher:
    """Starts fake trainers; `kinds` are taken in turn, the last one again and again."""

    def __init__(self, *kinds: type[FakeTrainer]) -> None:
        self.kinds = list(kinds or (FakeTrainer,))
        self.started: list[FakeTrainer] = []
        self.killed: list[tuple[str, int]] = []
        self.exited: Any = None

    def start(self, order: dict[str, Any]) -> None:
        kind = self.kinds.pop(0) if len(self.kinds) > 1 else self.kinds[0]
        trainer = kind(order)
        trainer.exited = self.exited
        self.started.append(trainer)
        trainer.start()

    def kill(self, room: str, attempt: int, hard: bool) -> None:
        self.killed.append((room, attempt))
        for trainer in self.started:
            if (trainer.room, trainer.attempt) == (room, attempt):
                threading.Thread(target=trainer.stop, daemon=True).start()

    def stop(self) -> None:
        for trainer in self.started:
            trainer.stop()

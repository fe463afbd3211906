"""Questions about networks: to the trainer about the one that trains, else to an examiner; the newest counts.

They change nothing, are not stored, and may be lost: then whoever asked is told so.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..core.commands import Envelope
from ..core.errors import Refused, parse, shown
from ..core.questions import QUESTIONS, Question
from ..line import Frame
from . import strict_json
from .examiners import Examiners
from .ledger import Ledger, Room
from .line_server import Line
from .subjects import subject_of
from .trainers import Trainers

log = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds for an answer
MOST_INTERNAL = 8  # of all rooms at a time: each may carry a whole picture
LOST = Refused("no_answer", "The process that should answer has ended.", "Ask again.").as_answer()
LATE = Refused("no_answer", f"There was no answer within {PATIENCE:.0f} seconds.",
               "Ask something smaller, or of a smaller network.").as_answer()
OVERTAKEN = Refused("overtaken", "A newer question came before this one was sent on.", "The newer one is answered.").as_answer()

Reply = Callable[[dict[str, Any]], None]
Lane = tuple[str, ...]  # who asks what of which model: of each only one question is under way, and the newest waits


@dataclass
class Asked:
    """One question; `reply` takes its answer, `ok` or the error shape."""

    room: str
    question: Question
    lane: Lane
    reply: Reply
    since: float = 0.0
    line: Line | None = None  # of the trainer that was asked; none: an examiner was


class Questions:
    """All questions that have no answer yet."""

    def __init__(self, ledger: Ledger, trainers: Trainers, examiners: Examiners, clock: Callable[[], float],
                 numbers: Iterator[int]) -> None:
        self._ledger, self._trainers, self._examiners = ledger, trainers, examiners
        self._clock, self._numbers = clock, numbers
        self._flying: dict[int, Asked] = {}
        self._waiting: dict[Lane, Asked] = {}
        # turns a question into args for the process that answers; more may be known here than there
        self.prepare: list[Callable[[Room, Question], Question]] = []
        examiners.lost = self.lost

    def ask(self, code: str, who: str, payload: object, reply: Reply) -> None:
        """Take a question; `reply` gets its answer later, once. Raises `Refused` where it is none."""
        envelope = parse(Envelope, payload)
        if envelope.name not in QUESTIONS:
            raise Refused("unknown_question", f"There is no question {shown(envelope.name)}.",
                          f"Questions are {', '.join(QUESTIONS)}.", "name")
        question: Question = parse(QUESTIONS[envelope.name], envelope.args)
        lane = (code, who, question.name, repr(getattr(question, "model", "")))
        with self._ledger.lock:
            asked = Asked(code, question, lane, reply)
            if any(one.lane == lane for one in self._flying.values()):
                if overtaken := self._waiting.pop(lane, None):
                    overtaken.reply(OVERTAKEN)
                self._waiting[lane] = asked
            else:
                self._send(asked)

    def ask_internally(self, code: str, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """Ask the room's examiner what no browser may ask, of its fresh network; wait for the answer."""
        answers: queue.Queue[dict[str, Any]] = queue.Queue()
        with self._ledger.lock:
            if sum(type(one.question) is Question for one in self._flying.values()) >= MOST_INTERNAL:
                raise Refused("busy", "The server works on many pictures at the moment.", "Try again in a moment.")
            number, subject = next(self._numbers), subject_of(self._ledger.room(code).state, "untrained")
            frame = {"t": "ask", "id": number, "name": name, "args": args, "subject": subject.model_dump(mode="json")}
            self._examiners.ask(code, frame)
            self._flying[number] = Asked(code, Question(), (code, name, str(number)), answers.put, self._clock())
        try:
            return answers.get(timeout=PATIENCE + 5)
        except queue.Empty:
            return LATE

    def _send(self, asked: Asked) -> None:
        room, question = self._ledger.room(asked.room), asked.question
        for prepare in self.prepare:
            question = prepare(room, question)
        number, asked.since = next(self._numbers), self._clock()
        frame = {"t": "ask", "id": number, "name": question.name, "args": question.model_dump(mode="json")}
        line = self._trainers.lines.get(room.code)
        model = getattr(question, "model", "now")
        asked.line = line if model == "now" and question.light else None
        if asked.line:
            asked.line.send(frame)
        else:
            self._examiners.ask(room.code, {**frame, "subject": subject_of(room.state, model).model_dump(mode="json")})
        self._flying[number] = asked

    def answered(self, line: Line, frame: Frame) -> None:
        """An answer came over a line."""
        from_trainer = self._trainers.lines.get(line.room) is line
        if not from_trainer and not self._examiners.answered(line):
            return
        number = frame.get("id")
        asked = self._flying.get(number) if isinstance(number, int) else None
        if number is None or asked is None or asked.room != line.room or bool(asked.line) != from_trainer:
            return
        del self._flying[number]
        self._done(asked, _checked(frame.get("answer")))

    def _done(self, asked: Asked, answer: dict[str, Any]) -> None:
        asked.reply(answer)
        if following := self._waiting.pop(asked.lane, None):
            try:
                self._send(following)
            except Refused as refused:
                following.reply(refused.as_answer())

    def lost(self, code: str, line: Line | None = None) -> None:
        """The room's examiner is gone, or this line of its trainer; what was asked on a newer one stays."""
        for number in [number for number, one in self._flying.items() if (one.room, one.line) == (code, line)]:
            self._done(self._flying.pop(number), LOST)

    def tick(self) -> None:
        """Give up what takes too long, and who takes so long for it."""
        with self._ledger.lock:
            self._examiners.tick()
            for number in [number for number, one in self._flying.items() if self._clock() - one.since > PATIENCE]:
                asked = self._flying.pop(number, None)
                if asked and not asked.line:
                    self._examiners.kill(asked.room)
                    self.lost(asked.room)
                if asked:
                    self._done(asked, LATE)


def _checked(answer: object) -> dict[str, Any]:
    """Return what a process answered as what may be sent on."""
    try:
        if isinstance(answer, dict) and isinstance(answer.get("ok"), bool):
            strict_json.dumps(answer)
            return answer
    except (ValueError, TypeError) as error:
        log.warning("an answer that cannot be sent on: %s", error)
    return LOST

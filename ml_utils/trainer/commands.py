"""What is asked of the Session over the line: go, interrupt, settings, layers to freeze, another place to stand at."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..core.events_tree import Replayed
from ..core.freezing import frozen_after
from ..core.settings import Settings, changed, changes_between, whole
from ..core.work import Go, Work
from ..line import Frame

if TYPE_CHECKING:
    from .session import Session

log = logging.getLogger(__name__)


class Move(Exception):
    """The Session is to stand elsewhere: this one ends, and one with this Work begins."""

    def __init__(self, work: Work) -> None:
        super().__init__(f"to {work.position.branch}, epoch {work.position.epoch}")
        self.work = work


class Commands:
    """Takes notes from the line. A Session that is behind obeys them when it has caught up; only a move is not put off."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._later: list[Frame] = []

    def take(self, note: Frame) -> None:
        if note["t"] == "stand":
            raise Move(Work.model_validate(note["work"]))
        if note["t"] == "ask":
            self._session.desk.add(note)
        elif self._session.behind:
            self._later.append(note)
        else:
            self._obey(note)

    def catch_up(self) -> None:
        """Obey what was put off."""
        later, self._later = self._later, []
        for note in later:
            self._obey(note)

    def _obey(self, note: Frame) -> None:
        if note["t"] == "welcome":
            self._welcomed_again(note)
        elif note["t"] == "settings":
            self._session.obey_settings(Settings.model_validate(note["settings"]))
        elif note["t"] == "command" and note["id"] not in self._session.wire.heard:
            self._session.wire.heard.add(note["id"])
            self._command(note["id"], note["name"], note["args"])

    def _welcomed_again(self, note: Frame) -> None:
        """While the line was broken the web process may have decided for itself; if it knows all that was told, it is right."""
        session, outbox = self._session, self._session.wire.outbox
        if session.going or note["acked"] != outbox.told:
            return
        work = Work.model_validate(note["work"])
        if work.go or work.now != session.learner.settings or not session.stands_at(work.position):
            raise Move(work)

    def _command(self, command: str, name: str, args: dict[str, Any]) -> None:
        try:
            if name == "go":
                self._session.go(Go.model_validate(args), command)
            elif name == "interrupt":
                self._session.pause("interrupted", command)
            elif name == "set_settings":
                reason = args.pop("reason", None)
                self._set(args, command, reason=reason)
            elif name in ("freeze", "unfreeze"):
                frozen = frozen_after(self._session.learner.settings.frozen, name, args["layers"])
                self._set({"frozen": frozen}, command, reason=args.get("reason"))
            else:
                log.error("unknown command %s", name)
        except (ValidationError, KeyError) as error:
            log.error("command %s %s: %s", name, args, error)

    def replay(self, change: Replayed) -> None:
        """Make a change again that was made on another Branch."""
        asked = {name: values["to"] for name, values in change.changes.items()}
        self._set(whole(asked, self._session.learner.settings.model_dump()), None, replays=change.seq)

    def _set(self, asked: dict[str, Any], command: str | None, **about: Any) -> None:
        session = self._session
        old = session.learner.settings
        new: Settings = changed(old, asked)
        session.report(monotonic())
        session.obey_settings(new)
        before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
        data: dict[str, Any] = {"changes": changes_between(before, after), "settings": after, **about}
        if "epochs" in asked:
            data["until"] = session.progress.epoch + new.epochs
            session.until = data["until"]
        session.tell("settings_changed", data, command)

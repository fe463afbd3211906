"""The only file that knows SQLAlchemy: rooms, their log, accepted Commands, curves in chunks, cached Snapshots,
people's own libraries, the best result of each network, which rooms keep which own images.

One writer (the ledger), one transaction per call of `write`. Measurements may lose their last moment in a power cut;
a transaction with anything else in it is forced to the disk (`durable`).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)

from .chunks import CHUNK, Rows, joined, pack, shortened, unpack
from .writes import Accepted, Fact, Writes, dumps, event_row, fact_of, loads

BUSY_SECONDS = 5
_meta = MetaData()
_rooms = Table("rooms", _meta, Column("code", String(8), primary_key=True), Column("seq", Integer, nullable=False),
               Column("attempt", Integer, nullable=False), Column("token", String(64), nullable=False),
               Column("acked", Integer, nullable=False), Column("busy", Boolean, nullable=False, index=True))
_events = Table("events", _meta, Column("room", String(8), primary_key=True), Column("seq", Integer, primary_key=True),
                Column("name", String(40), nullable=False, index=True), Column("data", Text, nullable=False),
                Column("position", Text), Column("by", Text), Column("at", Float, nullable=False))
_commands = Table("commands", _meta, Column("number", Integer, primary_key=True, autoincrement=True),
                  Column("room", String(8), nullable=False, index=True), Column("id", String(64), nullable=False, index=True),
                  Column("name", String(40), nullable=False), Column("args", Text, nullable=False), Column("by", Text),
                  Column("answer", Text, nullable=False), Column("done", Boolean, nullable=False))
_points = Table("points", _meta, Column("number", Integer, primary_key=True, autoincrement=True),
                Column("room", String(8), nullable=False, index=True), Column("branch", String(64), nullable=False),
                Column("first", Float, nullable=False), Column("last", Float, nullable=False),
                Column("x", LargeBinary, nullable=False), Column("y", LargeBinary, nullable=False))
_snapshots = Table("snapshots", _meta, Column("room", String(8), primary_key=True), Column("seq", Integer, nullable=False),
                   Column("state", LargeBinary, nullable=False))
_library = Table("library", _meta, Column("person", String(64), primary_key=True), Column("id", String(64), primary_key=True),
                 Column("title", String(60), nullable=False), Column("blueprint", Text, nullable=False),
                 Column("digest", String(64), nullable=False), Column("at", Float, nullable=False))
_best = Table("best", _meta, Column("digest", String(64), primary_key=True), Column("room", String(8), primary_key=True),
              Column("accuracy", Float, nullable=False), Column("epoch", Integer, nullable=False))
_images = Table("images", _meta, Column("room", String(8), primary_key=True), Column("name", String(20), primary_key=True),
                Column("shared", Boolean, nullable=False), Column("about", Text, nullable=False))


class Store:
    """A database with the lab's log. `close` it."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        _meta.create_all(self.engine)
        self._writer = self.engine.connect()
        self._tails: dict[tuple[str, str], tuple[int, Rows]] = {}  # number and rows of the chunk that still grows

    def close(self) -> None:
        self._writer.close()
        self.engine.dispose()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def room(self, code: str) -> dict[str, Any] | None:
        row = self._one(select(_rooms).where(_rooms.c.code == code))
        return dict(row._mapping) if row else None

    def busy_rooms(self) -> list[str]:
        """Return the codes of rooms in which something was going on, or planned."""
        return [row[0] for row in self._all(select(_rooms.c.code).where(_rooms.c.busy))]

    def snapshot(self, code: str) -> dict[str, Any] | None:
        row = self._one(select(_snapshots.c.state).where(_snapshots.c.room == code))
        return json.loads(zlib.decompress(row[0])) if row else None

    def events(self, code: str, since: int, names: Sequence[str] = (), limit: int = 1_000_000) -> list[Fact]:
        """Return the Events after `since`, oldest first; only those with one of `names` where given."""
        wanted = and_(_events.c.room == code, _events.c.seq > since, *([_events.c.name.in_(names)] if names else []))
        return [fact_of(row) for row in self._all(select(_events).where(wanted).order_by(_events.c.seq).limit(limit))]

    def answer(self, room: str, command: str) -> dict[str, Any] | None:
        """Return the first answer to an accepted Command, or None."""
        row = self._one(select(_commands.c.answer).where(_commands.c.room == room, _commands.c.id == command))
        return json.loads(row[0]) if row else None

    def asked_by(self, room: str, command: str) -> dict[str, Any] | None:
        """Return who sent an accepted Command."""
        row = self._one(select(_commands.c.by).where(_commands.c.room == room, _commands.c.id == command))
        return loads(row[0]) if row else None  # type: ignore[no-any-return]

    def undone(self, room: str) -> list[Accepted]:
        """Return accepted Commands whose Event has not come yet, in the order of acceptance."""
        rows = self._all(select(_commands).where(_commands.c.room == room, ~_commands.c.done).order_by(_commands.c.number))
        return [Accepted(row.room, row.id, row.name, json.loads(row.args), loads(row.by), json.loads(row.answer), False)
                for row in rows]

    def points(self, room: str, branch: str, first: float, last: float) -> tuple[Any, Any]:
        """Return x (n) and y (n, 2: train loss, train accuracy) of a branch's batches in a window."""
        wanted = and_(_points.c.room == room, _points.c.branch == branch, _points.c.last >= first, _points.c.first <= last)
        rows = self._all(select(_points.c.x, _points.c.y).where(wanted).order_by(_points.c.number))
        return joined([(row.x, row.y) for row in rows], first, last)

    def library(self, person: str) -> list[dict[str, Any]]:
        """Return a person's own Blueprints, newest first: id, title, blueprint, digest, at."""
        rows = self._all(select(_library).where(_library.c.person == person).order_by(_library.c.at.desc(), _library.c.id))
        return [{"id": row.id, "title": row.title, "blueprint": loads(row.blueprint), "digest": row.digest, "at": row.at}
                for row in rows]

    def best(self, digests: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return, by digest, the best result that a network reached in any room: room, accuracy, epoch."""
        rows = self._all(select(_best).where(_best.c.digest.in_(digests)).order_by(_best.c.accuracy))
        return {row.digest: {"room": row.room, "accuracy": row.accuracy, "epoch": row.epoch} for row in rows}

    def images(self) -> list[dict[str, Any]]:
        """Return which rooms keep which own images: room, name, shared, images (facts), bytes, by, at."""
        return [{"room": row.room, "name": row.name, "shared": row.shared, **json.loads(row.about)}
                for row in self._all(select(_images).order_by(_images.c.room, _images.c.name))]

    def trained_with(self, name: str) -> bool:
        """Whether a Run of any room was made with a dataset."""
        runs = select(_events.c.seq).where(_events.c.name == "run_started", _events.c.data.contains(name))
        return bool(self._all(runs.limit(1)))

    def _one(self, query: Any) -> Row[Any] | None:
        return next(iter(self._all(query)), None)

    def _all(self, query: Any) -> Sequence[Row[Any]]:
        with self.engine.connect() as reader:
            return reader.execute(query).all()

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, writes: Writes) -> None:
        """Write everything in one transaction; on any error nothing is written and the error is raised."""
        try:
            self._synchronous(writes.durable)
            with self._writer.begin():
                self._write_rooms(writes)
                self._write_log(writes)
                self._write_curves(writes)
                self._write_library(writes)
        except BaseException:
            self._tails.clear()  # they may be ahead of what was written
            raise

    def _synchronous(self, durable: bool) -> None:
        if self.engine.dialect.name == "sqlite":
            self._writer.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._writer.rollback()

    def _write_rooms(self, writes: Writes) -> None:
        for code, columns in writes.rooms.items():
            if not self._writer.execute(update(_rooms).where(_rooms.c.code == code).values(**columns)).rowcount:
                blank = {"seq": 0, "attempt": 0, "token": "", "acked": 0, "busy": False}
                self._writer.execute(insert(_rooms).values(code=code, **{**blank, **columns}))

    def _write_log(self, writes: Writes) -> None:
        write = self._writer.execute
        if writes.events:
            write(insert(_events), [event_row(room, fact) for room, fact in writes.events])
        for one in writes.accepted:
            write(insert(_commands).values(room=one.room, id=one.id, name=one.name, args=json.dumps(one.args),
                                           by=dumps(one.by), answer=json.dumps(one.answer), done=one.done))
        for room, command in writes.done:
            write(update(_commands).where(_commands.c.room == room, _commands.c.id == command).values(done=True))
        for room, state in writes.snapshots.items():
            blob = zlib.compress(json.dumps(state).encode(), 1)
            write(delete(_snapshots).where(_snapshots.c.room == room))
            write(insert(_snapshots).values(room=room, seq=state["seq"], state=blob))

    def _write_library(self, writes: Writes) -> None:
        for person, name in writes.dropped:
            self._writer.execute(delete(_library).where(_library.c.person == person, _library.c.id == name))
        if writes.kept:
            self._writer.execute(insert(_library), writes.kept)
        for room, name, images in writes.images:
            self._writer.execute(delete(_images).where(_images.c.room == room, _images.c.name == name))
            if images:
                self._writer.execute(insert(_images).values(room=room, name=name, **images))
        for row in writes.best:
            mine = and_(_best.c.digest == row["digest"], _best.c.room == row["room"])
            known = self._writer.execute(select(_best.c.accuracy).where(mine)).first()
            if known is None:
                self._writer.execute(insert(_best).values(**row))
            elif known.accuracy < row["accuracy"]:
                self._writer.execute(update(_best).where(mine).values(**row))

    def _write_curves(self, writes: Writes) -> None:
        for room, branch, change in writes.curves:
            if not isinstance(change, tuple):
                self._cut(room, branch, change)
            elif change[0]:
                self._extend((room, branch), *change)

    def _extend(self, key: tuple[str, str], xs: list[float], rows: list[list[float]]) -> None:
        number, (old_xs, old_rows) = self._tails.get(key) or self._load_tail(key)
        xs, rows = old_xs + xs, old_rows + rows
        if number:
            self._writer.execute(update(_points).where(_points.c.number == number).values(**pack(xs, rows)))
        else:
            new = insert(_points).values(room=key[0], branch=key[1], **pack(xs, rows)).returning(_points.c.number)
            number = self._writer.execute(new).scalar_one()
        self._tails[key] = (number, (xs, rows)) if len(xs) < CHUNK else (0, ([], []))

    def _load_tail(self, key: tuple[str, str]) -> tuple[int, Rows]:
        mine = and_(_points.c.room == key[0], _points.c.branch == key[1])
        row = self._writer.execute(select(_points).where(mine).order_by(_points.c.number.desc()).limit(1)).first()
        rows = unpack(row.x, row.y) if row else ([], [])
        return (row.number, rows) if row and len(rows[0]) < CHUNK else (0, ([], []))

    def _cut(self, room: str, branch: str, x: float) -> None:
        """Drop the points after `x`: they will be measured again."""
        self._tails.pop((room, branch), None)
        mine = and_(_points.c.room == room, _points.c.branch == branch)
        self._writer.execute(delete(_points).where(mine, _points.c.first > x))
        row = self._writer.execute(select(_points).where(mine, _points.c.last > x)).first()
        if row:
            self._writer.execute(update(_points).where(_points.c.number == row.number).values(**shortened(row.x, row.y, x)))


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine

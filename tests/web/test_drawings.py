"""Drawings that a room keeps: whose they are, how many, where their pixels lie, and who gets them."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.errors import Refused
from ml_utils.web import drawings
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import Bench, Browser
from tests.web.test_questions import AnsweringTrainer, SilentAnswerer, ask, asked
from tests.web.test_rooms import joined

BenchOf = Callable[..., Bench]
INK = bytearray(112 * 112)
for row in range(20, 90):
    INK[row * 112 + 50:row * 112 + 60] = b"\xff" * 10


def base64(data: bytes) -> str:
    return b64encode(data).decode()


PAD = {"kind": "pad", "pixels": base64(zlib.compress(INK)), "invert": False}
PIXELS = {"kind": "pixels", "pixels": base64(bytes(range(64)))}


def keep(me: Browser, label: int = 1, image: Any = None) -> dict[str, Any]:
    return me.command("keep_drawing", {"image": image or PAD, "label": label})


def listed(me: Browser) -> list[dict[str, Any]]:
    answer = me.get(f"/api/rooms/{me.room}/drawings").get_json()
    assert answer["ok"]
    found: list[dict[str, Any]] = answer["drawings"]
    return found


def files(bench: Bench, me: Browser) -> dict[str, bytes]:
    folder = bench.config.instance / "drawings" / me.room
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def test_what_is_kept_is_seen_by_all_with_who_made_it(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    other = joined(bench, me.room)
    assert keep(me, 7)["ok"]
    row = next(iter(other.sees(lambda state: state["drawings"], "the drawing")["drawings"].values()))
    assert (row["dataset"], row["label"], row["source"], row["by"]["id"]) == ("digits", 7, "pad", me.person)
    found = listed(me)[0]
    image = found["image"]
    assert (image["width"], image["height"], image["channels"]) == (8, 8, 1) and len(b64decode(image["pixels"])) == 64
    assert found["label"] == 7 and found["by"]["id"] == me.person and found["id"] in other.state["drawings"]


def test_the_pixels_lie_beside_the_log_before_the_event_is_there(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of()
    me = joined(bench)
    keep(me)
    event = bench.lab.store.events(me.room, 0)[-1]
    assert files(bench, me) == {event["data"]["id"]: b64decode(listed(me)[0]["image"]["pixels"])}
    assert hashlib.sha256(files(bench, me)[event["data"]["id"]]).hexdigest() == event["data"]["digest"]
    with monkeypatch.context() as patch:
        patch.setattr(drawings.Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError("full")))
        before = bench.trace(me.room)
        assert keep(me)["error"]["code"] == "storage_failed"
        assert bench.trace(me.room) == before


@pytest.mark.allows_traceback
def test_pixels_without_an_event_are_swept(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of()
    me = joined(bench)
    keep(me)
    with monkeypatch.context() as patch:
        patch.setattr(bench.lab.store, "write", lambda *_: (_ for _ in ()).throw(OSError("full")))
        assert keep(me, 2)["error"]["code"] == "storage_failed"
    assert keep(me, 3)["ok"]
    assert set(files(bench, me)) == set(me.sees(lambda state: len(state["drawings"]) == 2 and state)["drawings"])
    assert [one["label"] for one in listed(me)] == [1, 3]


def test_only_ones_own_can_be_taken_out(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    other = joined(bench, me.room)
    keep(me)
    name = next(iter(me.sees(lambda state: state["drawings"])["drawings"]))
    assert other.command("drop_drawing", {"drawing": name})["error"]["code"] == "not_yours"
    assert other.command("drop_drawing", {"drawing": "d99"})["error"]["code"] == "unknown_drawing"
    assert files(bench, me)
    assert me.command("drop_drawing", {"drawing": name})["ok"]
    other.sees(lambda state: not state["drawings"], "no drawing")
    assert not files(bench, me) and not listed(me)


def test_an_id_is_never_used_again(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    names = set()
    for _ in range(3):
        keep(me)
        name = next(iter(me.sees(lambda state: state["drawings"])["drawings"]))
        names.add(name)
        me.command("drop_drawing", {"drawing": name})
        me.sees(lambda state: not state["drawings"])
    assert len(names) == 3


def test_there_are_bounds_for_a_person_and_for_a_room(bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "MOST_OF_ONE", 2)
    monkeypatch.setattr(drawings, "MOST_DRAWINGS", 3)
    bench = bench_of()
    me = joined(bench)
    other = joined(bench, me.room)
    assert [keep(me).get("ok"), keep(me).get("ok"), keep(me)["error"]["code"]] == [True, True, "too_many"]
    assert [keep(other).get("ok"), keep(other)["error"]["code"]] == [True, "too_many"]


@pytest.mark.parametrize(("image", "label", "code"), [
    (PAD, 10, "unknown_class"), (PAD, -1, "invalid"), (PAD, 1.5, "invalid"),
    ({**PAD, "pixels": base64(bytes(112 * 112))}, 1, "empty"),
    ({**PAD, "pixels": base64(b"x")}, 1, "wrong_shape"), ({**PAD, "pixels": "A"}, 1, "invalid"),
    ({**PAD, "pixels": "<script>"}, 1, "invalid"), ({**PIXELS, "pixels": base64(bytes(65))}, 1, "wrong_shape"),
    ({**PAD, "pixels": base64(zlib.compress(bytes(10**7)))}, 1, "wrong_shape"),
    ({"kind": "example", "split": "test", "number": 1}, 1, "invalid"), ({"kind": "drawing", "drawing": "d1"}, 1, "invalid")])
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(bench_of: BenchOf, image: Any, label: Any, code: str) -> None:
    bench = bench_of()
    me = joined(bench)
    before = bench.trace(me.room)
    answer = keep(me, label, image)
    assert answer["error"]["code"] == code and answer["error"]["hint"]
    assert bench.trace(me.room) == before and not files(bench, me)


def test_photographs_cannot_be_drawn_but_kept(bench_of: BenchOf) -> None:
    me = joined(bench_of())
    blueprint = Blueprint.model_validate({**cnn().model_dump(), "dataset": "cifar10"})
    assert me.command("new_run", {"blueprint": blueprint.model_dump(mode="json")})["ok"]
    assert keep(me)["error"]["code"] == "not_drawn"
    assert keep(me, 3, {"kind": "pixels", "pixels": base64(bytes(3072))})["ok"]
    assert listed(me)[0]["image"]["channels"] == 3


def test_drawings_of_another_dataset_wait_until_it_is_there_again(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    keep(me)
    blueprint = Blueprint.model_validate({**cnn().model_dump(), "dataset": "mnist"})
    me.command("new_run", {"blueprint": blueprint.model_dump(mode="json")})
    assert not listed(me) and me.sees(lambda state: state["drawings"])
    assert [row["label"] for row in bench.lab.drawings.rows(me.room, "digits")] == [1]
    assert bench.lab.drawings.rows(me.room, "mnist") == []


def told(trainer: FakeTrainer) -> list[Any]:
    return [[row["label"] for row in frame["rows"]] for frame in trainer.frames if frame["t"] == "drawings"]


def test_a_trainer_gets_all_drawings_when_it_comes_and_after_each_change(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    keep(me, 4)
    me.command("start", {"epochs": 5})
    me.status("training")
    trainer = until(lambda: bench.launcher.started and bench.launcher.started[0])
    until(lambda: told(trainer) == [[4]], what="the drawings at the welcome")
    keep(me, 5)
    name = next(iter(me.sees(lambda state: len(state["drawings"]) == 2 and state)["drawings"]))
    me.command("drop_drawing", {"drawing": name})
    until(lambda: told(trainer) == [[4], [4, 5], [5]], what="both changes")
    row = trainer.frames[-1]["rows"][0]
    assert row["dataset"] == "digits" and row["id"] != name and len(row["pixels"]) == 64


def test_who_keeps_nothing_tells_the_trainer_nothing(bench_of: BenchOf) -> None:
    bench = bench_of()
    me = joined(bench)
    me.command("start")
    me.status("training")
    assert not told(bench.launcher.started[0])


def test_a_question_about_a_drawing_has_its_pixels(bench_of: BenchOf) -> None:
    bench = bench_of(AnsweringTrainer)
    me = joined(bench)
    keep(me)
    name = next(iter(me.sees(lambda state: state["drawings"])["drawings"]))
    image = {"kind": "drawing", "drawing": name}
    assert ask(me, image=image)["args"]["image"] == {"kind": "pixels", "pixels": listed(me)[0]["image"]["pixels"]}
    assert ask(me, image={**image, "drawing": "d99"})["error"]["code"] == "unknown_drawing"
    Path(bench.config.instance / "drawings" / me.room / name).unlink()
    assert ask(me, image=image)["error"]["code"] == "drawing_lost" and not listed(me)


def test_a_drawing_that_is_taken_out_while_its_question_waits_is_said_so(bench_of: BenchOf) -> None:
    bench = bench_of(SilentAnswerer)
    me = joined(bench)
    keep(me)
    name = next(iter(me.sees(lambda state: state["drawings"])["drawings"]))
    found: list[Any] = []
    body = {"id": "question-1", "name": "classify", "args": {"image": {"kind": "drawing", "drawing": name}}}
    for _ in range(2):
        bench.lab.questions.ask(me.room, "somebody", body, found.append)
    me.command("drop_drawing", {"drawing": name})
    trainer = until(lambda: bench.launcher.started and bench.launcher.started[0])
    trainer.answer(until(lambda: asked(trainer))[0])
    until(lambda: len(found) == 2)
    assert found[1]["error"]["code"] == "unknown_drawing"


def test_drawings_outlive_the_server(bench_of: BenchOf, tmp_path: Path) -> None:
    bench = bench_of()
    me = joined(bench)
    keep(me, 6)
    before = bench.lab.drawings.all(me.room)
    bench.close()
    again = bench_of(instance=bench.config.instance)
    assert again.lab.drawings.all(me.room) == before != []


def test_a_refusal_says_what_is_wrong_in_its_field() -> None:
    with pytest.raises(Refused) as refused:
        drawings._known(type("Room", (), {"state": {"drawings": {}}})(), "d1")  # type: ignore[arg-type]
    assert refused.value.field == "drawing"


def test_pixels_that_were_cut_short_count_as_lost(bench_of: BenchOf) -> None:
    bench = bench_of(AnsweringTrainer)
    me = joined(bench)
    assert keep(me)["ok"] and keep(me)["ok"]
    cut, whole = sorted(files(bench, me))
    file = bench.config.instance / "drawings" / me.room / cut
    file.write_bytes(file.read_bytes()[:20])
    assert [row["id"] for row in listed(me)] == [whole]
    assert [row["id"] for row in bench.lab.drawings.rows(me.room, "digits")] == [whole]
    assert ask(me, image={"kind": "drawing", "drawing": cut})["error"]["code"] == "drawing_lost"


def test_a_file_that_cannot_be_removed_does_not_undo_what_was_accepted(
        bench_of: BenchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of()
    me = joined(bench)
    assert keep(me)["ok"]
    name = next(iter(files(bench, me)))

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError("no")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        assert me.command("drop_drawing", {"drawing": name})["ok"]
    assert not listed(me) and name in files(bench, me)
    assert keep(me)["ok"] and name not in files(bench, me)

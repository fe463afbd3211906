"""Own images of rooms: from an upload to a Run; whose they are, how many, and when their files go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_utils import own_images
from ml_utils.core.blueprint import cnn
from ml_utils.core.datasets import Images
from ml_utils.core.errors import Refused
from ml_utils.line import Frame
from ml_utils.trainer.images.inspect import inspect_images
from ml_utils.trainer.jobs import Desk
from ml_utils.trainer.quiet import QuietWire
from tests.trainer.archives import Packed, folders, packed
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import HOST, Bench, Browser
from tests.web.test_rooms import joined
from tests.web.test_uploads import send

BenchOf = Callable[..., Bench]
PETS, OTHERS = packed(folders()), packed(folders(("ant", "bee", "cow")))
NAME = "own_" + "0" * 16


class Inspecting(FakeTrainer):
    """Looks at archives as the real process does; trains as a fake does."""

    def obey(self, frame: Frame) -> None:
        if not frame.get("job"):
            return super().obey(frame)
        job = frame["job"]
        try:
            found = inspect_images(job["args"], None, Desk(Path(job["folder"]), QuietWire()))  # type: ignore[arg-type]
            return self.say({"t": "job", "result": found})
        except Refused as refused:
            return self.say({"t": "job", "error": refused.as_answer()["error"]})


class Lying(FakeTrainer):
    """Says odd things of images."""

    def obey(self, frame: Frame) -> None:
        if frame.get("job"):
            self.say({"t": "job", "result": {"name": "../../etc", "images": {"title": "x"}, "bytes": -1}})


def inspect(me: Browser, upload: str, **more: Any) -> Any:
    return me.post(f"/api/rooms/{me.room}/images", {"upload": upload, "side": 16, "channels": 3, "title": "Pets", **more})


def inspected(me: Browser, data: bytes = PETS, **more: Any) -> dict[str, Any]:
    """Return the job of an archive when it has ended."""
    answer = inspect(me, send(me, data, of=str(hash(data))), **more).get_json()
    assert answer["ok"], answer
    return ended(me, answer["job"])


def ended(me: Browser, job: str) -> dict[str, Any]:
    def look() -> Any:
        found = me.get(f"/api/rooms/{me.room}/jobs/{job}").get_json()["job"]
        return found["state"] in ("done", "failed") and found

    found: dict[str, Any] = until(look, what="the end of the job")
    return found


def keep(me: Browser, job: str, title: str = "Pets", shared: bool = False) -> Any:
    return me.post(f"/api/rooms/{me.room}/images/keep", {"job": job, "title": title, "shared": shared})


def brought(me: Browser, data: bytes = PETS, shared: bool = False, title: str = "Pets", **more: Any) -> str:
    found = inspected(me, data, **more)
    assert found["state"] == "done", found
    answer = keep(me, found["id"], title, shared).get_json()
    assert answer["ok"], answer
    return str(answer["name"])


def drop(me: Browser, name: str, room: str | None = None) -> Any:
    return me.http.delete(f"/api/rooms/{room or me.room}/images/{name}", base_url=f"http://{HOST}",
                          headers={"X-Lockstep-Token": me.token})


def listed(me: Browser, room: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = me.get(f"/api/rooms/{room or me.room}/images").get_json()
    return found


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def code(answer: Any) -> str:
    found = answer if isinstance(answer, dict) else answer.get_json()
    return str(found["error"]["code"])


def there(bench: Bench) -> list[str]:
    return sorted(one.name for one in (bench.config.instance / "datasets").iterdir())


@pytest.fixture
def bench(bench_of: BenchOf) -> Bench:
    return bench_of(Inspecting).without_limits()


# ── from an upload to a Run ─────────────────────────────────────────────────────────────────────────────────

def test_images_are_inspected_then_kept_and_everybody_in_the_room_sees_them(bench: Bench) -> None:
    me = joined(bench)
    other = joined(bench, me.room)
    found = inspected(me)
    result = found["result"]
    assert result["images"] == {"title": "Pets", "shape": [3, 16, 16], "classes": ["cat", "dog"], "train": 16, "test": 4}
    assert result["layout"] == "folders" and len(result["samples"]) == 2 and not result["problems"]
    assert listed(me)["own"] == [] and me.state["seq"] == 0 and not (bench.config.instance / "datasets").exists()
    name = keep(me, found["id"], "Our pets").get_json()["name"]
    assert name == result["name"] and there(bench) == [name]
    row = other.sees(lambda state: state["images"].get(name), "the images")["images"][name]
    assert row["images"]["title"] == "Our pets" and row["by"]["id"] == me.person and row["shared"] is False
    assert row["bytes"] == result["bytes"] > 16 * 16 * 16 * 3
    own = listed(me)
    assert names(own["own"]) == [name] and own["shared"] == [] and own["quota"]["used"] == row["bytes"]
    assert own["quota"]["limit"] == 1_000_000_000 and own["quota"]["server"]["used"] == row["bytes"]


@pytest.mark.parametrize("network", ["cnn", "mlp"])
def test_a_run_begins_with_them(bench: Bench, network: str) -> None:
    me = joined(bench)
    name = brought(me)
    blueprint = listed(me)["own"][0]["networks"][network]["blueprint"]
    assert blueprint["dataset"] == name
    assert me.command("new_run", {"blueprint": blueprint})["ok"]
    assert me.command("start", {"epochs": 1})["ok"]
    me.status("training")
    assert me.state["runs"]["r1"]["blueprint"]["images"]["classes"] == ["cat", "dog"]


def test_they_can_be_put_under_the_network_that_is_being_made(bench: Bench) -> None:
    me = joined(bench)
    name, row = brought(me), listed(me)["own"][0]
    edit = {"op": "dataset", "dataset": name, "images": row["images"]}
    assert me.command("edit_draft", {"seq": 0, "edits": [edit]})["ok"]
    me.sees(lambda state: state["draft"] and state["draft"]["blueprint"]["dataset"] == name)


def facts(**more: Any) -> Images:
    return Images.model_validate(
        {"title": "x", "shape": (3, 16, 16), "classes": ("cat", "dog"), "train": 16, "test": 4, **more})


WRONG: tuple[dict[str, Any], ...] = (
    {"name": NAME}, {"train": 15}, {"test": 5}, {"classes": ("cat", "fox")}, {"classes": ("dog", "cat")},
    {"shape": (3, 32, 32)}, {"classes": ("cat", "dog", "x")})


def test_a_blueprint_with_images_that_are_not_here_or_others_is_refused(bench: Bench) -> None:
    me = joined(bench)
    name = brought(me)
    for wrong in WRONG:
        refuses(me, name, wrong)
    right = cnn(name, images=facts(title="another title")).model_dump(mode="json")
    assert me.post("/api/library", {"title": "x", "blueprint": right}).get_json()["ok"]
    assert me.command("new_run", {"blueprint": right})["ok"]


def refuses(me: Browser, name: str, wrong: dict[str, Any]) -> None:
    bench, more = me.bench, {part: value for part, value in wrong.items() if part != "name"}
    blueprint = cnn(wrong.get("name", name), images=facts(**more)).model_dump(mode="json")
    before = bench.trace(me.room)
    assert code(me.command("new_run", {"blueprint": blueprint})) == "unknown_images"
    edit = {"op": "dataset", "dataset": blueprint["dataset"], "images": blueprint["images"]}
    assert code(me.command("edit_draft", {"seq": 0, "edits": [edit]})) == "unknown_images"
    assert code(me.command("edit_draft", {"seq": 0, "edits": [{"op": "load", "blueprint": blueprint}]})) == "unknown_images"
    assert code(me.post("/api/library", {"title": "x", "blueprint": blueprint})) == "unknown_images"
    assert bench.trace(me.room) == before


def test_one_upload_serves_several_sizes(bench: Bench) -> None:
    me = joined(bench)
    upload = send(me, PETS)
    first, second = (ended(me, inspect(me, upload, side=side).get_json()["job"])["result"] for side in (16, 32))
    assert first["name"] != second["name"] and second["images"]["shape"] == [3, 32, 32]


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────

def test_a_hostile_archive_is_refused_with_its_reason_and_leaves_nothing(bench: Bench) -> None:
    me = joined(bench)
    found = inspected(me, packed([Packed("../../evil.png", b"x"), *folders()]))
    assert found["state"] == "failed" and found["error"]["code"] == "bad_archive" and found["error"]["hint"]
    assert code(keep(me, found["id"])) == "not_inspected"
    assert listed(me)["own"] == [] and me.state["seq"] == 0
    assert not list(bench.config.instance.rglob("*evil*"))


def test_sizes_that_cannot_be_are_refused(bench: Bench) -> None:
    me = joined(bench)
    for body, wanted in (({"side": 33}, "failed"), ({"channels": 2}, "failed"), ({"side": 96}, "failed"),
                         ({"channels": 1, "side": 96}, "done")):
        assert inspected(me, **body)["state"] == wanted


def test_a_wish_that_is_none_is_refused(bench: Bench) -> None:
    me = joined(bench)
    for body in ({"side": "16"}, {"title": ""}, {"title": " \n "}, {"title": "x" * 61}, {"more": 1}, {"channels": 0}):
        assert code(inspect(me, "0" * 16, **body)) == "invalid", body
    assert code(inspect(me, "0" * 16)) == "not_found"


def test_only_what_somebody_sent_themselves_and_inspected_is_kept(bench: Bench) -> None:
    me = joined(bench)
    other = joined(bench, me.room)
    upload = send(me, PETS)
    asked = {"upload": upload, "side": 16, "channels": 3, "title": "x"}
    assert code(other.post(f"/api/rooms/{me.room}/images", asked)) == "not_found"
    job = inspect(me, upload).get_json()["job"]
    ended(me, job)
    wish = {"job": job, "title": "x", "shared": False}
    assert code(other.post(f"/api/rooms/{me.room}/images/keep", wish)) == "not_inspected"
    assert other.post(f"/api/rooms/{other.room}/images/keep", wish).status_code == 404
    assert me.post(f"/api/rooms/{me.room}/images/keep", wish, token="").status_code == 403
    assert me.post(f"/api/rooms/{me.room}/images", {}, token="").status_code == 403


def test_a_process_that_says_odd_things_is_not_believed(bench_of: BenchOf) -> None:
    me = joined(bench_of(Lying).without_limits())
    found = inspected(me)
    assert found["state"] == "failed" and found["error"]["code"] == "no_answer"


# ── whose they are, and when they go ────────────────────────────────────────────────────────────────────────

def test_asking_twice_keeps_once(bench: Bench) -> None:
    me = joined(bench)
    job = inspected(me)["id"]
    first, seq = keep(me, job).get_json(), bench.lab.ledger.room(me.room).seq
    assert keep(me, job).get_json() == first and bench.lab.ledger.room(me.room).seq == seq
    assert keep(me, job, shared=True).get_json() == first, "now for all"
    assert me.sees(lambda state: state["images"][first["name"]]["shared"])


def test_the_same_content_of_two_rooms_is_stored_once_and_goes_with_the_last(bench: Bench) -> None:
    me, other = joined(bench), joined(bench)
    name = brought(me)
    place = bench.config.instance / "datasets" / name
    stamp = (place / "train_images.npy").stat().st_mtime_ns
    assert brought(other, title="Theirs") == name and there(bench) == [name]
    assert (place / "train_images.npy").stat().st_mtime_ns == stamp, "never written again"
    assert listed(other)["own"][0]["images"]["title"] == "Theirs" and listed(me)["own"][0]["images"]["title"] == "Pets"
    assert drop(me, name).get_json() == {"ok": True}
    me.sees(lambda state: state["images"] == {})
    assert there(bench) == [name] and names(listed(other)["own"]) == [name]
    assert drop(other, name).get_json() == {"ok": True} and there(bench) == []
    assert drop(other, name).status_code == 404


def test_shared_ones_are_there_for_all_rooms_and_others_are_not(bench: Bench) -> None:
    me, other = joined(bench), joined(bench)
    mine, ours = brought(me), brought(me, OTHERS, shared=True)
    assert names(listed(other)["shared"]) == [ours] and listed(other)["own"] == []
    assert sorted(names(listed(me)["own"])) == sorted([mine, ours]) and listed(me)["shared"] == []
    blueprint = listed(other)["shared"][0]["networks"]["mlp"]["blueprint"]
    assert other.command("new_run", {"blueprint": blueprint})["ok"]
    assert code(drop(other, ours)) == "not_found" and code(drop(other, ours, me.room)) == "not_yours"
    assert drop(me, ours).get_json()["ok"]
    assert listed(other)["shared"] == [] and ours in there(bench), "a Run was made with them"


def test_what_a_run_was_made_with_stays_when_it_is_dropped(bench: Bench) -> None:
    me = joined(bench)
    name = brought(me)
    assert me.command("new_run", {"blueprint": listed(me)["own"][0]["networks"]["cnn"]["blueprint"]})["ok"]
    assert me.command("start", {"epochs": 2})["ok"]
    me.status("training")
    assert drop(me, name).get_json()["ok"] and there(bench) == [name]
    assert me.command("interrupt")["ok"] and me.status("paused")
    assert me.command("continue")["ok"] and me.status("training")
    assert listed(me)["own"] == [] and listed(me)["quota"]["used"] == 0


def test_a_restart_changes_nothing(bench: Bench, bench_of: BenchOf) -> None:
    me = joined(bench)
    name = brought(me, shared=True)
    before = listed(me)["own"]
    bench.close()
    again = bench_of(Inspecting, instance=bench.config.instance).without_limits()
    again.lab.images.sweep()
    assert there(again) == [name]
    one = joined(again)
    assert [{**row} for row in listed(one)["shared"]] == before


def test_room_and_server_have_a_limit(bench_of: BenchOf) -> None:
    bench = bench_of(Inspecting, image_quota=1).without_limits()
    me, other = joined(bench), joined(bench)
    large = packed(folders(train=25, test=1))  # of 64×64 in colour: 0.6 MB
    found = inspected(me, large, side=64)
    assert found["result"]["bytes"] > 500_000
    assert code(keep(me, found["id"])) == "images_full" and listed(me)["own"] == []
    half = [packed(folders(("a", f"b{n}"), train=15, test=1)) for n in range(3)]
    first = brought(me, half[0], side=64)
    brought(other, half[1], side=64)
    third = joined(bench)
    full = inspected(third, half[2], side=64)
    assert code(keep(third, full["id"])) == "images_full"
    assert drop(me, first).get_json()["ok"]
    assert keep(third, full["id"]).get_json()["ok"], "there is room again"


def test_a_disk_that_fails_tells_nobody_of_images_that_are_not_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    me = joined(bench)
    job = inspected(me)["id"]
    monkeypatch.setattr(own_images, "keep", fails)
    assert code(keep(me, job)) == "storage_failed" and listed(me)["own"] == []
    monkeypatch.undo()
    assert keep(me, job).get_json()["ok"]


@pytest.mark.allows_traceback
def test_a_store_that_fails_leaves_no_event_and_the_files_go_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    me = joined(bench)
    job = inspected(me)["id"]
    plain = bench.lab.store.write

    def fails(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(bench.lab.store, "write", fails)
    assert code(keep(me, job)) == "storage_failed"
    monkeypatch.setattr(bench.lab.store, "write", plain)
    assert listed(me)["own"] == []
    bench.lab.images.sweep()
    assert there(bench) == []


def test_what_the_command_line_added_is_there_for_all_and_stays(bench: Bench, tmp_path: Path) -> None:
    me = joined(bench)
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "archive.zip").write_bytes(PETS)
    found = inspect_images({"side": 16, "channels": 3, "title": "Ours"}, None, Desk(tmp_path / "job", QuietWire()))  # type: ignore[arg-type]
    own_images.install(tmp_path / "job" / "ready", bench.config.instance / "datasets", found["name"], 1.0)
    bench.lab.images.sweep()
    row = listed(me)["shared"][0]
    assert (row["name"], row["by"], row["images"]["title"], row["shared"]) == (found["name"], None, "Ours", True)
    assert me.command("new_run", {"blueprint": row["networks"]["cnn"]["blueprint"]})["ok"]


def test_a_damaged_folder_is_as_none(bench: Bench) -> None:
    me = joined(bench)
    folder = bench.config.instance / "datasets" / NAME
    folder.mkdir(parents=True)
    for text in ("", "null", "[]", "{", "\0"):
        (folder / "about.json").write_text(text)
        assert listed(me)["shared"] == [] and listed(me)["own"] == []
        blueprint = cnn(NAME, images=facts()).model_dump(mode="json")
        assert code(me.command("new_run", {"blueprint": blueprint})) == "unknown_images"


def test_nothing_of_an_archive_is_served(bench: Bench) -> None:
    me = joined(bench)
    found = inspected(me)
    assert me.get(f"/api/rooms/{me.room}/jobs/{found['id']}/file").status_code == 404
    text = json.dumps(found)
    assert "iVBOR" not in text and "/" + found["id"] not in text, "no PNG, no path"


def test_other_rooms_go_on_meanwhile(bench: Bench) -> None:
    other = joined(bench)
    other.command("start", {"epochs": 3})
    other.status("training")
    me = joined(bench)
    job = inspect(me, send(me, PETS)).get_json()["job"]
    assert other.command("interrupt")["ok"] and other.status("paused")
    assert ended(me, job)["state"] == "done"
    assert other.command("continue")["ok"] and other.status("training")

"""One's own library: for all rooms, for nobody else, with the best that such a network reached on this server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.recipe import network_digest
from ml_utils.core.settings import Settings
from ml_utils.web import library
from ml_utils.web.ledger import Draft
from ml_utils.web.writes import Writes
from tests.strategies import STRINGS
from tests.web.conftest import HOST, Bench, Browser
from tests.web.test_bad_input import error_of

NETWORK = mlp().model_dump(mode="json")


@pytest.fixture
def bench(bench_of: Callable[..., Bench]) -> Bench:
    return bench_of().without_limits()


@pytest.fixture
def me(bench: Bench) -> Browser:
    return bench.browser()


def own(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/api/library").get_json()["blueprints"]
    return found


def keep(browser: Browser, title: str = "mine", blueprint: Any = NETWORK) -> Any:
    return browser.post("/api/library", {"title": title, "blueprint": blueprint}).get_json()


def drop(browser: Browser, name: str, token: str | None = None) -> Any:
    return browser.http.delete(f"/api/library/{name}", base_url=f"http://{HOST}",
                               headers={"X-Lockstep-Token": browser.token if token is None else token})


def reached(bench: Bench, room: str, accuracy: float, blueprint: Any = NETWORK, epoch: int = 1) -> None:
    """Let an epoch of a new run end with this test accuracy."""
    ledger = bench.lab.ledger
    runs = ledger.room(room).state["runs"]
    run, branch = f"r{len(runs) + 1}", f"b{len(runs) + 1}"
    place = {"run": run, "branch": branch, "epoch": epoch, "batch": 0, "batches": 23, "x": float(epoch)}
    score = {"loss": 1.0, "accuracy": 0.5, "examples": 360}
    ledger.commit([Draft(room, "run_started", {"run": run, "branch": branch, "blueprint": blueprint, "threads": 1,
                                               "settings": Settings().model_dump(mode="json")})])
    data = {"train": score, "test": {**score, "accuracy": accuracy}, "seconds": 1.0}
    ledger.offer(Draft(room, "epoch_finished", data, place))
    ledger.tick()


def test_what_is_kept_is_there_in_every_room_and_for_nobody_else(bench: Bench, me: Browser) -> None:
    answer = keep(me)
    assert answer["ok"] and keep(me, "second", cnn().model_dump(mode="json"))["ok"]
    first = own(me)[-1]
    assert {name: first[name] for name in ("id", "title", "blueprint", "best")} == {
        "id": answer["id"], "title": "mine", "blueprint": NETWORK, "best": None}
    assert [row["title"] for row in own(me)] == ["second", "mine"] and first["at"] > 0
    assert own(bench.browser()) == []


def test_only_the_owner_takes_it_out(bench: Bench, me: Browser) -> None:
    name, other = keep(me)["id"], bench.browser()
    assert drop(other, name).status_code == 404 and drop(me, name, token="").status_code == 403
    assert drop(me, name, token=other.token).status_code == 403 and len(own(me)) == 1
    assert drop(me, name).get_json() == {"ok": True}
    assert own(me) == [] and drop(me, name).status_code == 404


def test_it_survives_a_restart(bench_of: Callable[..., Bench], bench: Bench, me: Browser) -> None:
    keep(me)
    cookie = me.http.get_cookie("lockstep", domain="localhost")
    before = own(me)
    bench.close()
    again = bench_of().browser()
    again.http.set_cookie("lockstep", cookie.value, domain="localhost")
    assert own(again) == before


def test_without_a_cookie_there_is_none(bench: Bench) -> None:
    assert bench.app.test_client().get("/api/library", base_url=f"http://{HOST}").get_json() == {"ok": True, "blueprints": []}


def test_titles_are_names_and_stand_there_once(me: Browser) -> None:
    assert keep(me, "a b")["ok"]
    assert error_of(keep(me, " a  b\n"))["code"] == "title_taken"
    for title in ("", " ", "\0"):
        assert error_of(keep(me, title))["code"] == "no_title"
    assert error_of(keep(me, "x" * 61))["field"] == "title"


@pytest.mark.parametrize("title", [text for text in STRINGS if 0 < len(text.strip()) <= 60 and "\ud800" not in text], ids=ascii)
def test_hostile_names_stay_text(me: Browser, title: str) -> None:
    answer = keep(me, title)
    assert answer["ok"] or error_of(answer)["code"] == "no_title"
    assert not answer["ok"] or own(me)[0]["title"].isprintable()


@pytest.mark.parametrize("body", [None, [], {}, "x", {"title": "x"}, {"blueprint": NETWORK}, {"title": 1, "blueprint": NETWORK},
                                  {"title": "x", "blueprint": {**NETWORK, "layers": []}}, {"title": "x", "blueprint": None},
                                  {"title": "x", "blueprint": NETWORK, "person": "ada"}])
def test_what_is_no_network_with_a_name_is_refused(bench: Bench, me: Browser, body: Any) -> None:
    rows = bench.rows()
    answer = me.post("/api/library", body)
    assert answer.status_code == 400 and error_of(answer.get_json()) and bench.rows() == rows


def test_a_library_is_full_some_day(bench: Bench, me: Browser) -> None:
    rows = [{"person": me.person, "id": f"n{one}", "title": f"N{one}", "blueprint": "{}", "digest": "0" * 64, "at": 1.0}
            for one in range(library.MOST_KEPT)]
    bench.lab.store.write(Writes(kept=rows))
    assert error_of(keep(me))["code"] == "library_full" and keep(bench.browser())["ok"]
    assert drop(me, "n7").status_code == 200 and keep(me)["ok"]


# ── best results ────────────────────────────────────────────────────────────────────────────────────────────

def test_the_best_result_of_any_room_and_seed_is_told(bench: Bench, me: Browser) -> None:
    keep(me)
    keep(me, "other", cnn().model_dump(mode="json"))
    reached(bench, me.room, 0.5, epoch=3)
    reached(bench, me.room, 0.25)
    reached(bench, me.room, 0.75, {**NETWORK, "seed": 5}, epoch=2)
    reached(bench, me.room, 0.9, mlp("mnist").model_dump(mode="json"))
    best = {row["title"]: row["best"] for row in own(me)}
    assert best == {"mine": {"accuracy": 0.75, "epoch": 2, "room": me.room}, "other": None}


def test_a_result_of_a_room_one_does_not_know_hides_its_code(bench: Bench, me: Browser) -> None:
    other = bench.browser().connect()
    keep(me)
    reached(bench, me.room, 0.5)
    reached(bench, other.room, 0.75, epoch=4)
    assert own(me)[0]["best"] == {"accuracy": 0.75, "epoch": 4, "room": None}
    me.connect().join(other.room)
    assert own(me)[0]["best"]["room"] == other.room, "one is there now"
    me.join(me.room)
    assert own(me)[0]["best"]["room"] is None


@pytest.mark.allows_traceback
def test_a_result_is_stored_with_its_event_or_not_at_all(bench: Bench, me: Browser) -> None:
    digest = network_digest(NETWORK)
    reached(bench, me.room, 0.5)
    seq = bench.lab.ledger.room(me.room).seq
    write = bench.lab.store._write_library

    def full(writes: Writes) -> None:
        write(writes)
        raise OSError("disk full")

    bench.lab.store._write_library = full  # type: ignore[method-assign]
    place = {"run": "r1", "branch": "b1", "epoch": 2, "batch": 0, "batches": 23, "x": 2.0}
    score = {"loss": 1.0, "accuracy": 0.9, "examples": 360}
    bench.lab.ledger.offer(Draft(me.room, "epoch_finished", {"train": score, "test": score, "seconds": 1.0}, place))
    try:
        with pytest.raises(Exception, match="could not store"):
            bench.lab.ledger.commit()
        assert bench.lab.store.best([digest])[digest]["accuracy"] == 0.5 and bench.lab.ledger.room(me.room).seq == seq
    finally:  # from here on the Lab's own tick may store it at any moment
        bench.lab.store._write_library = write  # type: ignore[method-assign]
    bench.lab.ledger.tick()
    assert bench.lab.store.best([digest])[digest] == {"room": me.room, "accuracy": 0.9, "epoch": 2}


def test_a_real_way_leads_from_a_trained_room_to_the_library(bench: Bench, me: Browser) -> None:
    """What a trainer reports is found again under the network that somebody keeps afterwards."""
    reached(bench, me.room, 0.625)
    me.connect().join()
    blueprint = me.state["blueprint"]
    assert keep(me, "found", blueprint)["ok"] and own(me)[0]["best"]["accuracy"] == 0.625

"""Ledger, CSV files, layers and the compare page by HTTP: who may, how often, what is refused, and that nothing is written."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from ml_utils.web.downloads import add_compare_page, add_downloads
from ml_utils.web.limits import Limiter
from ml_utils.web.store import Writes
from tests.strategies import STRINGS
from tests.web.conftest import HOST, Bench, Browser
from tests.web.test_bad_input import NO_NUMBERS, error_of
from tests.web.test_exports import BATCHES, CODE, EVIL, Story

FILES = ["ledger.csv", "metrics.csv?branch=b1", "metrics.csv?run=r1"]
PATHS = ["ledger", "layers?branch=b1", *FILES]


def wired(bench: Bench) -> Bench:
    """Register what the application may not have yet."""
    known = {rule.rule for rule in bench.app.url_map.iter_rules()}
    if "/api/rooms/<code>/ledger" not in known:
        add_downloads(bench.app, bench.lab)
    if "/compare" not in known:
        add_compare_page(bench.app, bench.lab)
    return bench


@pytest.fixture(scope="module")
def me(shared: Bench) -> Browser:
    """Somebody who looks at a room with two Branches, a hostile name and a hostile reason."""
    story = Story(wired(shared).lab.ledger)
    story.run()
    story.train(2 * BATCHES)
    story.change(EVIL, "=1+1", learning_rate=0.5)
    story.revert("b1", 1)
    story.fork("b2")
    story.train(20)
    return shared.browser()


def ask(me: Browser, path: str, code: str = CODE) -> Any:
    return me.get(f"/api/rooms/{code}/{path}")


def lines(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def test_the_ledger_is_told_newest_first_and_in_pages(me: Browser) -> None:
    found = ask(me, "ledger").get_json()
    assert [row["name"] for row in found["changes"]] == ["branch_started", "reverted", "settings_changed", "run_started"]
    assert (found["ok"], found["more"], found["seq"]) == (True, False, me.bench.lab.ledger.room(CODE).seq)
    first = ask(me, "ledger?limit=1").get_json()
    assert (first["changes"], first["more"]) == (found["changes"][:1], True)
    rest = ask(me, f"ledger?before={first['changes'][0]['seq']}").get_json()
    assert (rest["changes"], rest["more"]) == (found["changes"][1:], False)


def test_it_is_compressed_and_tagged_like_the_snapshot(me: Browser) -> None:
    answer = me.get(f"/api/rooms/{CODE}/ledger", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(answer.data))["ok"]
    again = me.get(f"/api/rooms/{CODE}/ledger", headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_file_says_what_it_is_and_how_it_is_called(me: Browser) -> None:
    names = [f"lockstep-{CODE}-{name}.csv" for name in ("ledger", "b1", "r1")]
    for path, name in zip(FILES, names, strict=True):
        answer = ask(me, path)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.data.count(b"\r\n") == len(lines(answer)) + 1


def test_hostile_names_and_reasons_are_text_in_the_file(me: Browser) -> None:
    row = next(row for row in lines(ask(me, "ledger.csv")) if row["event"] == "settings_changed")
    assert (row["person"], row["reason"]) == (f"'{EVIL['name']}", "'=1+1")
    assert row["to"] == "0.5"


def test_a_branch_has_its_own_batches_and_a_run_all_of_them(me: Browser) -> None:
    count = {name: len(lines(ask(me, f"metrics.csv?{name}"))) for name in ("branch=b1", "branch=b2", "run=r1")}
    assert count == {"branch=b1": 200, "branch=b2": 20, "run=r1": 220}
    rows = lines(ask(me, "metrics.csv?run=r1"))
    assert {(row["branch"], row["parent"], row["from_epoch"]) for row in rows} == {("b1", "", ""), ("b2", "b1", "1")}


def test_layers_of_a_branch_without_any_look_are_empty(me: Browser) -> None:
    answer = ask(me, "layers?branch=b2&epoch=1").get_json()
    assert answer == {"ok": True, "branch": "b2", "x": None, "trends": {}, "histograms": {}}


@pytest.mark.parametrize("path", PATHS)
def test_only_looking_is_possible_and_it_writes_nothing(me: Browser, path: str) -> None:
    before = me.bench.trace(CODE)
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"):
        answer = me.http.open(f"/api/rooms/{CODE}/{path}", method=method, base_url=f"http://{HOST}",
                              headers={"X-Lockstep-Token": me.token})
        assert answer.status_code == (200 if method in ("GET", "HEAD", "OPTIONS") else 405), method
        answer.close()
    assert me.bench.trace(CODE) == before


@pytest.mark.parametrize("path", PATHS)
def test_a_code_that_is_none_is_no_room(me: Browser, path: str) -> None:
    for code in ("abcdefg0", "x", "%2e%2e", "..%2faaaaaaaa"):
        answer = ask(me, path, code)
        assert answer.status_code in (404, 405)
        error_of(answer.get_json())


def test_a_room_nobody_was_in_has_an_empty_ledger_and_stays_unstored(me: Browser) -> None:
    before = me.bench.rows()
    assert ask(me, "ledger", "zzzzzzzz").get_json() == {"ok": True, "seq": 0, "changes": [], "more": False}
    assert lines(ask(me, "ledger.csv", "zzzzzzzz")) == []
    for path in ("metrics.csv?branch=b1", "metrics.csv?run=r1", "layers?branch=b1"):
        answer = ask(me, path, "zzzzzzzz")
        assert answer.status_code == 404
        assert error_of(answer.get_json())["field"] in ("branch", "run")
    assert me.bench.rows() == before


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_branch_or_run_that_is_not_there_is_not_found(me: Browser, text: str) -> None:
    sent = quote(text.encode("utf-8", "replace"))
    for path, field in ((f"metrics.csv?branch={sent}", "branch"), (f"metrics.csv?run={sent}", "run"),
                        (f"layers?branch={sent}", "branch")):
        answer = ask(me, path)
        assert answer.status_code == 404
        assert error_of(answer.get_json())["field"] == field


@pytest.mark.parametrize("query", ["", "?branch=b1&run=r1", "?brnach=b1"])
def test_metrics_of_nothing_or_of_two_things_are_refused(me: Browser, query: str) -> None:
    answer = ask(me, f"metrics.csv{query}")
    assert answer.status_code == 400
    assert error_of(answer.get_json())["field"] == "branch"


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1.5", "+1", "9" * 17], ids=ascii)
@pytest.mark.parametrize(("path", "name"), [("ledger?", "before"), ("ledger?", "limit"), ("layers?branch=b1&", "epoch")])
def test_a_number_that_is_none_is_refused_by_its_name(me: Browser, path: str, name: str, text: str) -> None:
    answer = ask(me, f"{path}{name}={quote(text)}")
    assert answer.status_code == 400
    assert error_of(answer.get_json())["field"] == name


def test_many_questions_do_not_fill_the_memory_nor_the_answers_of_others(me: Browser) -> None:
    newest = ask(me, "ledger").get_json()
    for number in range(1, 60):
        assert len(ask(me, f"ledger?limit={number}").get_json()["changes"]) == min(4, number)
    assert ask(me, "ledger").get_json() == newest


def test_files_are_dearer_than_other_questions(me: Browser) -> None:
    limits, me.bench.lab.limits = me.bench.lab.limits, {**me.bench.lab.limits, "http": Limiter(0, 100)}
    try:
        assert [ask(me, "ledger.csv").status_code for _ in range(4)] == [200, 200, 429, 429]
        assert ask(me, "ledger").status_code == 200
        codes = [ask(me, "ledger").status_code for _ in range(40)]
        assert codes[-1] == 429 and error_of(ask(me, "layers?branch=b1").get_json())["code"] == "too_often"
    finally:
        me.bench.lab.limits = limits


def test_a_long_run_leaves_piece_by_piece(bench_of: Callable[..., Bench]) -> None:
    bench = wired(bench_of()).without_limits()
    story = Story(bench.lab.ledger)
    story.run()
    xs = [one / BATCHES for one in range(1, 50_001)]
    parts = [(xs[at:at + 1000], [[0.1, 0.5]] * 1000) for at in range(0, len(xs), 1000)]
    bench.lab.store.write(Writes(curves=[(CODE, "b1", part) for part in parts]))
    answer = bench.browser().get(f"/api/rooms/{CODE}/metrics.csv?branch=b1", buffered=False)
    sizes = [len(piece) for piece in answer.iter_encoded()]
    assert len(sizes) >= 10 and max(sizes) < 1_000_000


# ── the compare page ────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("query", ["", f"?of={CODE}.b1,{CODE}.b2", "?of=%3Cscript%3E", "?of=" + "x" * 5000, "?of[]=1&x=%00"])
def test_the_page_opens_whatever_the_address_and_writes_nothing(me: Browser, query: str) -> None:
    before = me.bench.trace(CODE)
    answer = me.get(f"/compare{query}")
    assert answer.status_code == 200
    assert "<lab-compare" in answer.text and "<script>" not in answer.text
    nonce = answer.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
    inline = [part for part in answer.text.split("<script")[1:] if "src=" not in part.partition(">")[0]]
    assert inline and all(f'nonce="{nonce}"' in part for part in inline)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert me.bench.trace(CODE) == before
    assert me.http.post("/compare", base_url=f"http://{HOST}").status_code == 405


def test_every_file_that_the_page_names_is_there(me: Browser) -> None:
    page = me.get("/compare").text
    paths = [part.partition('"')[0] for mark in ('src="/', 'href="/') for part in page.split(mark)[1:]]
    for path in (one for one in paths if one.startswith(("static/", "vendor/"))):
        answer = me.get(f"/{path}")
        assert answer.status_code == 200, path
        answer.close()

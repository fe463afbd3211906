"""The files of a page: all asked for at once, and compressed where the browser takes that."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.web.conftest import Bench, Browser

IMPORT = re.compile(r"from \"(\.[^\"]+)\"")


@pytest.fixture
def me(shared: Bench) -> Browser:
    return shared.browser()


@pytest.mark.parametrize("path", ["/static/room/room.js", "/static/lib/page.css", "/vendor/uplot/dist/uPlot.esm.js"])
def test_a_file_is_the_same_compressed_or_not_and_small_when_it_is(me: Browser, path: str) -> None:
    plain = me.get(path, headers={"Accept-Encoding": "identity"})
    for _ in range(2):  # the second time it is there already
        small = me.get(path, headers={"Accept-Encoding": "gzip"})
        assert small.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in small.headers["Vary"]
        assert gzip.decompress(small.data) == plain.data and len(small.data) < len(plain.data) / 1.5
    assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]


def test_who_has_a_file_already_is_told_so(me: Browser) -> None:
    tag = me.get("/static/room/room.js").headers["ETag"]
    again = me.get("/static/room/room.js", headers={"If-None-Match": tag, "Accept-Encoding": "gzip"})
    assert again.status_code == 304 and again.data == b""


def test_pages_hold_a_token_and_are_not_compressed(me: Browser) -> None:
    assert "Content-Encoding" not in me.get("/", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("page", ["/", "/compare"])
def test_a_page_names_every_module_it_needs_and_each_is_there(me: Browser, page: str) -> None:
    named = re.findall(r'rel="modulepreload" href="([^"]+)"', me.get(page).get_data(as_text=True))
    assert len(named) == len(set(named)) > 20
    for address in named:
        answer = me.get(address)
        assert answer.status_code == 200, address
        for name in IMPORT.findall(answer.get_data(as_text=True)) if address.startswith("/static/") else ():
            parts = address.split("/")[:-1]
            for part in name.split("/"):
                parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
            assert "/".join(parts) in named, (address, name)

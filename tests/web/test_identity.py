"""Who a browser is: its room, its public id, its cookie and token, and names that do no harm."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from ml_utils.web import identity as module
from ml_utils.web.identity import ALPHABET, CODE, Client, Identity, clean_name, load_key
from tests.web.conftest import HOST, Bench

KEY = b"k" * 32


@pytest.fixture
def identity() -> Identity:
    return Identity(KEY)


def test_the_same_client_has_the_same_room_and_another_another(identity: Identity) -> None:
    one, other = identity.new(), identity.new()
    assert identity.room(one) == Identity(KEY).room(Client(one.token, "a name"))
    assert len({identity.room(identity.new()) for _ in range(500)}) == 500
    assert identity.room(one) != identity.room(other)
    assert identity.person(one) != identity.person(other)


def test_another_installation_gives_another_room(identity: Identity) -> None:
    client = identity.new()
    assert Identity(b"x" * 32).room(client) != identity.room(client)


def test_codes_have_eight_signs_of_an_alphabet_without_look_alikes(identity: Identity) -> None:
    codes = [identity.room(identity.new()) for _ in range(300)]
    assert all(CODE.fullmatch(code) for code in codes)
    assert len(ALPHABET) == len(set(ALPHABET)) == 30
    assert not set("01loiuOI") & set(ALPHABET)
    assert set("".join(codes)) == set(ALPHABET), "every sign is used"


def test_neither_the_room_nor_the_public_id_tells_the_token(identity: Identity) -> None:
    client = identity.new()
    assert client.token not in identity.room(client) + identity.person(client) + identity.connect_token(client)


def test_a_cookie_is_read_back_and_a_forged_one_is_not(identity: Identity) -> None:
    client = Client("token", "Ada")
    cookie = identity.cookie(client)
    assert identity.read(cookie) == client
    stolen_key = URLSafeSerializer(b"x" * 32, salt="cookie").dumps(["token", "Ada"])
    other_use = URLSafeSerializer(KEY, salt="connect").dumps(["token", "Ada"])
    for forged in (None, "", "x", cookie[:-1], cookie + "x", "." * 100, stolen_key, other_use, "x" * 100_000, "\0", "é"):
        assert identity.read(forged) is None


@pytest.mark.parametrize("value", [None, 1, [], ["a"], ["a", "b", "c"], {"a": 1}, "ab"[:1], [["x"], "name"]])
def test_a_signed_cookie_of_another_shape_is_no_client_or_a_harmless_one(identity: Identity, value: object) -> None:
    found = identity.read(str(URLSafeSerializer(KEY, salt="cookie").dumps(value)))
    assert found is None or isinstance(found.token, str)


@given(st.text(max_size=60))
def test_no_text_is_a_cookie_or_a_token(text: str) -> None:
    identity = Identity(KEY)
    assert identity.read(text) is None
    assert not identity.proves(text, Client("token"))


def test_a_token_proves_its_own_client_only(identity: Identity) -> None:
    me, other = identity.new(), identity.new()
    token = identity.connect_token(me)
    assert identity.proves(token, me)
    assert not identity.proves(token, other)
    assert not identity.proves(token, None)
    for bad in (None, 1, [token], {"token": token}, token.encode(), token + "x", "", "x" * 501, identity.cookie(me),
                Identity(b"x" * 32).connect_token(me)):
        assert not identity.proves(bad, me)


def test_a_token_expires(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    me = identity.new()
    token = identity.connect_token(me)
    monkeypatch.setattr(module, "TOKEN_SECONDS", -1)
    assert not identity.proves(token, me)


def test_a_signed_token_of_another_shape_proves_nothing(identity: Identity) -> None:
    signer = URLSafeTimedSerializer(KEY, salt="connect")
    for value in (None, [], {}, 5, "ünïcode", [identity.person(Client("token"))]):
        assert not identity.proves(signer.dumps(value), Client("token"))


@pytest.mark.parametrize(("given_name", "shown"), [
    ("Ada", "Ada"), ("  Ada \n Lovelace\t", "Ada Lovelace"), ("\x1b[31mred\x07", "[31mred"), ("\u202egnirts", "gnirts"),
    ("zero\u200bwidth", "zero width"), ("\ud800", ""), ("\0", ""), ("", ""), ("x" * 10_000, "x" * 40),
    ("Ünïcödé 漢字 😀", "Ünïcödé 漢字 😀"), ("x" * 39 + " y", "x" * 39),
    ("line\r\nSet-Cookie: a=b", "line Set-Cookie: a=b"), ("<b>&</b>", "<b>&</b>"), ("\ufeffBOM", "BOM"),
    ("soft\u00adhyphen", "soft hyphen"),
])
def test_names_are_cleaned(given_name: str, shown: str) -> None:
    assert clean_name(given_name) == shown


@given(st.text(max_size=300))
def test_a_clean_name_is_short_printable_and_stays_as_it_is(name: str) -> None:
    clean = clean_name(name)
    assert len(clean) <= 40
    assert clean.isprintable()
    assert clean_name(clean) == clean


class TestKey:
    def test_it_is_made_once_and_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            key = load_key(tmp_path)
        finally:
            os.umask(before)
        file = tmp_path / "secret.key"
        assert len(key) == 32
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert load_key(tmp_path) == key

    def test_two_installations_have_different_keys(self, tmp_path: Path) -> None:
        folders = [tmp_path / name for name in "ab"]
        for folder in folders:
            folder.mkdir()
        assert load_key(folders[0]) != load_key(folders[1])

    @pytest.mark.parametrize("content", [b"", b"short", b"x" * 31])
    def test_a_damaged_one_is_refused_and_not_replaced(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "secret.key").write_bytes(content)
        with pytest.raises(SystemExit, match="damaged"):
            load_key(tmp_path)
        assert (tmp_path / "secret.key").read_bytes() == content


class TestOverTheWire:
    def test_the_same_cookie_leads_to_the_same_room_also_after_a_restart(self, bench_of: Callable[..., Bench]) -> None:
        first = bench_of()
        me = first.browser()
        cookie = me.http.get_cookie("lockstep", "localhost")
        assert cookie
        first.close()
        second = bench_of()
        client = second.app.test_client()
        client.set_cookie("lockstep", cookie.value, domain="localhost")
        again = client.get("/api/session", base_url=f"http://{HOST}").get_json()
        assert (again["room"], again["person"]) == (me.room, me.person)

    def test_cookie_alone_changes_nothing(self, shared: Bench) -> None:
        me = shared.browser()
        before = shared.trace(me.room)
        wish = {"id": "cookie-only", "name": "set_settings", "args": {"dropout": 0.1}}
        for path, body in ((f"/api/rooms/{me.room}/commands", wish), ("/api/session", {"name": "Eve"})):
            answer = me.http.post(path, json=body, base_url=f"http://{HOST}")
            assert answer.status_code == 403
            assert answer.get_json()["error"]["code"] == "no_token"
        me.token = ""
        assert not me.connect().socket.is_connected()
        assert shared.trace(me.room) == before

    def test_a_token_without_its_cookie_or_with_anothers_changes_nothing(self, shared: Bench) -> None:
        me, other = shared.browser(), shared.browser()
        wish = {"id": "others-token", "name": "set_settings", "args": {"dropout": 0.1}}
        assert me.post(f"/api/rooms/{me.room}/commands", wish, token=other.token).status_code == 403
        stranger = shared.app.test_client()
        answer = stranger.post(f"/api/rooms/{me.room}/commands", json=wish, headers={"X-Lockstep-Token": me.token},
                               base_url=f"http://{HOST}")
        assert answer.status_code == 403
        me.token = other.token
        assert not me.connect().socket.is_connected()
        assert shared.lab.ledger.room(me.room).seq == 0

    @pytest.mark.parametrize("auth", [None, {}, [], "token", 1, {"token": None}, {"token": 1}, {"token": ["x"]}, {"token": {}},
                                      {"token": "x" * 100_000}, {"Token": "x"}])
    def test_hostile_proofs_do_not_connect(self, shared: Bench, auth: object) -> None:
        me = shared.browser()
        socket = shared.socketio.test_client(shared.app, flask_test_client=me.http, auth=auth)
        assert not socket.is_connected()
        assert me.person not in [one.person for one in shared.lab.people._connections.values()]

    @pytest.mark.allows_traceback
    def test_an_error_while_connecting_lets_nobody_in(self, shared: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> bool:
            raise RuntimeError("broken")

        me = shared.browser()
        monkeypatch.setattr(shared.lab.identity, "proves", broken)
        assert not me.connect().socket.is_connected()

    def test_a_new_name_is_cleaned_kept_in_the_cookie_and_seen_by_others(self, shared: Bench) -> None:
        me = shared.browser().connect()
        other = shared.browser().connect()
        me.join()
        other.join(me.room)
        assert me.post("/api/session", {"name": "\u202e Ada\n<b>"}).get_json() == {"ok": True, "name": "Ada <b>"}
        assert me.get("/api/session").get_json()["name"] == "Ada <b>"
        people = [message["args"][0]["people"] for message in other.socket.get_received() if message["name"] == "presence"]
        assert {"id": me.person, "name": "Ada <b>"} in people[-1]
        page = me.get("/")
        assert "<b>" not in page.text

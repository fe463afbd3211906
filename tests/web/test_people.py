"""Who is here: one entry per person, seen by the room, gone with the last page."""

from __future__ import annotations

import pytest

from ml_utils.core.errors import Refused
from ml_utils.web.people import MOST_CONNECTIONS, People
from tests.web.conftest import Bench, Browser


def here(browser: Browser) -> list[dict[str, str]]:
    """Return the people this browser heard of last."""
    heard = [message["args"][0]["people"] for message in browser.socket.get_received() if message["name"] == "presence"]
    return list(heard[-1])


def test_a_person_with_two_pages_stands_there_once() -> None:
    people = People()
    for sid in ("s1", "s2"):
        assert people.arrive(sid, "p", "Ada")
        people.of(sid).room = "room"
    assert people.here("room") == [{"id": "p", "name": "Ada"}]
    people.leave("s1")
    assert people.here("room") == [{"id": "p", "name": "Ada"}]
    people.leave("s2")
    assert people.here("room") == []


def test_one_person_has_a_limited_number_of_connections() -> None:
    people = People()
    assert all(people.arrive(f"s{number}", "p", "") for number in range(MOST_CONNECTIONS))
    assert not people.arrive("more", "p", "")
    assert people.arrive("other", "q", "")
    people.leave("s0")
    assert people.arrive("more", "p", "")


def test_a_connection_that_is_gone_is_refused_and_not_an_error() -> None:
    people = People()
    assert people.leave("gone") is None
    with pytest.raises(Refused):
        people.of("gone")


def test_a_new_name_is_that_of_all_pages_and_tells_their_rooms() -> None:
    people = People()
    for sid, room in (("s1", "a"), ("s2", "b"), ("s3", None)):
        people.arrive(sid, "p", "")
        people.of(sid).room = room
    assert people.rename("p", "Ada") == {"a", "b"}
    assert people.rename("q", "Eve") == set()
    assert people.here("a") == [{"id": "p", "name": "Ada"}]


def test_the_list_is_sorted_by_name_and_tells_nothing_but_id_and_name(shared: Bench) -> None:
    ada, ben = shared.browser().connect(), shared.browser().connect()
    ben.join(ada.room, name="ben")
    ada.join(name="Ada")
    assert here(ben) == [{"id": ada.person, "name": "Ada"}, {"id": ben.person, "name": "ben"}]


def test_who_changes_the_room_is_gone_from_the_first_and_hears_no_more_of_it(shared: Bench) -> None:
    ada, ben = shared.browser().connect(), shared.browser().connect()
    ada.join()
    ben.join(ada.room)
    assert len(here(ada)) == 2
    ben.join(ben.room)
    assert [one["id"] for one in here(ada)] == [ada.person]
    ben.socket.get_received()
    ada.command("set_settings", {"dropout": 0.3})
    assert not [message for message in ben.socket.get_received() if message["name"] == "event"]


def test_who_leaves_is_gone_from_the_list(shared: Bench) -> None:
    ada, ben = shared.browser().connect(), shared.browser().connect()
    ada.join()
    ben.join(ada.room)
    ben.leave()
    assert [one["id"] for one in here(ada)] == [ada.person]


def test_a_command_goes_to_the_room_one_joined_and_to_no_other(shared: Bench) -> None:
    ada, ben = shared.browser().connect(), shared.browser().connect()
    assert ben.command("set_settings", {"dropout": 0.1})["error"]["code"] == "no_room"
    ben.join(ada.room)
    assert ben.command("set_settings", {"dropout": 0.1})["ok"]
    assert shared.lab.ledger.room(ada.room).seq == 1
    assert shared.lab.ledger.room(ben.room).seq == 0

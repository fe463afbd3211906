"""Who trains and who waits: never more than there are places, and first come, first served."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_utils.web.places import Places


def test_a_free_place_is_taken_and_the_next_waits() -> None:
    places = Places(1)
    assert places.enter("a")
    assert not places.enter("b")
    assert (places.active, places.queue) == ({"a"}, ["b"])
    assert "a" in places and "b" in places and "c" not in places


def test_who_comes_later_does_not_overtake_who_waits() -> None:
    places = Places(1)
    places.enter("a")
    places.enter("b")
    places.leave("a")
    assert places.free
    assert not places.enter("c")
    assert [places.promote(), places.promote()] == ["b", None]
    assert places.queue == ["c"]


def test_leaving_the_queue_closes_the_gap() -> None:
    places = Places(1)
    for code in "abc":
        places.enter(code)
    places.leave("b")
    assert places.queue == ["c"]


def test_leaving_without_having_been_there_is_nothing() -> None:
    places = Places(1)
    places.leave("x")
    assert places.promote() is None


STEPS = st.tuples(st.sampled_from(["enter", "leave", "promote"]), st.sampled_from("abcdef"))


@given(st.integers(1, 4), st.lists(STEPS, max_size=60))
def test_places_are_never_overbooked_and_the_queue_keeps_the_order_of_arrival(limit: int, steps: list[tuple[str, str]]) -> None:
    places, arrived = Places(limit), []
    for what, code in steps:
        if what == "enter" and code not in places:
            if not places.enter(code):
                arrived.append(code)
        elif what == "leave":
            places.leave(code)
            arrived = [one for one in arrived if one != code]
        elif what == "promote" and (promoted := places.promote()):
            assert promoted == arrived.pop(0)
        assert len(places.active) <= limit
        assert places.queue == arrived
        assert not places.active & set(places.queue)

"""How often one may ask: bursts, refill, cost, and a memory that ends."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ml_utils.web.limits import MAX_KEYS, Limiter
from tests.web.conftest import Bench


def test_a_burst_is_allowed_then_only_what_flows_in() -> None:
    limiter = Limiter(rate=2, burst=3)
    assert [limiter.allows("a", 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert [limiter.allows("a", 1.0) for _ in range(3)] == [True, True, False]


def test_one_key_does_not_take_from_another() -> None:
    limiter = Limiter(1, 1)
    assert limiter.allows("a", 0.0)
    assert not limiter.allows("a", 0.0)
    assert limiter.allows("b", 0.0)


def test_a_long_rest_fills_the_bucket_and_no_more() -> None:
    limiter = Limiter(100, 2)
    limiter.allows("a", 0.0)
    assert [limiter.allows("a", 1e6) for _ in range(3)] == [True, True, False]


def test_what_costs_more_takes_more_and_a_refusal_takes_nothing() -> None:
    limiter = Limiter(0, 10)
    assert limiter.allows("a", 0.0, cost=7)
    assert not limiter.allows("a", 0.0, cost=4)
    assert limiter.allows("a", 0.0, cost=3)


def test_the_memory_of_keys_is_bounded() -> None:
    limiter = Limiter(1, 1)
    for number in range(MAX_KEYS + 500):
        limiter.allows(str(number), 0.0)
    assert len(limiter._buckets) == MAX_KEYS


@given(st.lists(st.floats(0, 5), max_size=60), st.floats(0.1, 10), st.integers(1, 10))
def test_never_more_than_burst_and_rate_allow(steps: list[float], rate: float, burst: int) -> None:
    limiter, now, allowed = Limiter(rate, burst), 0.0, 0
    for step in steps:
        now += step
        allowed += limiter.allows("a", now)
    assert allowed <= burst + rate * now + 1e-6


def test_commands_of_one_person_are_limited_over_all_its_ways_in_and_others_are_not(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    me, other = bench.browser().connect(), bench.browser().connect()
    me.join()
    other.join(me.room)
    bench.lab.limits |= {"command": Limiter(0.001, 5)}  # so slow that no machine is slower
    codes = [me.command("interrupt")["error"]["code"] for _ in range(6)]
    assert codes == ["not_training"] * 5 + ["too_often"]
    wish = {"id": "over-http", "name": "interrupt", "args": {}}
    answer = me.post(f"/api/rooms/{me.room}/commands", wish)
    assert answer.status_code == 429
    assert answer.get_json()["error"]["hint"]
    assert other.command("interrupt")["error"]["code"] == "not_training"


def test_joins_and_requests_are_limited(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    me = bench.browser().connect()
    bench.lab.limits |= {"join": Limiter(0.001, 5), "http": Limiter(0.001, 5)}  # so slow that no machine is slower
    answers = [me.socket.emit("join", {"room": me.room, "since": 0}, callback=True) for _ in range(6)]
    assert [answer["ok"] for answer in answers] == [True] * 5 + [False]
    assert answers[-1]["error"]["code"] == "too_often"
    assert [me.get("/api/session").status_code for _ in range(6)] == [200] * 5 + [429]
    assert me.get("/healthz").status_code == 200

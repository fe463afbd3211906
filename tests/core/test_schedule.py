"""The scheduled rate: bounded, positive, continuous where it should be, and begun anew where it should be."""

from __future__ import annotations

import json
from math import inf, isfinite, nan, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_utils.core.schedule import SHAPING, Schedule, begins_anew, epoch_ended, future, is_constant, rate
from ml_utils.core.settings import SchedulerName, Settings, settings_table

NAMES = SchedulerName.__args__  # type: ignore[attr-defined]
ANY = st.builds(Settings, learning_rate=st.floats(1e-6, 10), scheduler=st.sampled_from(NAMES), warmup=st.floats(0, 100),
                schedule_epochs=st.integers(1, 10_000), schedule_factor=st.floats(0.01, 0.99))
STATES = st.builds(Schedule, begun=st.floats(0, 10_000), drops=st.integers(0, 10_000))


def shaped(scheduler: str, **others: object) -> Settings:
    return Settings.model_validate({"learning_rate": 1.0, "scheduler": scheduler, "schedule_epochs": 10, **others})


def at(settings: Settings, *places: float) -> list[float]:
    return [rate(settings, Schedule(), x) for x in places]


@given(ANY, STATES, st.floats(0, 20_000))
def test_a_rate_is_finite_positive_and_at_most_the_learning_rate(settings: Settings, schedule: Schedule, x: float) -> None:
    found = rate(settings, schedule, x)
    assert isfinite(found) and 0 < found <= settings.learning_rate


@given(ANY, st.floats(0, 20_000), st.floats(0, 1))
def test_a_rate_moves_smoothly_but_for_the_steps(settings: Settings, x: float, share: float) -> None:
    if settings.scheduler == "step":
        settings = settings.model_copy(update={"scheduler": "cosine"})
    if settings.warmup < 1e-9:  # shorter than any batch, and its slope would be no number
        settings = settings.model_copy(update={"warmup": 0.0})
    width = share * min(0.01 * settings.schedule_epochs, 0.01 * settings.warmup or inf)
    steepest = pi / 2 / (0.3 * settings.schedule_epochs) + (1 / settings.warmup if settings.warmup else 0)
    moved = abs(rate(settings, Schedule(), x + width) - rate(settings, Schedule(), x)) / settings.learning_rate
    assert moved <= steepest * width * 1.01 + 1e-9


@given(ANY, st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_where_a_schedule_began_does_not_shape_it(settings: Settings, begun: int, drops: int, quarters: int) -> None:
    x = quarters / 4  # such sums are exact
    assert rate(settings, Schedule(begun, drops), begun + x) == rate(settings, Schedule(0.0, drops), x)


def test_each_shape_is_the_one_that_is_described() -> None:
    assert at(shaped("constant"), 0, 7.5, 1000) == [1, 1, 1]
    assert at(shaped("step", schedule_factor=0.1), 0, 9.99, 10, 19.99, 20) == pytest.approx([1, 1, 0.1, 0.1, 0.01])
    assert at(shaped("cosine"), 0, 5, 10, 99) == pytest.approx([1, 0.505, 0.01, 0.01])
    assert at(shaped("one_cycle"), 0, 1.5, 3, 6.5, 10, 99) == pytest.approx([0.04, 0.52, 1, 0.50005, 1e-4, 1e-4])
    assert at(shaped("constant", warmup=2.0), 0, 1, 2, 3) == pytest.approx([0.01, 0.505, 1, 1])
    assert at(shaped("cosine", warmup=10.0), 5) == pytest.approx([0.505 * 0.505])


def test_steps_never_reach_zero() -> None:
    assert at(shaped("step", schedule_epochs=1, schedule_factor=0.01), 10_000) == [1e-6]


def test_before_it_began_a_schedule_stands_at_its_beginning() -> None:
    assert rate(shaped("cosine", warmup=1.0), Schedule(begun=5.0), 4.0) == pytest.approx(0.01)


def test_a_plateau_goes_down_after_epochs_in_a_row_without_progress() -> None:
    settings, schedule = shaped("plateau", schedule_epochs=2), Schedule()
    drops = []
    for loss in (1.0, 0.99995, 0.5, 0.6, 0.49, 0.49, 0.489999, 0.3, 0.4, nan, inf, 0.35):
        epoch_ended(settings, schedule, loss)
        drops.append(schedule.drops)
    assert drops == [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
    assert rate(settings, schedule, 3.0) == 0.125 and schedule == Schedule(0.0, 3, 0.3, 0)


def test_a_plateau_takes_losses_below_zero_and_those_that_are_no_numbers() -> None:
    settings, schedule = shaped("plateau", schedule_epochs=3), Schedule()
    for loss in (nan, -1.0, -1.00001):
        epoch_ended(settings, schedule, loss)
    assert schedule == Schedule(0.0, 0, -1.0, 1)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"plateau"}))
def test_other_schedules_do_not_listen_to_losses(name: str) -> None:
    schedule = Schedule()
    for loss in (1.0, 2.0, 3.0):
        epoch_ended(shaped(name, schedule_epochs=1), schedule, loss)
    assert schedule == Schedule()


def test_it_begins_anew_with_the_rows_of_the_schedule_and_the_learning_rate() -> None:
    rows = {row["name"] for row in settings_table() if row["group"] == "schedule"}
    assert rows | {"learning_rate"} == SHAPING
    for row in settings_table():
        other = next(iter(set(row.get("choices", [])) - {row["default"]}), None) or row.get("maximum", True)
        change = Settings.model_validate({row["name"]: other})
        assert begins_anew(Settings(), change) == (row["name"] in SHAPING), row["name"]


def test_only_a_constant_rate_without_warm_up_is_constant() -> None:
    assert is_constant(shaped("constant")) and not is_constant(shaped("constant", warmup=0.1))
    assert not any(is_constant(shaped(name)) for name in NAMES if name != "constant")


@given(ANY, st.floats(0, 100), st.floats(0.1, 100), st.integers(2, 200))
def test_the_future_is_drawn_from_here_to_the_end(settings: Settings, x: float, more: float, points: int) -> None:
    drawn = future(settings, Schedule(), x, x + more, points)
    assert len(drawn) == points and drawn[0] == [x, rate(settings, Schedule(), x)]
    assert drawn[-1][0] == pytest.approx(x + more) and drawn[-1][0] <= x + more
    assert all(y == rate(settings, Schedule(), place) for place, y in drawn)
    assert future(settings, Schedule(), x, x, points) == []


@given(STATES)
def test_what_it_remembers_is_plain_json(schedule: Schedule) -> None:
    assert Schedule(**json.loads(json.dumps(schedule.as_json()))) == schedule

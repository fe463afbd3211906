"""Random but legal logs of a room: what may happen to a training, in any order."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ml_utils.core.blueprint import mlp
from ml_utils.core.snapshot import empty_state
from ml_utils.core.timeline import fold

from .fixture import ADA, BOB, CODE, Log

Fact = dict[str, Any]
Act = tuple[Any, ...]

ACTS = st.one_of(
    st.tuples(st.just("train"), st.integers(1, 400), st.integers(1, 100)),
    st.tuples(st.just("change"), st.floats(1e-6, 10.0)),
    st.tuples(st.just("save")),
    st.tuples(st.just("pause")),
    st.tuples(st.just("lose"), st.booleans(), st.booleans()),
    st.tuples(st.just("run")),
)


class Story(Log):
    """Plays acts as a web process and its trainers would log them. Training is a function of the batch alone, as the
    lab promises, so a recovered trainer reports the same rows again."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.batches, self.runs, self.attempt, self.training = batches, 0, 1, False
        self.play_run()

    def play(self, acts: list[Act]) -> list[Fact]:
        for name, *args in acts:
            getattr(self, "play_" + name)(*args)
        facts: list[Fact] = json.loads(json.dumps(self.events))
        return facts

    def play_run(self) -> None:
        if self.training:
            self.play_pause()
        self.runs += 1
        self.run(f"r{self.runs}", f"b{self.runs}", mlp(), self.batches)

    def play_train(self, batches: int, rows: int) -> None:
        if not self.training:
            self.training = True
            self.add("training_started", ADA, until=99)
        self.train(batches, rows)

    def play_change(self, rate: float) -> None:
        self.change(BOB, learning_rate=rate)

    def play_save(self) -> None:
        if self.training and self.place["batch"]:  # at an epoch's end another kind is written
            self.save("interval")

    def play_pause(self) -> None:
        if self.training:
            self.training = False
            self.add("training_paused", ADA, reason="interrupted")
            self.save("interrupt")

    def play_lose(self, early: bool, damaged: bool) -> None:
        """`early`: before the newest Checkpoint was stored; `damaged`: the newest one the log knows cannot be used."""
        if early and self.events[-1]["name"] == "checkpoint_saved":
            self.events.pop()
        self.add("trainer_lost", attempt=self.attempt, reason="killed")
        self.attempt += 1
        self.add("trainer_started", attempt=self.attempt)
        known = self.known()
        if damaged and known:
            worst = known.pop()
            self.add("checkpoint_damaged", message="torn",
                     **{name: worst[name] for name in ("branch", "epoch", "batch", "digest")})
        place = known[-1] if known else {"epoch": 0, "batch": 0}
        self.stand(place["epoch"] * self.batches + place["batch"])
        self.add("trainer_recovered", attempt=self.attempt)

    def known(self) -> list[dict[str, Any]]:
        """The Checkpoints of this branch that the log knows, in the order of their Positions."""
        state = folded(self.events)
        mine = [one for one in [*state["checkpoints"], *state["passing"]] if one["branch"] == self.place["branch"]]
        return sorted(mine, key=lambda one: (one["epoch"], one["batch"]))

    @property
    def done(self) -> int:
        return int(self.place["epoch"] * self.batches + self.place["batch"])


def folded(facts: list[Fact], state: dict[str, Any] | None = None) -> dict[str, Any]:
    state = empty_state(CODE) if state is None else state
    for fact in facts:
        fold(state, fact)
    return state


def logs() -> st.SearchStrategy[list[Fact]]:
    return st.builds(lambda batches, acts: Story(batches).play(acts),
                     st.integers(2, 300), st.lists(ACTS, min_size=3, max_size=15))

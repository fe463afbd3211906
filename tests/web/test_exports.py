"""What is read out of a log: the ledger of changes and the loss around each, CSV that no spreadsheet obeys, layers."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_utils import tables
from ml_utils.core.blueprint import mlp
from ml_utils.core.settings import Settings
from ml_utils.tables import METRICS, cell, written
from ml_utils.web.csvs import CHANGES, ledger_csv, reports_of, table_of
from ml_utils.web.exports import AROUND, TREND_POINTS, frozen, layers_of, ledger_rows
from ml_utils.web.ledger import Draft, Ledger
from ml_utils.web.store import Store, Writes
from tests.waiting import quickest

CODE = "aaaaaaaa"
ADA = {"id": "ada", "name": "Ada"}
EVIL = {"id": "evil", "name": '=HYPERLINK("http://x","y")'}
BATCHES = 100  # of an epoch


class Story:
    """A room whose trainer does what the test says; the loss of a batch is its step."""

    def __init__(self, ledger: Ledger) -> None:
        self.store, self.ledger = ledger.store, ledger
        self.settings = Settings().model_dump(mode="json")
        self.place: dict[str, Any] | None = None
        self.step = 0

    @property
    def state(self) -> dict[str, Any]:
        return frozen(self.ledger.room(CODE).state)

    def add(self, name: str, by: dict[str, Any] | None = None, **data: Any) -> int:
        self.ledger.commit([Draft(CODE, name, data, dict(self.place) if self.place else None, by)])
        return self.ledger.room(CODE).seq

    def run(self, run: str = "r1", branch: str = "b1") -> None:
        self.place = None
        self.add("run_started", ADA, run=run, branch=branch, blueprint=mlp().model_dump(mode="json"), settings=self.settings,
                 threads=1)
        self.place, self.step = {"run": run, "branch": branch, "batches": BATCHES}, 0
        self.stand(0)

    def stand(self, done: int) -> None:
        assert self.place
        self.place |= {"epoch": done // BATCHES, "batch": done % BATCHES, "x": done / BATCHES}

    def train(self, batches: int, of: int = 10) -> None:
        assert self.place
        begun = self.place["epoch"] * BATCHES + self.place["batch"]
        for start in range(begun, begun + batches, of):
            numbers = range(start + 1, min(start + of, begun + batches) + 1)
            self.step += len(numbers)
            self.stand(numbers[-1])
            self.add("metrics", x=[one / BATCHES for one in numbers], train_loss=[float(one) for one in numbers],
                     train_accuracy=[0.1] * len(numbers), rate=1.0, step=self.step, took=0.5,
                     learning_rate=self.settings["learning_rate"])
            if self.place["batch"] == 0:
                score = {"loss": 1.5, "accuracy": 0.5, "examples": 1437}
                self.add("epoch_finished", train=score, test={**score, "examples": 360}, seconds=1.0)

    def change(self, by: dict[str, Any] | None = None, reason: str | None = None, **values: Any) -> int:
        changes = {name: {"from": self.settings[name], "to": value} for name, value in values.items()}
        self.settings = {**self.settings, **values}
        return self.add("settings_changed", by or ADA, changes=changes, settings=self.settings, until=None, reason=reason,
                        replays=None)

    def revert(self, branch: str, epoch: int, reason: str | None = None) -> int:
        self.place = {"run": "r1", "branch": branch, "batches": BATCHES}
        self.stand(epoch * BATCHES)
        return self.add("reverted", ADA, branch=branch, epoch=epoch, settings=self.settings, reason=reason)

    def fork(self, branch: str) -> int:
        assert self.place
        parent, self.place["branch"] = self.place["branch"], branch
        return self.add("branch_started", ADA, branch=branch, run="r1", parent=parent, epoch=self.place["epoch"], kind="fork",
                        settings=self.settings, replay=[], of=None, group=None, planned=False)

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        return ledger_rows(self.store, CODE, self.state, **query)[0]

    def row(self, seq: int) -> dict[str, Any]:
        return next(row for row in self.rows() if row["seq"] == seq)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(f"sqlite:///{tmp_path / 'lab.db'}")
    yield one
    one.close()


@pytest.fixture
def story(store: Store) -> Story:
    return Story(Ledger(store, lambda *_: None, itertools.count(1_750_000_000, 0.5).__next__))


def mean(first: int, last: int) -> dict[str, Any]:
    return {"loss": (first + last) / 2, "steps": last - first + 1}


# ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────

def test_a_change_is_told_with_who_where_and_why_and_the_loss_around_it(story: Story) -> None:
    story.run()
    story.train(130)
    seq = story.change(EVIL, "too slow", learning_rate=0.5, optimizer="adam")
    story.train(20)
    row = story.row(seq)
    assert (row["by"], row["reason"], row["standing"]) == (EVIL, "too slow", "done")
    assert (row["run"], row["branch"], row["epoch"], row["batch"], row["x"]) == ("r1", "b1", 1, 30, 1.3)
    assert row["changes"] == [{"name": "learning_rate", "from": 0.05, "to": 0.5},
                              {"name": "optimizer", "from": "sgd", "to": "adam"}]
    assert row["before"] == mean(81, 130)
    assert row["after"] == mean(131, 150), "no more than there are"
    story.train(100)
    assert story.row(seq)["after"] == mean(131, 180), f"{AROUND} at most"


def test_where_there_is_no_batch_there_is_no_number(story: Story) -> None:
    early = story.change(dropout=0.5)
    story.run()
    seq = story.change(momentum=0.5)
    assert (story.row(early)["before"], story.row(early)["after"], story.row(early)["x"]) == (None, None, None)
    assert (story.row(seq)["before"], story.row(seq)["after"]) == (None, None)
    story.train(7)
    assert story.row(seq)["after"] == mean(1, 7)


def test_before_a_fork_the_batches_of_the_ancestors_count_up_to_it(story: Story) -> None:
    story.run()
    story.train(300)
    story.revert("b1", 1, "back")
    held = story.change(learning_rate=0.2)
    assert story.row(held)["standing"] == "held"
    assert (story.row(held)["before"], story.row(held)["after"]) == (mean(51, 100), None)
    fork = story.fork("b2")
    story.train(20)
    seq = story.change(learning_rate=0.1)
    story.train(10)
    assert (story.row(held)["standing"], story.row(held)["branch"]) == ("done", "b2")
    assert (story.row(held)["before"], story.row(held)["after"]) == (mean(51, 100), mean(101, 130))
    assert story.row(seq)["before"] == mean(71, 120)
    row = story.row(fork)
    assert (row["branch"], row["parent"], row["kind"], row["epoch"], row["x"]) == ("b2", "b1", "fork", 1, 1.0)
    assert row["changes"] == [{"name": "learning_rate", "from": 0.05, "to": 0.2}]
    assert (row["before"], row["after"]) == (mean(51, 100), mean(101, 130))


def test_what_was_held_and_given_up_never_took_effect(story: Story) -> None:
    story.run()
    story.train(200)
    story.revert("b1", 1)
    seq = story.change(learning_rate=0.2)
    story.revert("b1", 0)
    assert story.row(seq)["standing"] == "dropped"
    assert story.row(seq)["after"] is None


def test_all_that_people_do_is_there_newest_first_and_nothing_else(story: Story) -> None:
    story.run()
    story.add("training_requested", ADA, until=3, steps=None)
    story.add("training_started", until=3)
    story.train(200)
    story.add("training_paused", ADA, reason="interrupted")
    story.add("training_paused", None, reason="finished")
    story.add("epoch_pinned", ADA, branch="b1", epoch=1)
    story.add("epoch_unpinned", ADA, branch="b1", epoch=1)
    story.add("branch_renamed", ADA, branch="b1", title="fast")
    story.add("branch_renamed", ADA, branch="b1", title="")
    story.change(dropouts={"dropout1": 0.5}, frozen=["linear1"])
    story.add("settings_changed", ADA, changes={}, settings=story.settings, until=None, reason=None, replays=None)
    story.revert("b1", 1, "look again")
    rows = story.rows()
    assert [row["name"] for row in rows] == ["reverted", "settings_changed", "branch_renamed", "branch_renamed",
                                             "epoch_unpinned", "epoch_pinned", "training_paused", "run_started"]
    assert rows[0]["reason"] == "look again"
    assert rows[2]["changes"] == [{"name": "title", "from": "fast", "to": None}]
    assert (rows[4]["run"], rows[4]["branch"], rows[4]["epoch"]) == ("r1", "b1", 1)
    assert rows[-1]["note"] == "digits"


def test_going_back_tells_which_settings_came_back(story: Story) -> None:
    story.run()
    old = story.settings
    story.train(200)
    story.change(learning_rate=0.2)
    story.settings = old
    seq = story.revert("b1", 1)
    assert story.row(seq)["changes"] == [{"name": "learning_rate", "from": 0.2, "to": 0.05}]


def test_a_plan_of_twins_tells_both_values(story: Story) -> None:
    story.run()
    story.train(200)
    story.change(learning_rate=0.2)
    plain = {"parent": "b1", "epoch": 1, "epochs": 2, "replay": [], "kind": "twin", "of": None, "group": "g1", "reason": None,
             "by": ADA}
    start = Settings().model_dump(mode="json")
    forks = [{**plain, "settings": {**start, "momentum": value}} for value in (0.1, 0.2)]
    row = story.row(story.add("forks_planned", ADA, forks=forks))
    assert row["changes"] == [{"name": "momentum", "from": 0.9, "to": 0.1}, {"name": "momentum", "from": 0.9, "to": 0.2}]
    assert (row["kind"], row["branch"], row["epoch"]) == ("twin", "b1", 1)


def test_it_comes_in_pages_without_gap_or_repetition(story: Story) -> None:
    for number in range(25):
        story.change(momentum=number / 100)
    whole, more = ledger_rows(story.store, CODE, story.state)
    assert (len(whole), more) == (25, False)
    parts: list[Any] = []
    before = None
    for _ in range(3):
        rows, more = ledger_rows(story.store, CODE, story.state, before, 10)
        parts += rows
        before = rows[-1]["seq"]
    assert (parts, more) == (whole, False)


def test_batches_that_were_lost_and_trained_again_count_once(story: Story) -> None:
    story.run()
    story.train(150)
    seq = story.change(learning_rate=0.2)
    story.train(30)
    assert story.place
    story.stand(100)
    story.step = 100
    story.add("trainer_recovered", attempt=2)
    story.train(60)
    assert (story.row(seq)["before"], story.row(seq)["after"]) == (mean(101, 150), mean(151, 160))
    rows = metrics(story, "b1")
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 161)]
    assert [row["epoch"] for row in rows if row["epoch"]] == ["1"]


def test_a_room_with_thousands_of_events_and_many_points_is_told_quickly(story: Story) -> None:
    story.run()
    state = story.ledger.room(CODE).state
    settings, count = story.settings, 200_000
    facts = [{"seq": 10 + number, "name": "settings_changed", "position": {**(story.place or {}), "x": 1.0 + number / 100},
              "data": {"changes": {"dropout": {"from": 0.1, "to": 0.2}}, "settings": settings}, "by": ADA, "at": 1.5}
             for number in range(5000)]
    state["markers"] += [{"seq": fact["seq"], "branch": "b1"} for fact in facts]
    xs = [one / BATCHES for one in range(1, count + 1)]
    story.store.write(Writes(events=[(CODE, fact) for fact in facts],
                             curves=[(CODE, "b1", (xs[at:at + 1000], [[1.0, 0.5]] * 1000)) for at in range(0, count, 1000)]))
    rows, more = ledger_rows(story.store, CODE, story.state, limit=1000)
    took = quickest(lambda: ledger_rows(story.store, CODE, story.state, limit=1000))
    assert (len(rows), more, rows[0]["after"]) == (1000, True, {"loss": 1.0, "steps": AROUND})
    assert took < 1.5, took  # 0.2 s where nothing else runs


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\0=1", "＝1",
           "a\"b,c;d", "line\r\nline", "Ünï 日本 🎈", "'quoted'", "", "\ud800half", "<script>", "{{7*7}}"]


def read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_comes_back_as_the_text_it_was_and_is_never_a_formula(text: str) -> None:
    kept = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    [row] = csv.reader(io.StringIO(written([[cell(text), cell(7)]]).decode(), newline=""))
    assert row[0].removeprefix("'") == kept.removeprefix("'")
    assert not row[0].lstrip().startswith(("=", "+", "-", "@", "\0", "＝"))
    assert row[1] == "7"


@pytest.mark.parametrize(("value", "told"), [(-1.5, "-1.5"), (1e-08, "1e-08"), (7, "7"), (True, "true"), (None, ""),
                                             (["conv1"], '["conv1"]'), ({"dropout1": 0.5}, '{"dropout1": 0.5}')])
def test_numbers_stay_numbers_and_lists_become_text(value: Any, told: str) -> None:
    [row] = csv.reader(io.StringIO(written([[cell(value), "x"]]).decode(), newline=""))
    assert row[0] == told


def test_the_ledger_as_a_file_has_a_line_per_change_oldest_first(story: Story) -> None:
    story.run()
    story.train(20)
    story.change(EVIL, '@now "or", never\n', learning_rate=0.5, frozen=["linear1"])
    story.add("training_paused", EVIL, reason="interrupted")
    body = ledger_csv(story.rows())
    assert body.splitlines()[0].decode().split(",") == list(CHANGES)
    rows = read(body)
    assert [row["event"] for row in rows] == ["run_started", "settings_changed", "settings_changed", "training_paused"]
    assert rows[1]["person"] == f"'{EVIL['name']}"
    assert rows[1]["reason"] == '\'@now "or", never\n'
    assert [(row["setting"], row["from"], row["to"]) for row in rows[1:3]] == [("learning_rate", "0.05", "0.5"),
                                                                               ("frozen", "[]", '["linear1"]')]
    assert (rows[1]["x"], rows[1]["loss_before"], rows[1]["batches_before"], rows[1]["loss_after"]) == ("0.2", "10.5", "20", "")
    assert rows[1]["at"].startswith("2025-06-15T") and rows[1]["at"].endswith("+00:00")


def metrics(story: Story, branch: str) -> list[dict[str, str]]:
    reports = reports_of(story.store, CODE, [branch])
    table = table_of(story.store, CODE, branch, story.state["branches"][branch], reports[branch])
    return read(b"".join([written([METRICS]), *(table.piece(number) for number in range(table.pieces))]))


def test_metrics_have_a_row_per_batch_and_epochs_stand_where_they_end(story: Story) -> None:
    story.run()
    story.train(210)
    rows = metrics(story, "b1")
    assert len(rows) == 210
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 211)]
    assert [float(row["x"]) for row in rows] == [step / BATCHES for step in range(1, 211)]
    assert [float(row["train_loss"]) for row in rows] == list(range(1, 211))
    assert {row["train_accuracy"] for row in rows} == {"0.1"}, "float32, as short as it reads back"
    assert [row["step"] for row in rows if row["learning_rate"]] == [str(step) for step in range(10, 211, 10)]
    ends = [row for row in rows if row["epoch"]]
    assert [(row["x"], row["epoch"], row["test_loss"], row["test_examples"], row["epoch_examples"]) for row in ends] == [
        ("1.0", "1", "1.5", "360", "1437"), ("2.0", "2", "1.5", "360", "1437")]
    assert (rows[0]["run"], rows[0]["parent"], rows[0]["from_epoch"]) == ("r1", "", "")


def test_in_pieces_it_is_the_same_file(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.run()
    story.train(350)
    score = {"loss": 1.0, "accuracy": 0.5, "examples": 10}
    story.stand(400)
    story.add("epoch_finished", train=score, test=score, seconds=1.0)
    whole = metrics(story, "b1")
    assert [row["epoch"] for row in whole if row["epoch"]] == ["1", "2", "3", "4"]
    for size in (1, 7, 50, 100, 350, 351):
        monkeypatch.setattr(tables, "ROWS_A_PIECE", size)
        assert metrics(story, "b1") == whole


def test_a_branch_without_a_batch_is_an_empty_file(story: Story) -> None:
    story.run()
    assert metrics(story, "b1") == []


def test_a_branch_has_only_its_own_points_and_says_where_it_left(story: Story) -> None:
    story.run()
    story.train(200)
    story.revert("b1", 1)
    story.fork("b2")
    story.step = 100
    story.train(30)
    rows = metrics(story, "b2")
    assert [row["step"] for row in rows] == [str(step) for step in range(101, 131)]
    assert (rows[0]["branch"], rows[0]["parent"], rows[0]["from_epoch"], rows[0]["x"]) == ("b2", "b1", "1", "1.01")


def test_an_epoch_without_a_batch_at_its_end_has_a_row_of_its_own(story: Story) -> None:
    story.run()
    score = {"loss": None, "accuracy": 0.5, "examples": 10}
    story.train(50)
    story.stand(100)
    story.add("epoch_finished", train=score, test=score, seconds=1.0)
    rows = metrics(story, "b1")
    assert (len(rows), rows[-1]["x"], rows[-1]["train_loss"], rows[-1]["test_loss"], rows[-1]["test_accuracy"]) == (
        51, "1.0", "", "", "0.5")


# ── layers ──────────────────────────────────────────────────────────────────────────────────────────────────

LOOK = {"kind": "conv", "gradient_norm": 1.0, "weight_norm": 2.0, "update_ratio": None, "dead": None, "saturated": None,
        "mean": 0.0, "spread": 1.0}
BRANCHES = {"b1": {"parent": None, "epoch": 0, "run": "r1"}, "b2": {"parent": "b1", "epoch": 2, "run": "r1"}}


def seen(store: Store, name: str, seq: int, branch: str, x: float, value: Any = None) -> None:
    data = {"layers": {"conv1": value or LOOK}} if name != "trainer_recovered" else {"attempt": 2}
    position = {"branch": branch, "epoch": int(x), "x": x}
    fact = {"seq": seq, "name": name, "data": data, "position": position, "by": None, "at": 1.0}
    store.write(Writes(events=[(CODE, fact)]))


def histogram(low: float) -> dict[str, Any]:
    return {"weights": {"low": low, "high": 1.0, "counts": [1] * 32}, "gradients": None}


def test_layers_along_a_line_with_the_histograms_nearest_before_an_epoch(store: Store) -> None:
    for number in range(1, 9):
        seen(store, "layers_measured", number, "b1", number / 2)
    for number in range(1, 5):
        seen(store, "histograms_measured", 10 + number, "b1", float(number), histogram(-number))
    seen(store, "layers_measured", 20, "b2", 2.5, {**LOOK, "gradient_norm": 9.0})
    seen(store, "histograms_measured", 21, "b2", 3.0, histogram(-30.0))
    found = layers_of(store, CODE, BRANCHES, "b2", 1e9)
    assert found["trends"]["conv1"]["gradient_norm"] == [[0.5, 1.0], [1.0, 1.0], [1.5, 1.0], [2.0, 1.0], [2.5, 9.0]]
    assert set(found["trends"]["conv1"]) == {"gradient_norm", "weight_norm", "mean", "spread"}, "what is null is left out"
    assert (found["x"], found["histograms"]["conv1"]) == (3.0, histogram(-30.0))
    assert layers_of(store, CODE, BRANCHES, "b2", 2)["x"] == 2.0
    assert layers_of(store, CODE, BRANCHES, "b2", 2)["histograms"]["conv1"]["weights"]["low"] == -2.0
    assert layers_of(store, CODE, BRANCHES, "b1", 1e9)["x"] == 4.0
    before = layers_of(store, CODE, BRANCHES, "b1", 0)
    assert (before["x"], before["histograms"]) == (None, {})


def test_looks_that_are_taken_again_count_once_and_long_trends_are_thinned(store: Store) -> None:
    for number in range(1, 1001):
        seen(store, "layers_measured", number, "b1", number / 100)
    seen(store, "histograms_measured", 1001, "b1", 10.0, histogram(-1.0))
    seen(store, "trainer_recovered", 1002, "b1", 9.0)
    seen(store, "layers_measured", 1003, "b1", 9.5, {**LOOK, "gradient_norm": 5.0})
    found = layers_of(store, CODE, BRANCHES, "b1", 1e9)
    points = found["trends"]["conv1"]["gradient_norm"]
    assert len(points) <= TREND_POINTS
    assert points[-1] == [9.5, 5.0] and all(one[0] < two[0] for one, two in itertools.pairwise(points))
    assert found["x"] is None

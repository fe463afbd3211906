"""The log of a run on the command line: written before it counts, whole lines only, one process at a time."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from ml_utils import logs
from ml_utils.cli.begin import begin
from ml_utils.cli.ledger import Ledger, Unreadable
from ml_utils.core.blueprint import cnn
from ml_utils.core.errors import Refused
from ml_utils.core.settings import Settings

BY = {"id": "terminal", "name": "ada"}
POSITION = {"run": "r1", "branch": "b1", "epoch": 0, "batch": 1, "batches": 23, "x": 0.05}


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    ledger = Ledger.new(tmp_path)
    begin(ledger, cnn(), Settings(), 1, BY)
    ledger.commit("trainer_started", {"attempt": 1})
    ledger.close()
    return tmp_path


def frame(n: int, name: str = "training_started", data: Any = None, **others: Any) -> dict[str, Any]:
    return {"t": "event", "n": n, "name": name, "data": data or {"until": 3}, "position": POSITION, "command": None, "moved": 1,
            **others}


def test_a_log_opens_as_it_was_left(begun: Path) -> None:
    ledger = Ledger.open(begun)
    assert (ledger.state["seq"], ledger.attempt, ledger.ended, ledger.training) == (3, 1, False, True)
    assert ledger.state == logs.folded("terminal", logs.read(begun / "events.jsonl"))
    ledger.close()


@pytest.mark.parametrize("cut", [b"{", b'{"seq":4,"name":"metrics"', b"\xff\xfe", b" " * 200_000])
def test_what_was_cut_off_is_removed_and_the_numbers_go_on(begun: Path, cut: bytes) -> None:
    log = begun / "events.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + cut)
    ledger = Ledger.open(begun)
    assert log.read_bytes() == whole
    ledger.commit("trainer_lost", {"attempt": 1, "reason": "test"})
    ledger.close()
    assert [fact["seq"] for fact in logs.read(log)] == [1, 2, 3, 4]


@pytest.mark.parametrize("keep", range(1, 4))
def test_a_log_cut_inside_a_line_keeps_the_lines_before(begun: Path, keep: int) -> None:
    log = begun / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:keep]) + lines[keep][:-7])
    ledger = Ledger.open(begun)
    assert ledger.state["seq"] == keep - 1
    ledger.close()
    assert log.read_bytes() == b"".join(lines[:keep])


@pytest.mark.parametrize(("text", "code"), [
    (b"", "bad_log"), (b"hello", "bad_log"), (b"hello\nyou", "bad_log"), (logs.head("aaaaaaaa").encode(), "of_a_room"),
    (logs.head("terminal").encode() + b"[]\n", "bad_log"),
    (logs.head("terminal").encode() + b'{"seq":1,"name":"nonsense","data":{},"position":null,"by":null,"at":1}\n', "bad_log"),
    (logs.head("terminal").encode() + b'{"seq":1,"name":"metrics","data":{},"position":null,"by":null,"at":1}\n', "bad_log")])
def test_what_is_no_log_of_ours_is_refused_and_left_alone(tmp_path: Path, text: bytes, code: str) -> None:
    (tmp_path / "events.jsonl").write_bytes(text)
    with pytest.raises(Refused) as refused:
        Ledger.open(tmp_path)
    assert refused.value.code == code
    assert (tmp_path / "events.jsonl").read_bytes() == text


def test_an_event_of_another_shape_is_refused_in_words(begun: Path) -> None:
    with (begun / "events.jsonl").open("a") as log:
        log.write('{"seq":3,"name":"histograms_measured","data":{"layers":3},"position":{"run":"r1","branch":"b1","epoch":1,'
                  '"batch":0,"batches":23,"x":1.0},"by":null,"at":1}\n')
    with pytest.raises(Refused, match="cannot be read"):
        Ledger.open(begun)


def test_no_folder_no_run(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no run"):
        Ledger.open(tmp_path / "nowhere")


def test_a_log_that_cannot_be_written_is_not_called_missing(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", denied)
        with pytest.raises(Refused, match="cannot be written: Permission denied"):
            Ledger.open(begun)
    Ledger.open(begun).close()


def test_only_one_process_has_a_log(begun: Path) -> None:
    first = Ledger.open(begun)
    with pytest.raises(Refused, match="Another process"):
        Ledger.open(begun)
    first.close()
    Ledger.open(begun).close()


def test_a_log_is_never_begun_twice(begun: Path) -> None:
    with pytest.raises(FileExistsError):
        Ledger.new(begun)


def test_what_a_trainer_tells_twice_is_there_once(begun: Path) -> None:
    ledger = Ledger.open(begun)
    for n in (1, 1, 2, 1, 2):
        ledger.take(frame(n), lambda command: None)
    assert (ledger.acked, ledger.state["seq"]) == (2, 5)
    ledger.commit("trainer_started", {"attempt": 2})
    ledger.take(frame(1), lambda command: None)  # the next trainer counts anew
    assert (ledger.acked, ledger.state["seq"]) == (1, 7)
    ledger.close()


def test_what_was_told_of_an_earlier_stand_is_dropped_but_counted(begun: Path) -> None:
    ledger = Ledger.open(begun)
    ledger.take(frame(1, moved=99), lambda command: None)
    assert (ledger.acked, ledger.state["seq"]) == (1, 3)
    ledger.close()


@pytest.mark.parametrize("bad", [
    {"name": "run_started"}, {"name": "x"}, {"n": 0}, {"n": "1"}, {"data": {"until": -1}}, {"data": []}, {"position": None},
    {"position": {**POSITION, "branch": "b9"}}, {"position": {**POSITION, "run": "r9"}}])
def test_what_cannot_be_true_changes_nothing(begun: Path, bad: dict[str, Any]) -> None:
    ledger = Ledger.open(begun)
    before = (begun / "events.jsonl").read_bytes()
    with pytest.raises(ValueError):
        ledger.take({**frame(1), **bad}, lambda command: None)
    ledger.close()
    assert (begun / "events.jsonl").read_bytes() == before


def test_an_event_that_the_fold_cannot_read_is_not_written(begun: Path) -> None:
    ledger = Ledger.open(begun)
    before = (begun / "events.jsonl").read_bytes()
    with pytest.raises(Unreadable):
        ledger.commit("metrics", {}, POSITION)
    assert ledger.state["seq"] == 3
    ledger.close()
    assert (begun / "events.jsonl").read_bytes() == before


def test_the_device_of_the_newest_checkpoint_is_known(begun: Path) -> None:
    ledger = Ledger.open(begun)
    saved = {"branch": "b1", "epoch": 0, "batch": 1, "x": 0.05, "digest": "a" * 64, "kind": "interval", "bytes": 1,
             "seconds": 0.1, "finite": True, "build": "torch 2, NumPy 2, cuda, 1 thread, x86_64, AVX2"}
    assert ledger.device is None
    ledger.take(frame(1, "checkpoint_saved", saved), lambda command: None)
    ledger.close()
    again = Ledger.open(begun)
    assert (ledger.device, again.device) == ("cuda", "cuda")
    again.close()

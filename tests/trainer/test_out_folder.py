"""Run folders: complete after success, in passing, after Ctrl-C and after a crash; each file whole at any moment."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from ml_utils import logs, recipes, session_file, tables
from ml_utils.core.blueprint import Blueprint, cnn
from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.core.datasets import Images
from ml_utils.core.errors import Refused
from ml_utils.core.settings import Settings
from ml_utils.trainer.jobs import Desk
from ml_utils.trainer.order import Leave
from ml_utils.trainer.out import __main__ as program
from ml_utils.trainer.out import reports
from ml_utils.trainer.out.files import put
from ml_utils.trainer.out.stored import stored
from ml_utils.trainer.out.zipped import run_folder
from ml_utils.trainer.quiet import QuietWire
from tests.server import ROOT
from tests.trainer.run_folders import ALWAYS, EVERYTHING, HELD, Run, board, changing, names, run

EVERYWHERE = {Path(name).name for name in EVERYTHING if not name.startswith("weights/")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """A run that has ended, and its folder."""
    made = changing(tmp_path_factory.mktemp("whole"))
    target = made.log.parent / "folder"
    assert made.folder(target)["notes"] == {}
    return made, target


def text(target: Path, name: str) -> str:
    return (target / name).read_text(encoding="utf-8")


def rows(target: Path) -> list[dict[str, str]]:
    with (target / "metrics.csv").open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def spoil(made: Run, *kinds: str) -> None:
    """Damage every Checkpoint on disk."""
    for file in Path(made.order.checkpoints).rglob("*.pt"):
        file.write_bytes(b"PK" + bytes(100))


# ── what is in it ───────────────────────────────────────────────────────────────────────────────────────────

def test_a_run_that_has_ended_has_everything(whole: tuple[Run, Path]) -> None:
    made, target = whole
    assert names(target) == EVERYTHING | HELD
    assert board(target).name.startswith("events.out.tfevents.")
    assert list(logs.read(target / "events.jsonl")) == made.facts
    for file in (target / "plots").iterdir():
        with Image.open(file) as picture:
            picture.verify()


def test_the_recipe_and_the_session_read_back_as_the_same(whole: tuple[Run, Path]) -> None:
    made, target = whole
    about = made.state["runs"]["r1"]
    assert recipes.read_recipe(text(target, "recipe.yaml")) == (
        Blueprint.model_validate(about["blueprint"]), Settings.model_validate(about["settings"]))
    told = session_file.load(target)
    assert [one.digest for one in told.branches[0].expected if one.kind == "epoch"] == [
        one["digest"] for one in made.state["checkpoints"] if one["batch"] == 0]
    assert told.branches[0].changes[0].set == {"learning_rate": 0.02}


def test_the_summary_says_what_was_done_and_where_numbers_are_from(whole: tuple[Run, Path]) -> None:
    made, target = whole
    said = text(target, "summary.txt")
    for words in ("1,148 train, 287 validation, 360 test; 2 left out", "learning_rate 0.05 → 0.02", "linear2", "13,706",
                  made.state["checkpoints"][-1]["digest"], "torch", "Where the numbers come from", "3 epochs and 0 batches"):
        assert words in said, words
    best = max(score for _, score in made.state["series"]["b1"]["validation_accuracy"])
    assert f"accuracy {best * 100:.2f} % on validation" in said
    assert "Not here" not in said and "\x1b" not in said + text(target, "logs/log.txt")


def test_reports_are_of_the_best_epoch_and_of_every_example(whole: tuple[Run, Path]) -> None:
    made, target = whole
    best = stored(made.log, made.order, "best")
    for split, examples in (("train", 1148), ("validation", 287), ("test", 360)):
        said = text(target, f"logs/report-{split}.txt")
        assert f"all {examples:,}; eval mode" in said
        assert f"epoch {best.place['epoch']} of b1, digest {best.place['digest']}" in said
        assert "macro avg" in said and said.count("\n") > 20
    scores = [made.facts[at]["data"] for at, one in enumerate(made.facts) if one["name"] == "epoch_finished"]
    of = scores[best.place["epoch"] - 1]
    for split in ("validation", "test"):
        said = text(target, f"logs/report-{split}.txt")
        assert f"accuracy   {of[split]['accuracy'] * 100:.2f} %" in said and f"loss       {of[split]['loss']:.4f}" in said


def test_metrics_have_every_batch_once_and_no_formula(whole: tuple[Run, Path]) -> None:
    made, target = whole
    found = rows(target)
    told = [(x, loss) for one in made.facts if one["name"] == "metrics"
            for x, loss in zip(one["data"]["x"], one["data"]["train_loss"], strict=True)]
    assert list(found[0]) == list(tables.METRICS)
    assert [float(one["x"]) for one in found] == [x for x, _ in told]
    assert [float(one["train_loss"]) for one in found] == pytest.approx([loss for _, loss in told], rel=1e-6)
    assert [int(one["step"]) for one in found] == list(range(1, len(found) + 1))
    ends = [one for one in found if one["epoch"]]
    assert [one["epoch"] for one in ends] == ["1", "2", "3"] and all(float(one["validation_accuracy"]) > 0.1 for one in ends)


def test_plain_torch_opens_the_weights_in_an_interpreter_of_its_own(whole: tuple[Run, Path], tmp_path: Path) -> None:
    made, target = whole
    code = ("import json, sys, torch\nfound = torch.load(sys.argv[1], weights_only=True)\n"
            "print(json.dumps([found['digest'], sorted(found['model_state_dict']), found['class_names'], len(found['mean'])]))")
    for which in ("best", "last"):
        done = subprocess.run([sys.executable, "-c", code, str(target / "weights" / f"{which}.pt")], cwd=tmp_path, text=True,
                              capture_output=True, timeout=60, check=True)
        of = stored(made.log, made.order, which)
        assert json.loads(done.stdout) == [of.place["digest"], sorted(of.weights), list("0123456789"), 1]


# ── at every moment of a run ────────────────────────────────────────────────────────────────────────────────

def test_in_passing_all_is_there_after_the_first_epoch_and_nothing_whole_is_evaluated(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(tmp_path, 1)
    monkeypatch.setattr(reports, "SAMPLE", 300)
    asked: list[tuple[str, int | None]] = []
    real = reports.evaluated

    def counted(*args: Any) -> Any:
        asked.append((args[1], args[-1]))
        return real(*args)

    monkeypatch.setattr(reports, "evaluated", counted)
    target = tmp_path / "folder"
    made.folder(target, final=False)
    assert names(target) == EVERYTHING and asked == [("train", 300)]
    assert "the first 300 of 1,437; all, when the run ends" in text(target, "logs/report-train.txt")
    assert "still going" in text(target, "summary.txt")
    made.train(2)
    made.folder(target, final=False)
    best = stored(made.log, made.order, "best").place["epoch"]
    assert len(asked) == 1 and f"epoch {best} of b1" in text(target, "logs/report-test.txt")
    made.folder(target)
    assert asked[1:] == [("train", None)] and "all 1,437" in text(target, "logs/report-train.txt")


def test_a_run_that_stopped_in_its_first_epoch_has_everything_too(tmp_path: Path) -> None:
    made = Run(tmp_path)
    made.begin()
    made.train(1, steps=5)
    for final in (False, True):
        target = tmp_path / f"folder-{final}"
        assert made.folder(target, final)["notes"] == {}
        assert names(target) == EVERYTHING
        assert "no epoch has ended yet" in text(target, "summary.txt") and len(rows(target)) == 5
        assert "the last checkpoint: epoch 0 batch 5 of b1" in text(target, "logs/report-test.txt")


def test_whatever_a_killed_run_had_told_by_then_makes_a_folder(tmp_path: Path) -> None:
    made = changing(tmp_path / "run")
    facts, log = made.facts, [one["name"] for one in made.facts]
    for keep in (1, log.index("metrics") + 1, log.index("epoch_finished") + 1, log.index("settings_changed") + 2):
        made.facts = facts[:keep]
        made.save()
        with made.log.open("ab") as out:
            out.write(b'{"seq":')  # it was killed while it wrote
        target = tmp_path / f"folder-{keep}"
        made.folder(target, final=False)
        assert names(target) >= ALWAYS and board(target)
        has = "checkpoint_saved" in log[:keep]
        assert (target / "weights" / "last.pt").exists() == has
        assert has or "Not here" in text(target, "summary.txt")


def test_what_a_recovery_trained_again_counts_once(tmp_path: Path) -> None:
    made = run(tmp_path, 2)
    made.folder(tmp_path / "before")
    log = [one["name"] for one in made.facts]
    first = log.index("checkpoint_saved")
    again = made.facts[first + 1:]
    made.note("trainer_recovered", {"attempt": 2}, made.facts[first]["position"])
    for one in again:
        made.note(one["name"], one["data"], one["position"])
    made.save().folder(tmp_path / "after")
    for name in ("metrics.csv", "recipe.yaml", "session.yaml", "logs/report-test.txt"):
        assert text(tmp_path / "before", name) == text(tmp_path / "after", name)


def test_a_branch_has_what_its_ancestors_had_before_the_fork(tmp_path: Path) -> None:
    made = run(tmp_path, 3)
    made.fork(1)
    made.change(learning_rate=0.01)
    made.train(2)
    fork, first = tmp_path / "fork", tmp_path / "first"
    assert made.folder(fork)["branch"] == "b2" and made.folder(first, branch="b1")["branch"] == "b1"
    found = rows(fork)
    assert [one["branch"] for one in found] == ["b1"] * 23 + ["b2"] * 23
    assert {(one["parent"], one["from_epoch"]) for one in found[23:]} == {("b1", "1")}
    assert [float(one["x"]) for one in found] == sorted({float(one["x"]) for one in found})
    assert found[:23] == rows(first)[:23] and len(rows(first)) == 69
    assert [one["epoch"] for one in found if one["epoch"]] == ["1", "2"]
    assert ["learning_rate 0.05 → 0.01" in text(one, "summary.txt") for one in (fork, first)] == [True, False]
    with pytest.raises(Refused, match="b9"):
        made.folder(tmp_path / "none", branch="b9")
    assert not (tmp_path / "none").exists()


# ── what is missing ─────────────────────────────────────────────────────────────────────────────────────────

def test_damaged_checkpoints_are_named_and_the_rest_is_written(tmp_path: Path) -> None:
    made = run(tmp_path, 2)
    best = made.state["checkpoints"][-1]
    (Path(made.order.checkpoints) / checkpoint_file(made.order.room, "r1", best)).write_bytes(b"no checkpoint")
    made.folder(tmp_path / "one")
    assert "weights/last.pt: This model could not be read" in text(tmp_path / "one", "summary.txt")
    spoil(made)
    noted = made.folder(tmp_path / "none")["notes"]
    assert {"weights/best.pt", "weights/last.pt", "logs/report-train.txt", "logs/report-test.txt"} == set(noted)
    assert names(tmp_path / "none") == ALWAYS | {"logs/report-train.txt", "logs/report-test.txt"}
    assert "There is no report" in text(tmp_path / "none", "logs/report-test.txt")


def test_images_that_are_gone_are_named_and_the_rest_is_written(tmp_path: Path) -> None:
    made = run(tmp_path, 1)
    images = Images(title="$Mine_{", shape=(1, 8, 8), classes=tuple(f"$c_{one}{{" for one in range(10)), train=1437, test=360)
    own = Blueprint.model_validate({**cnn().model_dump(mode="json"), "dataset": "own_0123456789abcdef",
                                    "images": images.model_dump(mode="json")})
    made.facts[0]["data"]["blueprint"] = own.model_dump(mode="json")
    made.save().folder(tmp_path / "folder")
    said = text(tmp_path / "folder", "summary.txt")
    assert "logs/report-train.txt: These images are not on this server any more" in said and "$Mine_{" in said
    assert names(tmp_path / "folder") >= ALWAYS | {"weights/best.pt", "logs/report-train.txt", "logs/report-test.txt"}
    found = torch.load(tmp_path / "folder" / "weights" / "best.pt", weights_only=True)
    assert found["mean"] == [] and found["class_names"][3] == "$c_3{"


@pytest.mark.parametrize("content", [b"", b"no log", b'{"lockstep":"log","format":1,"room":"x"}\n{"seq":1}\n',
                                     b'{"lockstep":"log","format":1,"room":"x"}\n'
                                     b'{"seq":1,"name":"made_up","data":{},"position":null,"by":null,"at":1}\n'])
def test_what_is_no_log_is_refused_and_nothing_is_written(tmp_path: Path, content: bytes) -> None:
    made = Run(tmp_path)
    made.log.write_bytes(content)
    with pytest.raises(Refused):
        made.folder(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
    assert program.main(["--log", str(made.log), "--target", str(tmp_path / "folder"), "--checkpoints", "x"]) == 2


# ── whoever looks in, and who is killed ─────────────────────────────────────────────────────────────────────

HOST = """
import os, sys
from pathlib import Path
from ml_utils.trainer.order import Order
from ml_utils.trainer.out.folder import make
log, target = map(Path, sys.argv[1:])
order = Order(line="", room="abcdefgh", attempt=1, token="", checkpoints=str(log.parent / "checkpoints"))
def say(text):
    sys.stdout.write(f"{text}\\n")
    sys.stdout.flush()
for _ in sys.stdin:
    if pid := os.fork():
        os.waitpid(pid, 0)
        continue
    say(os.getpid())
    while True:
        for file in (target / "weights").glob("*.pt"):  # else they are not written again
            file.unlink()
        make(log, order, target, lambda **_: None, final=True)
        say("made")
"""


def looked(target: Path) -> Iterator[str]:
    """Read every file that is there; each must be whole."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    for file in [file for file in target.rglob("*") if file.is_file() and not file.name.startswith(".")]:
        try:
            if file.suffix == ".png":
                with Image.open(file) as picture:
                    picture.load()
            elif file.suffix == ".pt":
                assert torch.load(file, weights_only=True)["format"] == "lockstep-model"
            elif "tfevents" in file.name:
                assert len(list(EventFileLoader(str(file)).Load())) >= 2
            elif file.name != "session.yaml":
                assert file.read_bytes().endswith(b"\n"), file
            yield file.name
        except FileNotFoundError:  # it has just been replaced, or its writer begins anew
            continue


def test_killed_at_any_moment_every_file_is_the_former_or_the_new_one(tmp_path: Path) -> None:
    """A host forks those that write; what is killed is known by its number."""
    made = run(tmp_path / "run", 3)
    target, chance = tmp_path / "folder", random.Random(7)
    with subprocess.Popen([sys.executable, "-c", HOST, str(made.log), str(target)], cwd=ROOT, stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as host:
        assert host.stdin and host.stdout
        for number in range(4):
            host.stdin.write("go\n")
            host.stdin.flush()
            writer = int(host.stdout.readline())
            assert number or host.stdout.readline() == "made\n"
            with pytest.raises(subprocess.TimeoutExpired):
                host.wait(chance.random())
            assert set(looked(target)) >= EVERYWHERE
            os.kill(writer, signal.SIGKILL)
            assert set(looked(target)) >= EVERYWHERE
        host.stdin.close()
        while host.stdout.read(4096):
            pass
    made.folder(target)
    assert names(target) == EVERYTHING and not list(target.rglob(".*.tmp"))


def test_who_is_asked_to_leave_leaves_and_what_was_there_stays(tmp_path: Path) -> None:
    made = run(tmp_path / "run", 1)
    target = tmp_path / "job"
    target.mkdir()
    made.log.rename(target / "events.jsonl")
    wire = QuietWire()
    wire.leave(Leave("cancelled"))
    with pytest.raises(Leave):
        run_folder({"branch": "b1"}, made.order, Desk(target, wire))
    assert not (target / "folder.zip").exists()


# ── a room and the command line ─────────────────────────────────────────────────────────────────────────────

def test_a_room_and_the_command_line_make_the_same_of_one_recipe(
        tmp_path: Path, whole: tuple[Run, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, room = whole
    made = changing(tmp_path / "run", "terminal")
    target = made.log.parent
    capsys.readouterr()
    assert program.main(["--log", str(made.log), "--target", str(target), "--checkpoints", made.order.checkpoints]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["notes"] == {} and set(told["files"]) == names(target) | {f"tensorboard/{board(target).name}"}
    assert names(target) == names(room)
    for name in ("recipe.yaml", "session.yaml", "logs/report-train.txt", "logs/report-validation.txt", "logs/report-test.txt"):
        assert text(target, name) == text(room, name), name
    columns = [name for name in tables.METRICS if name != "learning_rate"]  # that is told where a report ends, by the clock
    assert [[one[name] for name in columns] for one in rows(target)] == [[one[name] for name in columns] for one in rows(room)]
    for which in ("best", "last"):
        one, other = (torch.load(folder / "weights" / f"{which}.pt", weights_only=True) for folder in (target, room))
        assert one["digest"] == other["digest"]


def test_the_job_of_a_room_packs_the_same_files_the_same_way(tmp_path: Path) -> None:
    made = run(tmp_path / "run", 1)
    packed = []
    for name in ("one", "other"):
        desk = Desk(tmp_path / name, QuietWire())
        desk.folder.mkdir()
        logs.write(desk.folder / "events.jsonl", made.order.room, made.facts)
        result = run_folder({"branch": "b1"}, made.order, desk)
        packed.append((desk.folder / result["file"]).read_bytes())
        assert result["name"] == "lockstep-abcdefgh-b1.zip" and result["bytes"] == len(packed[-1]) and not result["notes"]
        assert sorted(file.name for file in desk.folder.iterdir()) == ["events.jsonl", "folder.zip"]
    with zipfile.ZipFile(tmp_path / "one" / "folder.zip") as archive:
        inside = {name.removeprefix("lockstep-abcdefgh-b1/") for name in archive.namelist()}
        assert archive.testzip() is None
    assert {name for name in inside if not name.startswith("tensorboard/")} == EVERYTHING and len(inside) == len(EVERYTHING) + 1
    assert packed[0] == packed[1]


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to bring to the disk what is open for reading only."""
    file, seen = tmp_path / "summary.txt", []

    def told(number: int) -> None:
        seen.append((fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE, os.fstat(number).st_size, file.exists()))

    monkeypatch.setattr(os, "fsync", told)
    put(file, "new")
    assert seen == [(os.O_RDWR, 3, False)] and file.read_text() == "new"

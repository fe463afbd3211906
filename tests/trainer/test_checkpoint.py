"""Checkpoints: whole, sound, of this run, or not used at all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ml_utils.core.blueprint import cnn, mlp
from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.core.settings import Settings
from ml_utils.trainer import checkpoint, keeper
from ml_utils.trainer.checkpoint import Checkpoint, Damaged
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.measure import Progress
from ml_utils.trainer.order import Patience

from .conftest import Lab
from .fake_web import FakeWeb

OWNER = {"room": "abcdefgh", "run": "r1", "branch": "b1"}
CPU = torch.device("cpu")


@pytest.fixture
def made() -> Checkpoint:
    return Checkpoint(Learner(cnn(), Settings(), CPU).tensors(), Progress(9, 1, 2, 128, 0.1, 7), Settings(), {},
                      "blueprint", 1)


def trained(lab: Lab, until: int = 3) -> FakeWeb:
    web = lab.web()
    web.work = web.known_work(go=True, until=until)
    lab.trainer(web)
    web.event("training_paused", reason="finished")
    lab.trainers[-1].die()
    return web


def files(web: FakeWeb) -> list[Path]:
    """Return the files of the checkpoints the log knows, newest first."""
    folder = web.address.parent / "checkpoints"
    return [folder / checkpoint_file("abcdefgh", "r1", known.model_dump()) for known in web.known_work().checkpoints]


def test_what_was_saved_is_loaded_with_the_same_strides(made: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(made, made.digest(), OWNER, tmp_path / "a" / "b.pt")
    loaded = checkpoint.load(tmp_path / "a" / "b.pt", made.digest(), OWNER)
    assert (loaded.progress, loaded.settings) == (made.progress, made.settings)
    for name, tensor in made.tensors.items():
        assert torch.equal(loaded.tensors[name], tensor) and loaded.tensors[name].stride() == tensor.stride()
    assert loaded.tensors["model.conv2.weight"].is_contiguous(memory_format=torch.channels_last)


def test_the_digest_sees_every_part(made: Checkpoint) -> None:
    other = dict(made.tensors)
    other["model.conv1.weight"] = other["model.conv1.weight"].contiguous().clone()
    other["model.conv1.weight"].view(-1)[3] += 1e-6
    strided = {**made.tensors, "model.conv2.weight": made.tensors["model.conv2.weight"].contiguous()}
    changes: list[dict[str, Any]] = [
        {}, {"tensors": other}, {"tensors": strided}, {"progress": Progress(9, 1, 2, 128, 0.1, 8)},
        {"settings": Settings(dropout=0.3)}, {"settings": Settings(frozen=("conv1",))}, {"schedule": {"begun": 1.0}},
        {"blueprint": "other"}, {"threads": 2}]
    assert len({replace(made, **change).digest() for change in changes}) == len(changes)


@pytest.mark.parametrize("plan", [{"epochs": 99}, {"pace": 2.0}])
def test_how_long_and_how_fast_does_not_change_the_digest(made: Checkpoint, plan: dict[str, Any], tmp_path: Path) -> None:
    planned = replace(made, settings=made.settings.model_copy(update=plan))
    assert planned.digest() == made.digest()
    checkpoint.save(planned, planned.digest(), OWNER, tmp_path / "a.pt")
    assert checkpoint.load(tmp_path / "a.pt", made.digest(), OWNER).settings == planned.settings


def test_a_file_is_never_written_twice(made: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "b.pt"
    checkpoint.save(made, made.digest(), OWNER, file)
    before = file.stat()
    checkpoint.save(made, made.digest(), OWNER, file)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(tmp_path.iterdir()) == [file]


def test_a_flipped_bit_anywhere_is_seen_or_harmless(made: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "b.pt"
    checkpoint.save(made, made.digest(), OWNER, file)
    sound = file.read_bytes()
    refused = 0
    for place in range(11, len(sound), len(sound) // 150):
        file.write_bytes(sound[:place] + bytes([sound[place] ^ 16]) + sound[place + 1:])
        try:
            loaded = checkpoint.load(file, made.digest(), OWNER)
            assert loaded.digest() == made.digest()  # the bit was padding of the container
        except Damaged:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(made: Checkpoint, tmp_path: Path, share: float) -> None:
    file = tmp_path / "b.pt"
    checkpoint.save(made, made.digest(), OWNER, file)
    sound = file.read_bytes()
    file.write_bytes(sound[:int(len(sound) * share)])
    with pytest.raises(Damaged, match="cannot be read"):
        checkpoint.load(file, made.digest(), OWNER)


def test_a_file_of_another_room_a_missing_one_and_a_swapped_one_are_refused(made: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "b.pt"
    checkpoint.save(made, made.digest(), {**OWNER, "room": "hgfedcba"}, file)
    with pytest.raises(Damaged, match="another room"):
        checkpoint.load(file, made.digest(), OWNER)
    with pytest.raises(Damaged, match="missing"):
        checkpoint.load(tmp_path / "c.pt", made.digest(), OWNER)
    with pytest.raises(Damaged, match="differ"):
        checkpoint.load(file, "0" * 64, {**OWNER, "room": "hgfedcba"})


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def remove(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip, remove, cut, empty])
def test_the_next_older_checkpoint_is_used_and_the_rest_trained_again(lab: Lab, damage: Any) -> None:
    web = trained(lab)
    expected = web.known_work().checkpoints[0].digest
    for file in files(web)[:2]:
        damage(file)
    web.work = web.known_work(go=True, until=3)
    lab.trainer(web)
    assert web.event("trainer_recovered")["position"]["epoch"] == 1
    assert [event["data"]["epoch"] for event in web.told("checkpoint_damaged")] == [3, 2]
    web.event("training_paused", 2, reason="finished")
    assert web.told("checkpoint_saved")[-1]["data"]["digest"] == expected
    assert files(web)[0].exists()


def test_without_a_sound_checkpoint_the_run_is_trained_again_in_silence(lab: Lab) -> None:
    web = trained(lab)
    expected = web.known_work().checkpoints[0].digest
    for file in files(web):
        flip(file)
    measured = len(web.told("metrics"))
    web.work = web.known_work()
    lab.trainer(web)
    web.event("checkpoint_saved", 4)
    assert web.told("checkpoint_saved")[-1]["data"]["digest"] == expected
    assert len(web.told("metrics")) == measured and len(web.told("epoch_finished")) == 3
    assert web.answer(web.command("interrupt"))["position"]["epoch"] == 3


def test_a_checkpoint_swapped_with_another_rooms_is_not_used(lab: Lab) -> None:
    web, other = trained(lab), trained(lab)
    other_newest = files(other)[0]
    target = files(web)[0]
    shutil.copy(other_newest, target)  # equal trainings have equal digests, so only the owner tells
    data = target.read_bytes()
    target.write_bytes(data.replace(b"abcdefgh", b"hgfedcba"))
    web.work = web.known_work(go=True, until=3)
    lab.trainer(web)
    assert "another room" in web.event("checkpoint_damaged")["data"]["message"]


def test_a_checkpoint_of_another_blueprint_or_thread_count_is_not_used(lab: Lab) -> None:
    web = trained(lab, until=1)
    web.work = web.known_work(go=True, until=1, threads=2)
    lab.trainer(web)
    assert "thread count" in web.event("checkpoint_damaged")["data"]["message"]
    torch.set_num_threads(1)
    with pytest.raises(RuntimeError):
        Learner(mlp(), Settings(), CPU).restore(Learner(cnn(), Settings(), CPU).tensors())


def test_passing_checkpoints_go_when_two_newer_are_stored_and_the_others_stay(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "SHARE", 0)
    web = lab.web()
    web.work = web.known_work(go=True, until=2)
    trainer = lab.trainer(web, Patience(redial=0.02, checkpoint=0.0))
    web.event("training_paused", reason="finished")
    trainer.die()
    told = [event["data"] for event in web.told("checkpoint_saved")]
    folder = web.address.parent / "checkpoints"
    left = [one for one in told if (folder / checkpoint_file("abcdefgh", "r1", one)).exists()]
    assert sum(one["kind"] == "interval" for one in told) > 30
    assert [one for one in told if one["kind"] == "epoch"] == [one for one in left if one["kind"] == "epoch"]
    assert left[-2:] == told[-2:]
    assert len(list(folder.glob("**/*"))) < 20


def test_half_written_files_of_a_killed_trainer_are_swept_away(lab: Lab) -> None:
    web = trained(lab, until=1)
    half = files(web)[0].with_suffix(".4711.tmp")
    half.write_bytes(b"half")
    lab.trainer(web)
    web.wait(lambda: len(web.hellos) == 2)
    web.answer(web.command("interrupt"))
    assert not half.exists()

"""Datasets: splits, order, files that trainers share, and what happens where there are none."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from ml_utils.core.blueprint import cnn
from ml_utils.core.datasets import DATASETS
from ml_utils.trainer import prepare
from ml_utils.trainer.data import Batches, Data, Split, constants, digits
from ml_utils.trainer.fetch import archives, expected
from ml_utils.trainer.order import Order

from .conftest import Lab

CPU = torch.device("cpu")
SHARED = Path(os.environ.get("LOCKSTEP_DATA", Path(__file__).parents[3] / "shared/datasets"))


def order(folder: Path, data: Path | None = None) -> Order:
    return Order("nowhere", "abcdefgh", 1, "t", str(folder / "checkpoints"), str(data) if data else None)


def test_digits_are_split_by_the_seed() -> None:
    first, again, other = digits(1, CPU), digits(1, CPU), digits(2, CPU)
    assert (len(first.train), len(first.test)) == (1437, 360)
    assert torch.equal(first.train.images, again.train.images) and not torch.equal(first.train.images, other.train.images)
    assert first.train.images.max() == 16 and set(first.test.labels.tolist()) == set(range(10))


def test_images_are_normalised_with_constants_of_the_training_split() -> None:
    data = digits(1, CPU)
    images, _ = data.sliced(data.train, 0, 1437)
    assert images.mean().item() == pytest.approx(0, abs=1e-5) and images.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert abs(data.sliced(data.test, 0, 360)[0].mean().item()) > 1e-5


@pytest.mark.parametrize("shape", [(5, 4, 6, 3), (1, 4, 6, 1), (0, 4, 6, 3), (5, 4, 6, 2)])
def test_every_channel_is_normalised_by_its_own_constants_without_moving_anything(shape: tuple[int, ...]) -> None:
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    before, mean, scale = images.clone(), torch.rand(1, shape[3], 1, 1), torch.rand(1, shape[3], 1, 1)
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    normal = Data(split, split, mean, scale).normal(images)
    assert torch.equal(normal, (images.permute(0, 3, 1, 2).to(torch.float32) - mean) * scale)
    assert normal.permute(0, 2, 3, 1).is_contiguous() and torch.equal(images, before)


def test_constants_are_found_for_each_channel() -> None:
    images = np.random.default_rng(1).integers(0, 256, (100, 4, 4, 3), dtype=np.uint8)
    mean, scale = constants(images)
    assert mean == pytest.approx(images.mean((0, 1, 2))) and scale == pytest.approx(1 / images.std((0, 1, 2)))


def test_an_epochs_order_depends_on_seed_and_epoch_only_and_sizes_may_change() -> None:
    data = digits(1, CPU)

    def labels(seed: int, epoch: int, sizes: list[int]) -> list[int]:
        batches, seen, found = Batches(data, seed), 0, []
        for size in sizes:
            found += batches.take(epoch, seen, size)[1].tolist()
            seen += size
        return found

    whole = labels(1, 0, [1437])
    assert labels(1, 0, [100, 7, 1000, 1000]) == whole
    assert labels(1, 1, [1437]) != whole != labels(2, 0, [1437])
    assert sorted(whole) == sorted(data.train.labels.tolist())


def test_images_come_channels_last() -> None:
    data = digits(1, CPU)
    images, _ = Batches(data, 1).take(0, 0, 5)
    assert images.shape == (5, 1, 8, 8) and images.dtype == torch.float32
    assert images.permute(0, 2, 3, 1).is_contiguous()


@pytest.mark.skipif(not (SHARED / "MNIST/raw").is_dir(), reason=f"no MNIST in {SHARED} (set LOCKSTEP_DATA)")
def test_mnist_is_found_and_prepared_once_for_all(tmp_path: Path) -> None:
    data = prepare.load("mnist", 1, order(tmp_path, SHARED), CPU, pytest.fail)
    assert (data.train.images.shape, data.test.images.shape) == ((60000, 28, 28, 1), (10000, 28, 28, 1))
    usual = MNIST(SHARED, train=True)
    images, labels = data.picked(data.train, torch.tensor([7, 59999]))
    pixels = usual.data[[7, 59999]].float()
    assert torch.allclose(images[:, 0], (pixels - usual.data.float().mean()) / usual.data.float().std(), atol=1e-4)
    assert labels.tolist() == usual.targets[[7, 59999]].tolist()
    files = sorted(path.name for path in (tmp_path / "prepared/mnist").iterdir())
    assert files == ["constants.npy", "test_images.npy", "test_labels.npy", "train_images.npy", "train_labels.npy"]
    stamp = (tmp_path / "prepared/mnist").stat().st_mtime_ns
    prepare.load("mnist", 1, order(tmp_path), CPU, pytest.fail)
    assert (tmp_path / "prepared/mnist").stat().st_mtime_ns == stamp
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["mnist"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dataset called MNIST, of 20 + 10 images."""
    row = DATASETS["mnist"]
    monkeypatch.setitem(DATASETS, "mnist", type(row)(**{**vars(row), "train": 20, "test": 10}))
    raw = tmp_path / "data/MNIST/raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(1)
    for split, count in (("train", 20), ("t10k", 10)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (raw / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes())
        labels = random.integers(0, 10, count, dtype=np.uint8)
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels.tobytes())
    return tmp_path


def test_two_trainers_may_prepare_at_once(small: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: prepare.load("mnist", 1, order(small), CPU, lambda _: None), range(4)))
    assert all(torch.equal(one.train.images, found[0].train.images) for one in found)
    assert [path.name for path in (small / "prepared").iterdir()] == ["mnist"]


def test_what_a_killed_trainer_left_is_removed_after_a_while(small: Path) -> None:
    old, new = small / "prepared/.mnist-old", small / "prepared/.mnist-new"
    for left in (old, new):
        left.mkdir(parents=True)
    os.utime(old, (0, 0))
    prepare.load("mnist", 1, order(small), CPU, lambda _: None)
    assert not old.exists() and new.exists()


class Archive:
    """What an address answers."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, size: int) -> bytes:
        part, self._data = self._data[:size], self._data[size:]
        return part


def online(small: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool = False) -> None:
    """Serve the small dataset where torchvision has the real one, the first mirror being down."""
    raw = small / "data/MNIST/raw"
    files = {f"{path.name}.gz": gzip.compress(path.read_bytes()) for path in raw.iterdir()}
    sums = [(name, hashlib.md5(files[name]).hexdigest()) for name, _ in MNIST.resources]
    monkeypatch.setattr(MNIST, "resources", sums)

    def urlopen(address: str, timeout: float) -> Any:
        if address.startswith(MNIST.mirrors[0]):
            raise urllib.error.URLError("down")
        data = files[address.rpartition("/")[2]]
        return Archive(data[:-1] + b"?" if damaged else data)

    monkeypatch.setattr("urllib.request.urlopen", urlopen)


def test_a_dataset_is_fetched_with_progress(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    online(small, monkeypatch)
    told: list[int] = []
    found = prepare.load("mnist", 1, order(small), CPU, lambda _: None)
    fetched = prepare.load("mnist", 1, order(small / "elsewhere"), CPU, told.append)
    assert torch.equal(found.train.images, fetched.train.images)
    assert told == sorted(told) and len(told) == 4
    assert [path.name for path in (small / "elsewhere").iterdir()] == ["prepared"]


def test_a_damaged_download_is_not_used(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    online(small, monkeypatch, damaged=True)
    with pytest.raises(prepare.Failure, match="could not be downloaded"):
        prepare.load("mnist", 1, order(small / "elsewhere"), CPU, lambda _: None)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "cifar10"])
def test_every_dataset_names_its_files_and_where_they_come_from(name: str) -> None:
    assert all(len(md5) == 32 and addresses for _, addresses, md5 in archives(name))
    assert len(expected(name)) == (6 if name == "cifar10" else 4)


def test_offline_the_room_is_told_where_to_put_the_files(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def urlopen(*_: object, **__: object) -> None:
        raise urllib.error.URLError("offline")

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    web = lab.web(cnn("fashion_mnist"))
    web.work = web.known_work(go=True, until=1)
    assert lab.trainer(web, data=str(tmp_path / "datasets")).end() == 1
    failed = web.events[-1]
    assert failed["name"] == "session_failed" and failed["data"]["code"] == "dataset_missing"
    assert str(tmp_path / "datasets") in failed["data"]["hint"] and "FashionMNIST/raw/train-images" in failed["data"]["hint"]


def test_progress_of_a_download_is_told_to_the_room(lab: Lab, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    online(small, monkeypatch)
    web = lab.web(cnn("mnist"))
    web.work = web.known_work(go=True, until=1)
    lab.trainer(web)
    web.event("training_paused", reason="finished")
    assert {event["data"]["total"] for event in web.told("dataset_progress")} <= {12_000_000}
    assert web.told("epoch_finished")[0]["data"]["test"]["examples"] == 10

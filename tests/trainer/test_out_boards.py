"""TensorBoard's own reader finds in the event file what the log says, and nothing twice."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef

from ml_utils import logs
from ml_utils.core.blueprint import cnn
from ml_utils.core.settings import Settings
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.trainer.data import digits
from ml_utils.trainer.out import boards
from ml_utils.trainer.out.graph import graph_of
from ml_utils.trainer.out.sheet import sheets
from ml_utils.trainer.out.told import read
from tests.trainer.run_folders import EVIL, Run, board, changing, run
from tests.trainer.trained import CPU

ALL = dict.fromkeys(("scalars", "histograms", "images", "tensors", "compressedHistograms"), 0)  # nothing is left out


def read_by_tensorboard(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder / "tensorboard"), size_guidance=ALL).Reload()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, EventAccumulator]:
    made = changing(tmp_path_factory.mktemp("whole"))
    made.folder(made.log.parent / "folder")
    return made, read_by_tensorboard(made.log.parent / "folder")


def facts(made: Run, name: str) -> list[dict[str, Any]]:
    return [one for one in made.facts if one["name"] == name]


def test_scalars_are_those_of_the_log_with_their_times(whole: tuple[Run, EventAccumulator]) -> None:
    made, found = whole
    rows = [(x, loss, accuracy, one["at"]) for one in facts(made, "metrics") for x, loss, accuracy in zip(
        one["data"]["x"], one["data"]["train_loss"], one["data"]["train_accuracy"], strict=True)]
    for tag, column in (("loss/train", 1), ("accuracy/train", 2)):
        told = found.Scalars(tag)
        assert [one.step for one in told] == list(range(1, len(rows) + 1))
        assert [one.value for one in told] == [float(np.float32(row[column])) for row in rows]
        assert [one.wall_time for one in told] == [row[3] for row in rows]
    rates = [(one["data"]["step"], one["data"]["learning_rate"]) for one in facts(made, "metrics")]
    assert [(one.step, one.value) for one in found.Scalars("learning_rate")] == [(a, float(np.float32(b))) for a, b in rates]
    ends = facts(made, "epoch_finished")
    steps = [int(round(len(rows) * (number + 1) / 3)) for number in range(3)]
    for side, tag in (("train", "train_epoch"), ("test", "test"), ("validation", "validation")):
        for what in ("loss", "accuracy"):
            told = found.Scalars(f"{what}/{tag}")
            assert [one.value for one in told] == [float(np.float32(one["data"][side][what])) for one in ends]
            assert [one.step for one in told] == steps and [one.wall_time for one in told] == [one["at"] for one in ends]


def test_histograms_are_those_of_the_log(whole: tuple[Run, EventAccumulator]) -> None:
    made, found = whole
    events = facts(made, "histograms_measured")
    assert set(found.Tags()["histograms"]) == {f"{what}/{name}" for what in ("weights", "gradients")
                                               for name in events[0]["data"]["layers"]}
    told = found.Histograms("weights/conv1")
    for one, event in zip(told, events, strict=True):
        counts, mine = event["data"]["layers"]["conv1"]["weights"], one.histogram_value
        assert (mine.min, mine.max, mine.num) == (counts["low"], counts["high"], 160)
        assert mine.bucket == [float(count) for count in counts["counts"]] and mine.bucket_limit[-1] == counts["high"]
        assert one.wall_time == event["at"]


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (-1.0, 3.0)])
def test_a_histogram_of_equal_values_is_one_bar(low: float, high: float) -> None:
    made = boards.histogram({"low": low, "high": high, "counts": [0] * 16 + [9] + [0] * 15})
    assert list(made.bucket) == ([9.0] if low == high else [0.0] * 16 + [9.0] + [0.0] * 15)
    assert len(made.bucket_limit) == len(made.bucket) and made.num == 9 and low <= made.sum / 9 <= high


def test_images_are_pictures_of_their_size(whole: tuple[Run, EventAccumulator]) -> None:
    _, found = whole
    assert set(found.Tags()["images"]) == {"examples/train", "examples/augmented", "confusion/train", "confusion/validation",
                                           "confusion/test"}
    for tag in found.Tags()["images"]:
        steps = [one.step for one in found.Images(tag)]
        assert steps == sorted(set(steps))
        for one in found.Images(tag):
            with Image.open(io.BytesIO(one.encoded_image_string)) as picture:
                assert picture.size == (one.width, one.height)


def test_the_graph_has_the_layers(whole: tuple[Run, EventAccumulator]) -> None:
    _, found = whole
    nodes = [node.name for node in found.Graph().node]
    for layer in ("conv1", "relu1", "linear2"):
        assert any(layer in name for name in nodes), nodes


def test_texts_are_the_recipe_and_each_change(whole: tuple[Run, EventAccumulator]) -> None:
    made, found = whole
    [recipe] = found.Tensors("recipe")
    assert "dataset: digits" in recipe.tensor_proto.string_val[0].decode()
    [change] = found.Tensors("settings")
    told = change.tensor_proto.string_val[0].decode()
    assert "| learning_rate | 0.05 | 0.02 |" in told and EVIL in told and change.step == 18
    assert change.wall_time == facts(made, "settings_changed")[0]["at"]
    assert found.summary_metadata["recipe"].plugin_data.plugin_name == "text"


def test_a_reader_that_looks_on_sees_everything_once(tmp_path: Path) -> None:
    made = run(tmp_path / "run", 1)
    target = tmp_path / "folder"
    made.folder(target, final=False)
    first = board(target)
    reader, page = read_by_tensorboard(target), plugin_event_accumulator.EventAccumulator(str(target / "tensorboard")).Reload()
    assert len(reader.Scalars("loss/train")) == 23
    for epoch in (2, 3, 4, 5):
        made.train(epoch)
        made.folder(target, final=epoch == 5)
        assert len(list((target / "tensorboard").iterdir())) <= 4
        assert board(target) != first
        reader.Reload()
        assert [one.step for one in reader.Scalars("loss/train")] == list(range(1, 23 * epoch + 1))
        assert len(reader.Scalars("accuracy/test")) == epoch and len(reader.Histograms("weights/conv1")) == epoch
        assert len(page.Reload().Tensors("recipe")) == 1  # the other reader throws away no texts


def test_a_long_run_is_shown_in_part_while_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(tmp_path / "run", 2)
    monkeypatch.setattr(boards, "MOST_LIVE", 10)
    made.folder(tmp_path / "passing", final=False)
    made.folder(tmp_path / "final")
    some, every = (read_by_tensorboard(tmp_path / name).Scalars("loss/train") for name in ("passing", "final"))
    assert len(every) == 46 and 10 <= len(some) <= 20
    assert {(one.step, one.value) for one in some} <= {(one.step, one.value) for one in every} and some[-1] == every[-1]


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"backbone"}))
def test_graphs_of_other_networks(name: str) -> None:
    found = graph_of(template(name, "mnist", {}, 1))
    assert found and len(GraphDef.FromString(found).node) > 5, "torch could not follow it"


def test_numbers_that_are_none_and_steps_that_old_logs_lack_do_no_harm(tmp_path: Path) -> None:
    made = run(tmp_path / "run", 1)
    for one in facts(made, "metrics"):
        one["data"]["train_loss"] = [1e300 for _ in one["data"]["train_loss"]]
        del one["data"]["step"], one["data"]["learning_rate"]
    for one in facts(made, "epoch_finished"):
        one["data"]["test"]["loss"] = None
    for one in facts(made, "histograms_measured"):
        one["data"]["layers"]["conv1"]["gradients"] = None
    text = made.save().log.read_text()
    assert json.loads(text.splitlines()[1]) and list(logs.read(made.log))
    with pytest.raises(Exception, match="no_log|cannot be read"):  # the fold wants a step: such a log is none of ours
        read(made.log, lambda **_: None)
    for one in facts(made, "metrics"):
        one["data"] |= {"step": 5, "learning_rate": 0.1}
    line = read(made.save().log, lambda **_: None).line(None, None)
    target = tmp_path / "board"
    file = boards.write(target, line, "", None, [], None, lambda **_: None)
    found = EventAccumulator(str(file), size_guidance=ALL).Reload()
    assert "loss/test" not in found.Tags()["scalars"] and "gradients/conv1" not in found.Tags()["histograms"]
    assert all(one.value == np.float32(3.4028235e38) for one in found.Scalars("loss/train"))


def test_a_sheet_has_only_images_that_are_learned_from() -> None:
    data = digits(1, CPU)
    blueprint = cnn().model_copy(update={"without": (0, 1, 2)})
    found = sheets(blueprint, Settings(), data)
    assert set(found) == {"examples/train"}
    with Image.open(io.BytesIO(found["examples/train"])) as picture:
        paper = torch.from_numpy(np.array(picture))
    assert paper.shape == (4 * 49 - 1, 8 * 49 - 1, 3)
    first = data.train.images[3].float() * 255 / 16
    assert torch.equal(paper[0:48:6, 0:48:6, :1].float(), first.round())

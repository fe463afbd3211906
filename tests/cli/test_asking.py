"""evaluate, predict, explain: a run folder is asked what a room would be asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ml_utils import logs
from ml_utils.cli import exits
from ml_utils.cli.main import main
from tests.cli.conftest import asked


@pytest.fixture
def zero(tmp_path: Path) -> Path:
    pixels = (load_digits().images[0] * 255 / 16).astype(np.uint8)
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(tmp_path / "zero.png")
    return tmp_path / "zero.png"


def test_an_evaluation_says_what_the_log_said_at_the_end_of_the_epoch(
        trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = list(logs.read(trained / "events.jsonl"))
    epochs = {fact["position"]["epoch"]: fact["data"]["test"] for fact in facts if fact["name"] == "epoch_finished"}
    saved = {fact["data"]["epoch"]: fact["data"]["digest"] for fact in facts if fact["name"] == "checkpoint_saved"}
    for epoch in (1, 2):
        code, (found,) = asked(capsys, "evaluate", trained, "--epoch", epoch)
        assert code == exits.DONE and found["type"] == "evaluated" and found["digest"] == saved[epoch]
        assert (found["accuracy"], found["examples"]) == (epochs[epoch]["accuracy"], 360)
        assert found["loss"] == pytest.approx(epochs[epoch]["loss"], rel=1e-5)
        assert sum(map(sum, found["matrix"])) == 360 and len(found["classes"]) == 10
    code, (train,) = asked(capsys, "evaluate", trained, "--split", "train")
    assert train["examples"] == 1437 and train["accuracy"] > 0.5


def test_people_get_a_table(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(trained)]) == exits.DONE
    out = capsys.readouterr().out
    assert "360 examples" in out and "precision" in out and "support" not in out


def test_a_picture_is_classified_and_its_attribution_drawn(
        trained: Path, zero: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (found,) = asked(capsys, "predict", trained, zero, "--top", 10)
    assert code == exits.DONE and found["classes"][0]["class"] == "0"
    assert sum(one["probability"] for one in found["classes"]) == pytest.approx(1, abs=1e-3)
    for method in ("input_x_gradient", "grad_cam", "occlusion"):
        code, (found,) = asked(capsys, "explain", trained, zero, "--method", method, "--to", tmp_path / "out")
        assert code == exits.DONE and found["target"] == 0
        with Image.open(found["picture"]) as drawn:
            assert drawn.size[0] >= 800 and len(drawn.convert("RGB").getcolors(10**6) or ()) > 10


@pytest.mark.parametrize(("words", "says"), [
    (("evaluate", "RUN", "--split", "validation"), "validate"), (("evaluate", "RUN", "--epoch", "9"), "epoch 9"),
    (("evaluate", "RUN", "--epoch", "b7:1"), "b7"), (("evaluate", "RUN", "--epoch", "../x"), "names no"),
    (("evaluate", "nowhere"), "no run folder"), (("predict", "RUN", "nowhere.png"), "nowhere.png"),
    (("predict", "RUN", "RECIPE"), "no picture"), (("explain", "RUN", "ZERO", "--target", "10"), "class 10"),
    (("explain", "RUN", "ZERO", "--target", "-1"), "class -1"), (("explain", "RUN", "ZERO", "ZERO"), "twice")])
def test_what_cannot_be_asked_is_refused_in_words(
        trained: Path, zero: Path, tmp_path: Path, words: tuple[str, ...], says: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    meant = {"RUN": trained, "ZERO": zero, "RECIPE": trained / "recipe.yaml"}
    to = ["--to", tmp_path / "out"] if words[0] == "explain" else []
    code, (found,) = asked(capsys, *(meant.get(word, word) for word in words), *to)
    assert code == exits.REFUSED and found["type"] == "error" and says in found["message"] and found["hint"]
    assert not list(tmp_path.glob("out/*.png"))


def test_no_picture_is_written_over(trained: Path, zero: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("explain", trained, zero, "--to", tmp_path / "out")
    assert asked(capsys, *words)[0] == exits.DONE
    code, (found,) = asked(capsys, *words)
    assert code == exits.REFUSED and found["code"] == "exists"


def test_a_run_without_its_checkpoints_says_so(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "events.jsonl").write_bytes((trained / "events.jsonl").read_bytes())
    code, (found,) = asked(capsys, "evaluate", tmp_path)
    assert code == exits.REFUSED and found["code"] == "model_damaged"


def test_exported_weights_begin_another_run_and_what_does_not_fit_leaves_nothing(
        trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "export", trained, "--epoch", "last", "--format", "safetensors", "--to", tmp_path)[0] == exits.DONE
    (file,) = tmp_path.glob("*.safetensors")
    words = ("train", trained / "recipe.yaml", "--epochs", 1, "--runs", tmp_path / "runs", "--name", "warm", "--quiet",
             "--weights")
    code, lines = asked(capsys, *words, file)
    assert code == exits.DONE and lines[-1]["reason"] == "finished"
    warm, cold = (list(logs.read(folder / "events.jsonl")) for folder in (tmp_path / "runs" / "warm", trained))
    assert warm[0]["data"]["warm"]["file"] and cold[0]["data"]["warm"] is None
    first = [next(fact["data"]["train"] for fact in facts if fact["name"] == "epoch_finished") for facts in (warm, cold)]
    assert first[0]["loss"] < first[1]["loss"]
    code, (found,) = asked(capsys, *(word if word != "warm" else "bad" for word in words), trained / "weights" / "last.pt")
    assert code == exits.REFUSED and found["hint"] and not (tmp_path / "runs" / "bad").exists()

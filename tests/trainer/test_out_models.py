"""A stored model is found by words, and taken out as files that plain torch and a fresh interpreter open."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.datasets import Images
from ml_utils.core.errors import Refused
from ml_utils.core.settings import Settings
from ml_utils.trainer.look.picture import shaped
from ml_utils.trainer.out import model_pt, predict_py, safe
from ml_utils.trainer.out.stored import Stored, stored
from tests.rules_helpers import ROOT

from .scenes import data_of, network, one_core
from .taken import Taken, kept, trained

TIMEOUT = 120.0
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    with one_core():
        return trained(tmp_path_factory.mktemp("taken"))


def found(taken: Taken, which: str = "last") -> Stored:
    return stored(taken.log, taken.order, which)


def alone(folder: Path, *args: str) -> str:
    """Run a fresh interpreter in a folder, without this repository; return what it says."""
    done = subprocess.run([sys.executable, "-I", *args], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert not done.returncode, done.stderr
    return done.stdout


# ── which model ─────────────────────────────────────────────────────────────────────────────────────────────

def test_words_name_a_stored_model(taken: Taken) -> None:
    accuracy = dict(taken.state["series"]["b1"]["test_accuracy"])
    best = max((1, 2), key=lambda epoch: accuracy[epoch])
    assert found(taken, "best").place["epoch"] == best
    assert found(taken, "last").place == found(taken, "b1:2").place
    first = found(taken, "1")
    assert first.place == {"run": "r1", "branch": "b1", "epoch": 1, "batch": 0, "x": 1.0, "digest": first.checkpoint.digest()}


@pytest.mark.parametrize(("which", "code"), [
    ("9", "not_kept"), ("0", "not_kept"), ("b9:1", "unknown_branch"), ("newest", "invalid"), ("", "invalid"),
    ("b1:", "invalid"), ("../b1:1", "invalid"), ("-1", "invalid"), ("1e3", "invalid")])
def test_what_is_not_there_is_refused_in_words(taken: Taken, which: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        found(taken, which)
    assert refused.value.code == code and refused.value.hint


def test_the_last_of_an_interrupted_epoch_is_in_its_middle(tmp_path: Path) -> None:
    taken = Taken(tmp_path)
    taken.begin()
    with one_core():
        session = taken.train(3, steps=5)
    last = found(taken)
    assert (last.place["epoch"], last.place["batch"]) == (0, 5)
    assert found(taken, "best").place == last.place, "no epoch has ended: the best is the last"
    own = session.learner.tensors()
    assert all(torch.equal(values, own[f"model.{name}"]) for name, values in last.weights.items())


def test_a_damaged_file_and_an_empty_log_are_refused(tmp_path: Path) -> None:
    with one_core():
        taken = trained(tmp_path, epochs=1)
    for file in (tmp_path / "checkpoints").rglob("*.pt"):
        file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(Refused, match="could not be read"):
        found(taken)
    taken.log.write_text("nothing\n")
    with pytest.raises(Refused, match="cannot be read"):
        found(taken)


# ── model.pt, safetensors ───────────────────────────────────────────────────────────────────────────────────

def test_plain_torch_opens_the_whole_state(taken: Taken, tmp_path: Path) -> None:
    one = found(taken)
    model_pt.write(tmp_path / "model.pt", one, data_of("digits"))
    read = torch.load(tmp_path / "model.pt", weights_only=True)
    assert (read["format"], read["version"], read["digest"]) == ("lockstep-model", 1, one.checkpoint.digest())
    assert read["place"] == one.place and read["class_names"] == list("0123456789") and read["input_shape"] == [1, 8, 8]
    assert Blueprint.model_validate_json(read["blueprint"]) == one.blueprint
    assert Settings.model_validate_json(read["settings"]) == one.settings
    assert set(read["tensors"]) == set(one.checkpoint.tensors)
    assert any(name.startswith("optimizer.") for name in read["tensors"])
    assert all(torch.equal(values, one.weights[name]) for name, values in read["model_state_dict"].items())
    values = data_of("digits").train.images.double()
    assert np.allclose([read["mean"][0], read["std"][0]], [values.mean(), values.std(correction=0)], rtol=1e-6)


def test_equal_models_are_equal_files_that_the_library_opens(taken: Taken, tmp_path: Path) -> None:
    one = found(taken)
    for name in ("a", "b"):
        safe.write(tmp_path / name, one, data_of("digits"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with safe_open(tmp_path / "a", framework="pt") as read:
        facts = read.metadata()
        assert set(read.keys()) == set(one.weights)
        assert all(torch.equal(read.get_tensor(name), values) for name, values in one.weights.items())
    assert json.loads(facts["place"]) == one.place and facts["digest"] == one.place["digest"]
    assert Blueprint.model_validate_json(facts["blueprint"]) == one.blueprint and json.loads(facts["brightest"]) == 16


# ── the pages' own words, and predict.py, in a fresh interpreter ────────────────────────────────────────────

def test_the_loader_of_the_docs_works_as_it_is_written(taken: Taken, tmp_path: Path) -> None:
    text = (ROOT / "docs/export.md").read_text(encoding="utf-8")
    loader = next(code for code in CODE.findall(text) if "weights_only" in code)
    assert len([line for line in loader.splitlines() if line.strip()]) <= 10
    one, data = found(taken), data_of("digits")
    model_pt.write(tmp_path / "model.pt", one, data)
    (tmp_path / "predict.py").write_text(predict_py.text(one, data), encoding="utf-8")
    (tmp_path / "loader.py").write_text(loader, encoding="utf-8")
    said = alone(tmp_path, "-c", "import sys; sys.path.insert(0, '.'); exec(open('loader.py').read())")
    assert said.strip() in one.blueprint.row.classes


SHARES = """
import json, runpy, sys, torch
names = runpy.run_path("predict.py")
model = names["load"]()
with torch.inference_mode():
    print(json.dumps([model(names["pixels"](file, False)).softmax(1)[0].tolist() for file in sys.argv[1:]]))
"""
PAD = {"kind": "conv", "channels": 4}
ODD = [[PAD, "batchnorm", {"kind": "residual", "layers": [{"kind": "separable", "channels": 5}]}],
       [{"kind": "patches", "height": 4, "width": 4}, {"kind": "gru", "both": True}]]


def pictures(folder: Path) -> list[str]:
    """Write pictures of several kinds."""
    noise = np.random.default_rng(1)
    for name, size, mode in (("grey.png", (40, 31), "L"), ("photo.jpg", (64, 48), "RGB"), ("clear.png", (20, 20), "RGBA")):
        depth = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
        Image.fromarray(noise.integers(0, 256, (size[1], size[0], *depth), dtype=np.uint8), mode).save(folder / name)
    Image.fromarray(noise.integers(0, 65536, (9, 9), dtype=np.uint16)).save(folder / "deep.png")
    return ["grey.png", "photo.jpg", "clear.png", "deep.png"]


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
@pytest.mark.parametrize("number", range(3))
def test_predict_py_says_the_same_as_the_lab_without_the_lab(taken: Taken, tmp_path: Path, number: int) -> None:
    one = found(taken, "best") if number == 2 else kept(network(*ODD[number], dataset=("digits", "cifar10")[number]))
    data = data_of(one.blueprint.dataset)
    predict_py.write(tmp_path / "model.zip", one, data)
    with ZipFile(tmp_path / "model.zip") as archive:
        assert archive.namelist() == ["predict.py", "model.safetensors"]
        archive.extractall(tmp_path)
    files = pictures(tmp_path)
    scene = one.scene(taken.order, data)
    channels, height, width = one.blueprint.row.shape
    with torch.no_grad():
        for file, theirs in zip(files, json.loads(alone(tmp_path, "-c", SHARES, *files)), strict=True):
            pixels = shaped((tmp_path / file).read_bytes(), one.blueprint.row, False)
            values = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(1, height, width, channels)
            values = (values.float() * (scene.brightest / 255)).round().to(torch.uint8)
            ours = scene.model(scene.batch(values)).softmax(1)[0]
            assert torch.allclose(ours, torch.tensor(theirs), atol=1e-5), file
    told = alone(tmp_path, "predict.py", *files).splitlines()
    assert len(told) == 4 and told[0].startswith("grey.png: ")


def test_hostile_names_of_classes_stay_names(tmp_path: Path) -> None:
    names = ('"""; import os; os.mkdir("hacked"); """', "'); open('hacked', 'w'); ('", "\\", "Fuß 🦶", "{x}", "a\u200db")
    images = Images(title='"""; open("hacked", "w")', shape=(1, 8, 8), classes=names, train=100, test=10)
    plain = {"dataset": "own_0123456789abcdef", "images": images.model_dump(mode="json"),
             "layers": [{"kind": "flatten"}, {"kind": "linear", "features": len(names)}]}
    one = kept(Blueprint.model_validate(plain))
    predict_py.write(tmp_path / "model.zip", one, data_of("mnist"))
    with ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path)
    said = alone(tmp_path, "-c", "import json, runpy; print(json.dumps(runpy.run_path('predict.py')['CLASSES']))")
    assert json.loads(said) == list(names) and not (tmp_path / "hacked").exists()

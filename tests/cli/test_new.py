"""`new` writes a recipe that can be trained; `models` lists what networks can be made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_utils import recipes
from ml_utils.cli.main import main
from ml_utils.core.blueprint import cnn
from ml_utils.core.kinds import KINDS
from ml_utils.core.settings import Settings
from ml_utils.core.templates import TEMPLATES, template


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_recipe_has_everything_as_usual_and_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new"]) == 0
    text = Path("recipe.yaml").read_text(encoding="utf-8")
    assert recipes.read_recipe(text) == (cnn(), Settings()) and "template:" in text and "1e-06 to 10" in text
    assert "recipe.yaml" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["cnn", *TEMPLATES])
def test_every_ready_network_can_be_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "-", "--template", name, "--dataset", "mnist", "--seed", "7"]) == 0
    text = capsys.readouterr().out
    made = cnn("mnist", 7) if name == "cnn" else template(name, "mnist", {}, 7)
    assert recipes.read_recipe(text) == (made, Settings()) and "layers:" not in text


def test_values_options_layers_and_comments_are_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--set", "settings.learning_rate=0.01", "--set", "blueprint.template.options.width=9", "--template", "mlp"]
    assert main(["new", "-", *asked, "--bare"]) == 0
    text = capsys.readouterr().out
    made = template("mlp", "digits", {"width": 9}, 1), Settings(learning_rate=0.01)
    assert recipes.read_recipe(text) == made and "#" not in text and "width: 9" in text
    assert main(["new", "-", *asked, "--layers"]) == 0
    text = capsys.readouterr().out
    assert recipes.read_recipe(text) == made and "layers:" in text and "template:" not in text


def test_no_file_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text("mine", encoding="utf-8")
    assert main(["new", "a.yaml"]) == 2 and Path("a.yaml").read_text(encoding="utf-8") == "mine"
    assert "there already" in capsys.readouterr().err
    assert main(["new", "missing/a.yaml"]) == 2 and main(["new", "."]) == 2


@pytest.mark.parametrize("asked", [["--template", "mpl"], ["--set", "settings.lr=3"], ["--set", "x"], ["--seed", "-1"],
                                   ["--set", "settings.frozen=[conv9]"], ["--set", "settings.epochs=0"]])
def test_what_is_unknown_is_refused(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *asked]) == 2 and not Path("recipe.yaml").exists()
    assert capsys.readouterr().err


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_models_lists_ready_networks_and_kinds_of_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert "three_blocks" in text and "conv" in text
    assert main(["models", "--json"]) == 0
    row = told(capsys)[0]
    assert {one["name"] for one in row["templates"]} == {"cnn", *TEMPLATES}
    assert {one["name"] for one in row["kinds"]} == set(KINDS)
    assert all(set(one) == {"name", "title", "help", "group", "options"} for one in row["templates"])


@pytest.mark.parametrize("name", ["cnn", *TEMPLATES, *KINDS])
def test_each_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", name, "--json"]) == 0 and told(capsys)[0]["name"] == name
    assert main(["models", name]) == 0


def test_a_model_that_is_not_there_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "covn"]) == 2 and "Did you mean conv?" in capsys.readouterr().err

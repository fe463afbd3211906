"""Recipes: what is written is read as exactly that, what is left out is usual, what is wrong is told with line and name."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_utils import recipes, yaml_reader
from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.datasets import Images
from ml_utils.core.errors import Refused
from ml_utils.core.recipe import nearest, network_digest, short
from ml_utils.core.settings import Settings, settings_table
from ml_utils.core.templates import TEMPLATES, template

WORD = st.one_of(st.text(min_size=1, max_size=20), st.sampled_from(
    ["1e5", "null", "~", "yes", "0x1f", "1_000", "2001-01-01", "-", "a: b", "# x", "'", '"', " x", "x ", "\n", "\u2028",
     "é", "=", "<<", "😀", "\x85", "\t", "true", ".5", "- a", "&a", "*a", "!x", "%x", "@x", "`x", "{", "]", "no", "1:30",
     "\ufeff"]))


NAME = WORD.filter(lambda word: word == word.strip() and not any(category(sign) in ("Cc", "Zl", "Zp") for sign in word))


@st.composite
def images(draw: st.DrawFn) -> Images:
    classes = draw(st.lists(NAME, min_size=2, max_size=4, unique=True))
    shape = draw(st.sampled_from([(1, 8, 8), (3, 32, 32)]))
    return Images(title=draw(NAME), shape=shape, classes=tuple(classes), train=100, test=7)


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    own = draw(st.none() | images())
    name = "own_0123456789abcdef" if own else draw(st.sampled_from(["digits", "mnist", "cifar10"]))
    seed = draw(st.integers(0, 2**32 - 1))
    ready = draw(st.sampled_from(["cnn", "mlp", "small_resnet", "transformer", "vgg"]))
    made = cnn(name, seed, own) if ready == "cnn" else template(ready, name, {}, seed, own)
    return Blueprint.model_validate({**made.model_dump(mode="json"), "validation": draw(st.floats(0, 0.5)),
                                     "without": draw(st.lists(st.integers(0, 30), max_size=4))})


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    found: dict[str, Any] = {}
    for row in settings_table():
        if "choices" in row:
            found[row["name"]] = draw(st.sampled_from(list(row["choices"])))
        elif row["kind"] == "integer":
            found[row["name"]] = draw(st.integers(row["minimum"], row["maximum"]))
        elif row["kind"] == "number":
            found[row["name"]] = draw(st.floats(row["minimum"], row["maximum"]))
        else:
            found[row["name"]] = draw(st.booleans())
    return Settings(**found, frozen=draw(st.lists(st.sampled_from(["conv1", "linear2"]))),
                    dropouts=draw(st.dictionaries(st.sampled_from(["dropout1", "dropout22"]), st.floats(0, 0.95))),
                    class_weights=draw(st.dictionaries(st.sampled_from(["0", "3", "12"]), st.floats(0.01, 100))))


@given(blueprints(), all_settings(), st.booleans())
@settings(max_examples=60)
def test_what_is_written_is_read_as_exactly_that(blueprint: Blueprint, chosen: Settings, comments: bool) -> None:
    text = recipes.recipe(blueprint, chosen, comments)
    assert recipes.read_recipe(text) == (blueprint, chosen)
    assert ("#" in re.sub(r'"[^"]*"|\'[^\']*\'', "", text)) or not comments


@given(WORD)
@settings(max_examples=200)
def test_every_word_comes_back_as_a_word(word: str) -> None:
    assert yaml_reader.found(yaml_reader.dumped({"a": word}), 10_000, 10).value == {"a": word}


def test_a_recipe_says_of_every_setting_what_it_is() -> None:
    text = recipes.recipe(cnn("mnist"), Settings())
    lines = {line.split(":")[0].strip(): line for line in text.splitlines() if line.startswith("  ")}
    assert set(Settings.model_fields) | {"dataset", "seed", "validation", "layers"} <= set(lines)
    assert "1e-06 to 10: How far" in lines["learning_rate"] and "2 to 1024 images" in lines["batch_size"]
    assert "sgd, adam, adamw, rmsprop" in lines["optimizer"] and "with loss focal" in lines["focal_gamma"]
    assert all("#" in lines[name] for name in Settings.model_fields) and max(map(len, text.splitlines())) <= 120
    assert "#" not in recipes.recipe(cnn("mnist"), Settings(), comments=False)


@pytest.mark.parametrize("text", ["settings:", "blueprint:", "blueprint: {}\nsettings: {}", "blueprint:\nsettings:\n"])
def test_what_is_left_out_is_usual(text: str) -> None:
    assert recipes.read_recipe(text) == (cnn(), Settings())


def test_what_a_recipe_says_comes_before_what_is_usual() -> None:
    text = "blueprint:\n  dataset: mnist\n  validation: 0.1\nsettings: {learning_rate: 1e-2, frozen: [conv1]}"
    blueprint, chosen = recipes.read_recipe(text)
    assert blueprint == Blueprint.model_validate({**cnn("mnist").model_dump(mode="json"), "validation": 0.1})
    assert chosen == Settings(learning_rate=0.01, frozen=["conv1"])


@pytest.mark.parametrize("name", ["cnn", *TEMPLATES])
def test_a_ready_network_may_stand_in_place_of_layers(name: str) -> None:
    made = cnn("mnist", 7) if name == "cnn" else template(name, "mnist", {}, 7)
    for asked in (name, f"{{name: {name}}}"):
        assert recipes.read_recipe(f"blueprint: {{dataset: mnist, seed: 7, template: {asked}}}")[0] == made
    text = recipes.recipe(made, Settings(), template={"name": name, "options": {}})
    assert recipes.read_recipe(text) == (made, Settings()) and "layers:" not in text


def test_options_of_a_ready_network_are_obeyed() -> None:
    made = recipes.read_recipe("blueprint: {template: {name: mlp, options: {width: 17}}}")[0]
    assert made == template("mlp", "digits", {"width": 17}, 1)


def test_own_images_are_told_and_read() -> None:
    own = Images(title="cats: mine", shape=(3, 32, 32), classes=("1e5", "no"), train=50, test=10)
    blueprint = cnn("own_0123456789abcdef", 3, own)
    plain = blueprint.model_dump(mode="json")
    assert recipes.read_recipe(recipes.recipe(blueprint, Settings()))[0] == blueprint
    assert recipes.opened(recipes.written(plain))["blueprint"] == plain
    assert short(plain)["images"]["classes"] == ["1e5", "no"]


def test_titles_of_images_and_what_is_held_back_make_no_other_network() -> None:
    own = Images(title="a", shape=(3, 32, 32), classes=("x", "y"), train=50, test=10)
    one = cnn("own_0123456789abcdef", 3, own).model_dump(mode="json")
    other = {**one, "images": {**one["images"], "title": "b"}, "validation": 0.25}
    assert network_digest(one) == network_digest(other)


WRONG = [  # text, line, field, what is meant
    ("settings:\n  lerning_rate: 0.1", 2, "settings.lerning_rate", "learning_rate"),
    ("settings:\n\n  lr: 0.1", 3, "settings.lr", "learning_rate"),
    ("settings: {batchsize: 8}", 1, "settings.batchsize", "batch_size"),
    ("# one\nsetings: {}", 2, "setings", "settings"),
    ("blueprint:\n  datset: mnist", 2, "blueprint.datset", "dataset"),
    ("blueprint:\n  dataset: minst", 2, "blueprint.dataset", "mnist"),
    ("blueprint:\n  layers:\n  - {kind: covn}", 3, "blueprint.layers.0", "conv"),
    ("blueprint:\n  layers:\n  - kind: conv\n    chanels: 3", 4, "blueprint.layers.0.conv.chanels", "channels"),
    ("blueprint:\n  layers:\n  - kind: residual\n    layers:\n    - {kind: conv, kernl: 3}", 5,
     "blueprint.layers.0.residual.layers.0.conv.kernl", "kernel"),
    ("blueprint:\n  template: {name: mlp, options: {widht: 3}}", 2, "blueprint.template.options.widht", "width"),
    ("blueprint:\n  template:\n    nam: mlp", 3, "blueprint.template.nam", "name"),
    ("settings:\n  optimizer: adamm", 2, "settings.optimizer", "adam"),
    ("blueprint: {images: {titel: x}, dataset: own_0123456789abcdef}", 1, "blueprint.images.titel", "title"),
]


@pytest.mark.parametrize(("text", "line", "field", "meant"), WRONG)
def test_a_misspelt_name_is_refused_with_the_nearest_one(text: str, line: int, field: str, meant: str) -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe(text)
    assert caught.value.field == field and caught.value.message.startswith(f"Line {line}: ")
    assert caught.value.hint.startswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(("text", "field", "line"), [
    ("settings:\n  epochs: 0", "settings.epochs", 2), ("settings:\n  epochs: 1.5", "settings.epochs", 2),
    ("settings:\n  flip: 1", "settings.flip", 2), ("settings: []", "settings", 1), ("blueprint: 3", "blueprint", 1),
    ("settings: {learning_rate: .nan}", "settings.learning_rate", 1), ("blueprint:\n  seed: -1", "blueprint.seed", 2),
    ("settings: {frozen: [conv1, 3]}", "settings.frozen.1", 1), ("blueprint:\n template: 3", "blueprint.template", 2),
    ("blueprint:\n template: {options: {}}", "blueprint.template.name", 2),
    ("blueprint:\n template: {name: mlp, options: {width: 0}}", "blueprint.template.options.width", 2),
    ("blueprint:\n template: nothing", "blueprint.template.name", 2),
    ("blueprint:\n template: cnn\n layers: []", "blueprint.template", 2),
    ("blueprint:\n dataset: own_0123456789abcdef", "blueprint", 1), ("blueprint: {layers: []}", "blueprint.layers", 1),
    ("blueprint:\n qqqqqq: 1", "blueprint.qqqqqq", 2)])
def test_what_is_out_of_range_is_refused_with_its_line(text: str, field: str, line: int) -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe(text)
    assert caught.value.field == field and caught.value.message.startswith(f"Line {line}: ") and caught.value.hint


@pytest.mark.parametrize("text", ["", "# nothing", "[]", "null", "x", "3"])
def test_a_text_that_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe(text)
    assert caught.value.code == "no_recipe"


def test_an_escape_that_names_no_sign_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe('blueprint: {dataset: "\\U00110000"}')
    assert caught.value.code == "not_yaml"


def test_a_network_that_cannot_work_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe("blueprint: {layers: [{kind: flatten}]}")
    assert "Linear with 10 features" in caught.value.hint


PARTS = st.sampled_from(["layers", "dataset", "template", "images", "name", "kind", "options"])
PIECES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: (
    st.lists(inner, max_size=2) | st.dictionaries(PARTS, inner, max_size=3)), max_leaves=6)


@given(st.one_of(st.text(max_size=100), st.text("blueprint settings:{}[],-\n template layers", max_size=80),
                 st.dictionaries(st.sampled_from(["blueprint", "settings", "x"]), PIECES).map(yaml_reader.dumped)))
@settings(max_examples=250)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        recipes.read_recipe(text)
    except Refused as refused:
        assert refused.hint and len(refused.message) < 700 and refused.message.isprintable()


# ── changes on the way ──────────────────────────────────────────────────────────────────────────────────────

def test_changes_are_made_before_a_recipe_is_read() -> None:
    text = recipes.recipe(cnn(), Settings(), template={"name": "cnn", "options": {}})
    blueprint, chosen = recipes.read_recipe(text, ["blueprint.dataset=mnist", "blueprint.seed=9", "settings.learning_rate=0.01",
                                                   "settings.frozen=[conv1]", "settings.dropouts.dropout1=0.5"])
    assert blueprint == cnn("mnist", 9)
    assert chosen == Settings(learning_rate=0.01, frozen=["conv1"], dropouts={"dropout1": 0.5})


def test_changes_reach_into_layers_and_templates() -> None:
    text = recipes.recipe(cnn(), Settings())
    assert recipes.read_recipe(text, ["blueprint.layers.0.channels=4"])[0].layers[0].model_dump()["channels"] == 4
    assert recipes.read_recipe(text, ["blueprint.template=mlp"])[0] == template("mlp", "digits", {}, 1)
    changes = ["blueprint.template.name=mlp", "blueprint.template.options.width=9"]
    assert recipes.read_recipe(text, changes)[0] == template("mlp", "digits", {"width": 9}, 1)


def test_another_dataset_leaves_nothing_of_own_images() -> None:
    own = Images(title="a", shape=(1, 28, 28), classes=tuple("0123456789"), train=50, test=10)
    text = recipes.recipe(mlp("own_0123456789abcdef", 1, own), Settings())
    assert recipes.read_recipe(text, ["blueprint.dataset=mnist"])[0] == mlp("mnist")


@pytest.mark.parametrize("change", ["x=1", "settings.epochs", "=", ".=", "settings.=3", "blueprint.layers.99.kind=conv",
                                    "blueprint.seed.x=3", "blueprint.layers.x.kind=conv", "settings.epochs=[", ""])
def test_a_change_that_changes_nothing_is_refused(change: str) -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe(recipes.recipe(cnn(), Settings()), [change])
    assert caught.value.hint


def test_a_change_to_what_is_unknown_is_refused_without_a_line() -> None:
    with pytest.raises(Refused) as caught:
        recipes.read_recipe(recipes.recipe(cnn(), Settings()), ["settings.learning_rat=3"])
    assert caught.value.message.startswith("settings.learning_rat ") and "learning_rate" in caught.value.hint


@pytest.mark.parametrize(("word", "meant"), [("lr", "learning_rate"), ("wd", "weight_decay"), ("bs", "batch_size"),
                                             ("Learning-Rate", "learning_rate"), ("epoch", "epochs"), ("qqqq", None),
                                             ("x" * 10_000, None)])
def test_the_nearest_name(word: str, meant: str | None) -> None:
    assert nearest(word, Settings.model_fields) == meant

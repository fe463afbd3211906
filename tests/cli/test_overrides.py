"""What stands on the command line beside the recipe: changes, names, and every way to get it wrong."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_utils.cli.main import COMMANDS
from ml_utils.cli.names import LONGEST, NAME, automatic, make_folder
from ml_utils.cli.overrides import asked_for, settings_asked
from ml_utils.core.errors import Refused
from ml_utils.core.snapshot import empty_state
from tests.cli.conftest import run

DIGITS = "blueprint:\n  template: cnn\n"


def asked(recipe: Path | None = None, **others: object) -> Namespace:
    return Namespace(**{"recipe": recipe, "template": None, "set": None, "seed": None, "epochs": None, **others})


def test_what_stands_later_counts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(DIGITS + "settings:\n  learning_rate: 0.5\n  epochs: 7\n")
    blueprint, settings, base = asked_for(asked(
        tmp_path / "a.yaml", seed=9,
        set=["settings.learning_rate=0.1", "settings.learning_rate=0.2", "blueprint.dataset=mnist"]))
    assert (blueprint.dataset, blueprint.seed, blueprint.layers[-3].features) == ("mnist", 9, 64)  # type: ignore[union-attr]
    assert (settings.learning_rate, settings.epochs, base) == (0.2, 7, "a")


def test_a_ready_network_fits_the_dataset_that_is_set() -> None:
    blueprint, _, _ = asked_for(asked(template="lenet5", set=["blueprint.dataset=cifar10"], epochs=2))
    assert blueprint.dataset == "cifar10"


def test_settings_of_a_run_change_and_its_blueprint_does_not() -> None:
    wanted, changes = settings_asked(empty_state("terminal"), ["settings.dropouts={dropout1: 0.5}", "settings.epochs=10"])
    assert wanted.dropouts == {"dropout1": 0.5}
    assert changes == {"dropouts": {"from": {}, "to": {"dropout1": 0.5}}}
    with pytest.raises(Refused, match="fixed once a run has begun"):
        settings_asked(empty_state("terminal"), ["blueprint.seed=2"])


WRONG = [
    ([], "There is no recipe to train.", "--template cnn"),
    (["nowhere.yaml"], "cannot be read: No such file", "python -m ml_utils new"),
    (["lenet5"], "cannot be read", "use --template lenet5"),
    (["."], "cannot be read", "new"),
    (["latin.yaml"], "no text in UTF-8", "new"),
    (["empty.yaml", "--template", "cnn"], "exclude each other", "Name one recipe"),
    (["list.yaml"], "no recipe", "blueprint:"),
    (["misspelt.yaml"], "settings.learning_rat", "Did you mean learning_rate?"),
    (["range.yaml"], "settings.momentum", ""),
    (["--template", "cn"], "no ready network 'cn'", "Did you mean cnn?"),
    (["--template", "cnn", "--set", "settings.lr=0.1"], "settings.lr", "Did you mean learning_rate?"),
    (["--template", "cnn", "--set", "setings.learning_rate=0.1"], "setings", "Did you mean settings?"),
    (["--template", "cnn", "--set", "settings.learning_rate=fast"], "settings.learning_rate", ""),
    (["--template", "cnn", "--set", "settings.learning_rate=-1"], "settings.learning_rate", "larger"),
    (["--template", "cnn", "--set", "settings.learning_rate"], "changes nothing", "name=value"),
    (["--template", "cnn", "--set", "learning_rate=1"], "changes nothing", "name=value"),
    (["--template", "cnn", "--set", "settings.learning_rate=&a 1"], "anchors", ""),
    (["--template", "cnn", "--set", "blueprint.dataset=mnits"], "blueprint.dataset", "Did you mean mnist?"),
    (["--template", "cnn", "--set", "settings.frozen=[conv9]"], "There is no layer 'conv9'", "conv1"),
    (["--template", "cnn", "--set", "settings.dropouts={conv7: 0.1}"], "There is no layer 'conv7'", ""),
    (["wide.yaml", "--set", "blueprint.dataset=digits"], "Layer 4 (pool4)", "Take it out"),
    (["--template", "cnn", "--name", "../up"], "no name of a run", "letters, digits"),
    (["--template", "cnn", "--name", ""], "no name of a run", ""),
    (["--template", "cnn", "--name", "taken"], "nothing is overwritten", "--resume"),
    (["--template", "cnn", "--runs", "file"], "No folder can be made", "--runs"),
    (["--resume", "nowhere"], "There is no run in nowhere", "train"),
    (["--resume", "runs/taken", "--seed", "1"], "--seed and --resume exclude", "Leave out"),
    (["--resume", "runs/taken", "--threads", "1"], "--threads and --resume exclude", ""),
    (["--resume", "runs/taken", "--join", "aaaaaaaa"], "--join and --resume exclude", ""),
    (["--resume", "runs/taken", "empty.yaml"], "RECIPE and --resume exclude", ""),
    (["--template", "cnn", "--join", "nonsense!"], "no code of a room", "8 signs"),
    (["--template", "cnn", "--join", "aaaaaaaa", "--device", "cpu"], "the server decides", "--device"),
    (["--template", "cnn", "--join", "aaaaaaaa", "--server", "ftp://x"], "no address of a server", "http://"),
    (["--template", "cnn", "--join", "aaaaaaaa", "--server", "http://127.0.0.1:9"], "There is no lab", "python app.py"),
]


@pytest.fixture
def files(here: Path) -> Path:
    (here / "latin.yaml").write_bytes(b"blueprint: {dataset: \xe4}")
    (here / "empty.yaml").write_text("")
    (here / "list.yaml").write_text("- 1\n")
    (here / "misspelt.yaml").write_text(DIGITS + "settings:\n  learning_rat: 0.1\n")
    (here / "range.yaml").write_text(DIGITS + "settings:\n  momentum: 2\n")
    (here / "wide.yaml").write_text("blueprint:\n  dataset: cifar10\n  layers:\n" + "    - {kind: pool}\n" * 4
                                    + "    - {kind: flatten}\n    - {kind: linear, features: 10}\n")
    (here / "file").write_text("")
    (here / "runs" / "taken").mkdir(parents=True)
    return here


@pytest.mark.parametrize(("args", "message", "hint"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_what_is_wrong_is_refused_in_words_and_nothing_is_made(args: list[str], message: str, hint: str, files: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(files.rglob("*"))
    assert run("train", *args) == 2
    said = capsys.readouterr()
    assert said.out == "" and message in said.err.replace("\n", " ") and hint in said.err.replace("\n", " ")
    assert "Traceback" not in said.err
    assert run("train", *args, "--json") == 2
    error = json.loads(capsys.readouterr().out)
    assert error["type"] == "error" and message in error["message"] and hint in error["hint"]
    assert sorted(files.rglob("*")) == before


@pytest.mark.parametrize("args", [["--epochs", "0"], ["--epochs", "x"], ["--epochs", "9" * 5000], ["--seed", "-1"],
                                  ["--threads", "257"], ["--device", "tpu"], ["--quota", "0"], ["--nonsense"]])
def test_options_have_ranges(args: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "--template", "cnn", *args) == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "257", "x", "1.5", "9" * 5000])
def test_threads_of_the_environment_have_a_range(value: str, here: Path, monkeypatch: pytest.MonkeyPatch,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LOCKSTEP_THREADS", value)
    assert run("train", "--template", "cnn") == 2
    assert "LOCKSTEP_THREADS" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_complete(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, "--help") == 0
    text = capsys.readouterr().out
    for line in text.splitlines():
        if line.startswith("  --"):
            assert line.strip(), text
    if command:
        assert "--json" in text
    else:
        assert all(name in text for name in COMMANDS) and "Exit codes" in text


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────

def test_a_name_says_what_was_changed() -> None:
    assert automatic("mnist-cnn", ["settings.learning_rate=0.01"]) == "mnist-cnn-learning_rate=0.01"
    assert automatic("a", ["settings.dropouts={dropout1: 0.5}", "blueprint.seed= 3"]) == "a-dropouts=_dropout1_0.5_-seed=3"
    assert automatic("", []) == "run"


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=8))
def test_a_name_is_safe_whatever_was_changed(base: str, changes: list[str]) -> None:
    name = automatic(base, changes)
    assert NAME.fullmatch(name) and len(name) <= LONGEST - 6


def test_no_folder_is_taken_twice(tmp_path: Path) -> None:
    made = [make_folder(tmp_path / "deep" / "runs", "x", False).name for _ in range(3)]
    assert made == ["x", "x-2", "x-3"]
    with pytest.raises(Refused, match="nothing is overwritten"):
        make_folder(tmp_path / "deep" / "runs", "x", True)

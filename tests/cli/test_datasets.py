"""`datasets`: own images without a server, by the same code, under the same names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_utils import own_images, recipes
from ml_utils.cli import exits
from ml_utils.cli.main import main
from tests.trainer.archives import Packed, folders, packed, picture


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with an archive and an empty instance."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_INSTANCE", str(tmp_path / "instance"))
    (tmp_path / "pets.zip").write_bytes(packed(folders()))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, Any]]:
    """Run with --json; return exit code and what was said last."""
    what = args[0] if args else "list"
    done = main(["datasets", "--json", what, *args[1:]])
    return done, json.loads(capsys.readouterr().out.splitlines()[-1])


def added(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    done, found = told(capsys, "add", "pets.zip", "--side", "16", *args)
    assert done == exits.DONE, found
    return str(found["name"])


def test_what_is_added_can_be_listed_shown_and_removed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = added(capsys, "--title", "Our pets")
    done, found = told(capsys)
    row = next(row for row in found["datasets"] if row["name"] == name)
    assert done == exits.DONE and (row["title"], row["train"], row["shape"]) == ("Our pets", 16, [3, 16, 16])
    assert {"digits", "mnist"} <= {row["name"] for row in found["datasets"]}
    assert told(capsys, "show", name)[1]["images"]["classes"] == ["cat", "dog"]
    assert told(capsys, "remove", name)[0] == exits.DONE
    assert list((here / "instance" / "datasets").iterdir()) == []
    assert told(capsys, "show", name) == (exits.REFUSED, told(capsys, "show", name)[1])


def test_the_lines_of_a_recipe_are_read_as_these_images(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "add", "pets.zip", "--side", "16", "--channels", "1"]) == exits.DONE
    out = capsys.readouterr().out
    blueprint, _ = recipes.read_recipe(out[out.index("# of a recipe"):])
    assert blueprint.images and blueprint.images.shape == (1, 16, 16) and blueprint.images.title == "pets"
    own_images.check(here / "instance" / "datasets", blueprint.dataset, blueprint.images)


def test_the_same_archive_has_the_same_name_and_is_there_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = added(capsys)
    stamp = (here / "instance" / "datasets" / first / "train_images.npy").stat().st_mtime_ns
    assert added(capsys) == first and len(list((here / "instance" / "datasets").iterdir())) == 1
    assert (here / "instance" / "datasets" / first / "train_images.npy").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(("args", "code"), [
    (("add", "gone.zip"), "not_found"), (("add", "bad.zip"), "bad_archive"), (("add", "pets.zip", "--side", "33"), "invalid"),
    (("show", "../../etc/passwd"), "unknown_images"), (("remove", ".."), "unknown_images"),
    (("show", "mnist"), "unknown_images")])
def test_what_cannot_be_done_is_refused_and_leaves_nothing(here: Path, capsys: pytest.CaptureFixture[str],
                                                           args: tuple[str, ...], code: str) -> None:
    (here / "bad.zip").write_bytes(packed([Packed("../x.png", b"x"), *folders()]))
    done, found = told(capsys, *args)
    assert done == exits.REFUSED and found["type"] == "error" and found["code"] == code and found["hint"]
    folder = here / "instance" / "datasets"
    assert not folder.exists() or not list(folder.iterdir())
    assert not (here / "x.png").exists() and not (here.parent / "x.png").exists()


def test_what_rooms_brought_is_not_removed_by_mistake(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = added(capsys)
    file = here / "instance" / "datasets" / name / "about.json"
    file.write_text(json.dumps({part: value for part, value in json.loads(file.read_text()).items() if part != "installed"}))
    assert told(capsys, "remove", name)[1]["code"] == "not_yours"
    assert told(capsys, "remove", name, "--force")[0] == exits.DONE and not file.exists()


def test_problems_are_told_and_hostile_names_stay_text(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = [Packed("train/cat/[bold red]x[/].png", b"no picture"), *(Packed(f"train/dog/{n}x.png", b"x") for n in range(30))]
    odd += [Packed("train/owl/0.png", picture(9))]
    (here / "pets.zip").write_bytes(packed([*folders(("cat", "dog", "[link=x]y")), *odd]))
    assert main(["datasets", "add", "pets.zip", "--side", "16", "--title", "[b]x[/]"]) == exits.DONE
    out = capsys.readouterr().out
    assert "train/cat/[bold red]x[/].png" in out and "… and 12 more" in out and "[link=x]y" in out
    assert main(["datasets"]) == exits.DONE
    assert "[b]x[/]" in capsys.readouterr().out

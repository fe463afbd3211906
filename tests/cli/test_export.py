"""export: a stored model of a run folder in every format; begin with weights of a file."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import onnxruntime
import pytest
import torch
from safetensors import safe_open

from ml_utils.cli import exits
from ml_utils.core.formats import ENDINGS
from tests.cli.conftest import asked


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
def test_every_format_is_written_where_it_is_asked_for(
        trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = asked(capsys, "export", trained, "--epoch", "last", "--format", ",".join(ENDINGS), "--to", tmp_path / "out")
    assert code == exits.DONE and [one["format"] for one in told] == list(ENDINGS)
    files = {one["format"]: Path(one["file"]) for one in told}
    assert sorted((tmp_path / "out").iterdir()) == sorted(files.values())
    assert all(one["epoch"] == 2 and one["bytes"] == Path(one["file"]).stat().st_size for one in told)
    digest = torch.load(files["pt"], weights_only=True)["digest"]
    assert digest == told[0]["digest"]
    with safe_open(files["safetensors"], framework="pt") as file:
        assert file.metadata()["digest"] == digest
    images = torch.rand(3, 1, 8, 8)
    wanted = onnxruntime.InferenceSession(files["onnx"]).run(["logits"], {"images": images.numpy()})[0]
    for model in (torch.jit.load(files["torchscript"]), torch.export.load(files["pt2"]).module()):  # type: ignore[no-untyped-call]
        assert torch.allclose(model(images), torch.from_numpy(wanted), atol=1e-4)
    with ZipFile(files["py"]) as archive:
        assert archive.namelist() == ["predict.py", "model.safetensors"]


def test_a_file_that_is_there_is_never_overwritten_and_nothing_else_is_written(
        trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b1-epoch1.safetensors").write_text("mine")
    code, told = asked(capsys, "export", trained, "--epoch", "1", "--format", "pt,safetensors", "--to", tmp_path)
    assert code == exits.REFUSED and told[-1]["code"] == "file_exists"
    assert [one.name for one in tmp_path.iterdir()] == ["b1-epoch1.safetensors"]
    assert (tmp_path / "b1-epoch1.safetensors").read_text() == "mine"


@pytest.mark.parametrize(("words", "code"), [
    (["--format", "pickle"], "invalid"), (["--format", ""], "invalid"), (["--epoch", "9"], "not_kept"),
    (["--epoch", "b7:1"], "unknown_branch"), (["--to", "/dev/null/x"], "storage_failed")])
def test_what_cannot_be_is_refused_in_words(
        trained: Path, words: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, told = asked(capsys, "export", trained, *words)
    assert found == exits.REFUSED and told[-1]["code"] == code and told[-1]["hint"]
    assert not (trained / "export").exists()


def test_a_zip_that_cannot_be_finished_is_not_there(
        trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ZipFile, "write", full)
    code, told = asked(capsys, "export", trained, "--format", "py", "--to", tmp_path / "out")
    assert code == exits.REFUSED and told[-1]["code"] == "storage_failed"
    assert not list((tmp_path / "out").iterdir())


def test_without_a_folder_it_goes_into_the_run_folder(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = asked(capsys, "export", trained)
    assert code == exits.DONE and Path(told[0]["file"]).parent == trained / "export"
    assert Path(told[0]["file"]).suffix == ".safetensors"

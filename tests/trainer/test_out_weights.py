"""Weights brought in: what fits is used to the bit, what does not is named, and nothing else is ever opened."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.errors import Refused
from ml_utils.core.fields import Brought
from ml_utils.core.settings import Settings
from ml_utils.core.standing import proof_of, work_of
from ml_utils.trainer.brought import digest_of, file_of, load_brought
from ml_utils.trainer.learner import Learner
from ml_utils.trainer.order import Failure, Leave, Order, Patience
from ml_utils.trainer.origin import originate
from ml_utils.trainer.out import safe
from ml_utils.trainer.out.weights import bring, check
from ml_utils.trainer.prove import prove
from ml_utils.trainer.quiet import QuietWire
from ml_utils.weights_head import LONGEST_HEAD, head_of

from .scenes import data_of, network, one_core
from .taken import CPU, Taken, kept

Change = Callable[[dict[str, Tensor]], None]
BATCHED = network({"kind": "conv", "channels": 4}, "batchnorm", {"kind": "pool", "size": 4})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file as a room gives it out."""
    safe.write(tmp_path / "good.safetensors", kept(BATCHED), data_of("digits"))
    return tmp_path / "good.safetensors"


def changed(file: Path, change: Change) -> Path:
    """The same file with other tensors, written by the library as other people would."""
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file.with_name("other.safetensors"), {"blueprint": BATCHED.model_dump_json()})
    return file.with_name("other.safetensors")


def states(report: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["state"] for row in report["tensors"] if row["state"] != "fits"}


# ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────

def test_what_a_room_gave_out_is_taken_to_the_bit_and_named_by_its_contents(good: Path, tmp_path: Path) -> None:
    report = check(good, tmp_path / "kept")
    assert report["accepted"] and report["problems"] == 0 and report["count"] == len(report["tensors"]) == 9
    assert Blueprint.model_validate(report["blueprint"]) == BATCHED and report["place"]["branch"] == "b1"
    assert report["digest"] == digest_of(tmp_path / "kept")
    theirs, ours = load_file(good), load_file(tmp_path / "kept")
    assert all(torch.equal(values, ours[name]) for name, values in theirs.items()) and set(theirs) == set(ours)
    again = check(changed(good, lambda tensors: None), tmp_path / "again")
    assert again["digest"] == report["digest"], "the same weights are the same file, whoever wrote them"


def test_a_checkpoint_of_a_whole_backbone_fits_itself(tmp_path: Path) -> None:
    one = kept(network({"kind": "backbone", "model": "mobilenet_v3_small", "size": 32}))
    safe.write(tmp_path / "model", one, data_of("digits"))
    report = check(tmp_path / "model", tmp_path / "kept")
    assert report["accepted"] and report["count"] == len(one.weights)


# ── name by name ────────────────────────────────────────────────────────────────────────────────────────────

CONV = "conv1.weight"
WRONG: dict[str, tuple[Change, dict[str, str]]] = {
    "missing": (lambda found: found.__delitem__(CONV), {CONV: "missing"}),
    "unknown": (lambda found: found.__setitem__("conv9.weight", torch.ones(2)), {"conv9.weight": "unknown"}),
    "renamed": (lambda found: found.__setitem__("a", found.pop(CONV)), {CONV: "missing", "a": "unknown"}),
    "shape": (lambda found: found.__setitem__(CONV, found[CONV].flatten()), {CONV: "other_shape"}),
    "dtype": (lambda found: found.__setitem__(CONV, found[CONV].double()), {CONV: "other_dtype"}),
    "half": (lambda found: found.__setitem__(CONV, found[CONV].half()), {CONV: "other_dtype"}),
    "nan": (lambda found: found[CONV].view(-1)[3].fill_(float("nan")), {CONV: "not_finite"}),
    "infinite": (lambda found: found["conv1.bias"][0].fill_(float("inf")), {"conv1.bias": "not_finite"}),
    "empty": (lambda found: found.clear(), dict.fromkeys(kept(BATCHED).weights, "missing"))}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_named_and_nothing_is_used(name: str, good: Path, tmp_path: Path) -> None:
    change, wanted = WRONG[name]
    report = check(changed(good, change), tmp_path / "kept")
    assert not report["accepted"] and "digest" not in report and not (tmp_path / "kept").exists()
    assert states(report) == wanted and report["problems"] == len(wanted)
    assert [row["state"] == "fits" for row in report["tensors"]] == sorted(row["state"] == "fits" for row in report["tensors"])


def test_a_report_of_very_many_names_stays_short(good: Path, tmp_path: Path) -> None:
    many = {f"{'x' * 300}{number}": torch.ones(1) for number in range(2000)}
    report = check(changed(good, lambda found: found.update(many)), tmp_path / "kept")
    assert report["problems"] == 2000 and len(json.dumps(report)) < 300_000


# ── the head ────────────────────────────────────────────────────────────────────────────────────────────────

def raw(head: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def row(begin: int, end: int, shape: Any = (1,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


TWICE = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
BROKEN: dict[str, bytes] = {
    "overlap": raw({"a": row(0, 4), "b": row(2, 6)}, b"\0" * 6), "same place": raw({"a": row(0, 4), "b": row(0, 4)}, b"\0" * 4),
    "gap": raw({"a": row(0, 4), "b": row(8, 12)}, b"\0" * 12), "not from the start": raw({"a": row(4, 8)}, b"\0" * 8),
    "too much data": raw({"a": row(0, 4)}, b"\0" * 9), "too little data": raw({"a": row(0, 4)}, b"\0" * 3),
    "other size": raw({"a": row(0, 8)}, b"\0" * 8), "backwards": raw({"a": row(4, 0)}, b"\0" * 4),
    "negative": raw({"a": row(0, 4, [-1, -1])}, b"\0" * 4), "kind": raw({"a": row(0, 4, dtype="OBJECT")}, b"\0" * 4),
    "kind is a list": raw({"a": row(0, 4, dtype=[])}, b"\0" * 4),
    "shape is a text": raw({"a": {**row(0, 4), "shape": "1"}}, b"\0" * 4),
    "true for one": raw({"a": row(0, 4, [True])}, b"\0" * 4), "huge": raw({"a": row(0, 4, [2**40, 2**40])}, b"\0" * 4),
    "fraction": raw({"a": row(0, 4, [1.0])}, b"\0" * 4), "more fields": raw({"a": {**row(0, 4), "x": 1}}, b"\0" * 4),
    "name twice": raw(TWICE, b"\0" * 4), "texts are numbers": raw({"__metadata__": {"a": 1}}),
    "texts are a list": raw({"__metadata__": []}), "a row is a number": raw({"a": 1}), "not JSON": raw(b"{" + b"a" * 30),
    "not UTF-8": raw(b'{"\xff\xfe": 1}'), "NaN": raw(b'{"a": NaN}'),
    "nested": raw(b'{"a":' * 30_000 + b"1" + b"}" * 30_000), "number": raw(b'{"a": 1' + b"0" * 9_000 + b"}"),
    "long head": raw(b"{" + b" " * LONGEST_HEAD + b"}"), "many": raw({str(n): row(0, 0, [0]) for n in range(10_001)})}


@pytest.mark.parametrize("name", BROKEN)
def test_a_head_that_contradicts_itself_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    file = tmp_path / "broken"
    file.write_bytes(BROKEN[name])
    with pytest.raises(Refused) as refused:
        check(file, tmp_path / "kept")
    assert refused.value.code == "broken_weights" and refused.value.hint and not (tmp_path / "kept").exists()


@given(place=st.integers(0, 400), value=st.integers(0, 255), cut=st.integers(0, 400))
@effort(max_examples=300)
def test_no_damage_of_the_head_leads_to_anything_but_words(place: int, value: int, cut: int) -> None:
    head = raw({"__metadata__": {"blueprint": "{}"}, "conv1.weight": row(0, 16, [4]), "conv1.bias": row(16, 20)}, b"\0" * 20)
    data = bytearray(head)
    data[place % len(data)] = value
    with _written(bytes(data[:len(data) - cut % 3])) as file:
        try:
            found = head_of(file)
            assert sum(len(one.shape) for one in found.tensors.values()) <= 16
        except Refused as refused:
            assert refused.hint


class _written:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> Any:
        return _InMemory(self._data)

    def __exit__(self, *about: Any) -> None:
        pass


class _InMemory:
    """As much of a Path as reading a head needs."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stat(self) -> Any:
        return type("Stat", (), {"st_size": len(self._data)})

    def open(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


# ── other kinds of files ────────────────────────────────────────────────────────────────────────────────────

class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self._file,)


def others(folder: Path) -> dict[str, bytes]:
    """Files of other kinds; whoever opens one leaves a file `dead`."""
    canary, packed, zipped, array = Canary(folder / "dead"), io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save({"state_dict": canary}, packed)
    torch.save(canary, old := io.BytesIO(), _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(canary))
    np.save(array, np.array([canary], dtype=object), allow_pickle=True)
    return {**{f"pickle {number}": pickle.dumps(canary, number) for number in range(6)}, "pt": packed.getvalue(),
            "old pt": old.getvalue(), "keras": zipped.getvalue(), "npy": array.getvalue(),
            "h5": b"\x89HDF\r\n\x1a\n" + bytes(99), "onnx": b"\x08\x08\x12\x07pytorch" + bytes(99), "gguf": b"GGUF" + bytes(99),
            "joblib": b"x\x9c" + bytes(99), "empty": b"", "short": b"{}", "text": b"weights, please" * 9}


@pytest.mark.parametrize("name", others(Path("nowhere")))
def test_other_files_are_refused_by_their_contents_and_never_opened(name: str, tmp_path: Path) -> None:
    file = tmp_path / "harmless.safetensors"
    file.write_bytes(others(tmp_path)[name])
    with pytest.raises(Refused) as refused:
        check(file, tmp_path / "kept")
    assert refused.value.code == "not_safetensors" and ".safetensors" in refused.value.hint
    assert ("pickle" in refused.value.message) == (name in (
        *(f"pickle {number}" for number in range(2, 6)), "pt", "old pt", "keras", "npy", "joblib"))
    assert not (tmp_path / "dead").exists() and not (tmp_path / "kept").exists()


def test_the_canary_would_sing(tmp_path: Path) -> None:
    pickle.loads(others(tmp_path)["pickle 4"])  # noqa: S301
    assert (tmp_path / "dead").exists()


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "null", "{", '{"layers": []}', "[" * 100_000, '{"dataset": "digits", "layers": [{"kind": "os"}]}',
    '{"dataset": "digits", "layers": [{"kind": "linear", "features": 3}]}'])
def test_a_file_without_a_blueprint_that_works_is_refused(text: str, tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "file", {"blueprint": text})
    with pytest.raises(Refused):
        check(tmp_path / "file", tmp_path / "kept")


def test_a_network_that_is_too_large_for_the_server_is_refused(good: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="GB"):
        check(good, tmp_path / "kept", memory=1000)


# ── a Run that begins with them ─────────────────────────────────────────────────────────────────────────────

def begun(folder: Path, blueprint: Blueprint | None = None) -> tuple[Taken, dict[str, Any]]:
    """A Run that begins with weights of another network of the same layers, trained for two epochs."""
    taken, source = Taken(folder), kept(cnn(seed=9))
    safe.write(folder / "source.safetensors", source, data_of("digits"))
    warm = bring(folder / "source.safetensors", blueprint or cnn(), taken.order)
    taken.begin(blueprint, warm=warm)
    return taken, warm


def digests(taken: Taken) -> list[str]:
    return [one["digest"] for one in taken.state["checkpoints"]]


def test_a_run_begins_with_them_and_says_so(tmp_path: Path) -> None:
    taken, warm = begun(tmp_path)
    assert Brought.model_validate(warm).layers == ("conv1", "conv2", "linear1", "linear2")
    learner = Learner(cnn(), Settings(), CPU)
    originate(learner, work_of(taken.state, go=False).warm, taken.order, lambda *_: None)
    theirs = kept(cnn(seed=9)).weights
    assert all(torch.equal(values, theirs[name]) for name, values in learner.model.state_dict().items())


def test_only_layers_that_fit_are_taken_over(tmp_path: Path) -> None:
    warm = begun(tmp_path, cnn().model_copy(update={"layers": cnn().layers[:-3] + mlp().layers[-1:]}))[1]
    assert warm["layers"] == ["conv1", "conv2"]
    with pytest.raises(Refused, match="No layer"):
        bring(tmp_path / "source.safetensors", mlp(), Taken(tmp_path).order)


def test_a_fresh_start_and_a_proof_come_to_the_same_bits(tmp_path: Path) -> None:
    with one_core():
        one, two = (begun(tmp_path / name)[0] for name in _folders(tmp_path))
        one.train(2)
        two.train(2)
        assert digests(one) == digests(two) and len(digests(one)) == 2
        row = one.state["checkpoints"][0]
        told = next(fact["data"] for fact in one.facts if fact["name"] == "checkpoint_saved" and fact["data"]["epoch"] == 1)
        said: list[dict[str, Any]] = []
        wire = QuietWire(lambda name, data, position: said.append(data) if name == "epoch_proved" else None)
        with pytest.raises(Leave):
            prove(one.order, Patience(), wire, proof_of(one.state, row["branch"], 1, told))
    assert said[0]["same"] and said[0]["digest"] == digests(one)[0]


def _folders(folder: Path) -> tuple[str, str]:
    for name in ("one", "two"):
        (folder / name).mkdir()
    return "one", "two"


def test_a_missing_or_changed_file_is_a_failure_in_words_and_nothing_is_trained(tmp_path: Path) -> None:
    taken, warm = begun(tmp_path)
    file = file_of(taken.order.instance, warm["file"])
    shutil.copy(file, tmp_path / "copy")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(Failure, match="differ"):
        load_brought(taken.order.instance, warm["file"])
    file.unlink()
    with pytest.raises(Failure, match="missing") as failure, one_core():
        taken.train(1)
    assert failure.value.code == "weights_missing" and not taken.state["checkpoints"]


def test_what_the_command_line_refuses_leaves_nothing_behind(good: Path, tmp_path: Path) -> None:
    order = Order("", "terminal", 0, "", str(tmp_path / "run" / "checkpoints"))
    with pytest.raises(Refused, match="conv1.weight") as refused:
        bring(changed(good, WRONG["missing"][0]), BATCHED, order)
    assert refused.value.code == "weights_do_not_fit"
    assert list((tmp_path / "run" / "weights").iterdir()) == []

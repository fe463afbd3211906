"""Models as programs of other engines say the same as in the lab: every kind of layer, every ready network, any batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from ml_utils.core.blueprint import Blueprint
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.templates import TEMPLATES, template
from ml_utils.trainer.model import MODULES
from ml_utils.trainer.out import programs
from ml_utils.trainer.out.stored import Stored

from .scenes import data_of, network
from .taken import kept

CLOSE = 1e-4
PATCHES = {"kind": "patches", "height": 2, "width": 2}
NETWORKS: dict[str, list[Any]] = {
    "convolutions": [{"kind": "conv", "channels": 6}, {"kind": "depthwise", "multiplier": 2}, "batchnorm",
                     {"kind": "separable", "channels": 4}, {"kind": "convtranspose", "channels": 5}, "groupnorm",
                     "spatialdropout", {"kind": "adaptiveavgpool"}],
    "pooling": [{"kind": "conv", "channels": 4}, "relu", "pool", {"kind": "avgpool", "size": 2}, "layernorm", "dropout"],
    "activations": ["flatten", {"kind": "linear", "features": 20}, *(
        part for name, kind in KINDS.items() if kind.about.group == "activation" for part in (name, "batchnorm"))],
    "residual": [{"kind": "residual", "layers": [{"kind": "conv", "channels": 4}, "batchnorm", "relu",
                                                 {"kind": "residual", "layers": [{"kind": "conv", "channels": 6}]}]}],
    "words": ["tokens", {"kind": "embedding", "features": 6}, {"kind": "lstm", "features": 4, "both": True}],
    "sequence": [PATCHES, "position", {"kind": "transformer", "heads": 2}, {"kind": "sequencepool", "mode": "max"}],
    "gru": [PATCHES, {"kind": "gru", "both": True, "output": "all"}, "sequencepool"],
    "backbone": [{"kind": "backbone", "model": "mobilenet_v3_small", "size": 32}]}
READY: dict[str, dict[str, Any]] = {
    "deep_cnn": {"channels": 4}, "transformer": {"blocks": 1}, "vgg": {"channels": 4, "hidden": 8},
    "small_resnet": {"blocks": 1, "channels": 4}}
SLOW = ("resnet50", "torchvision")  # of the same parts as others here, only more of them


@pytest.fixture(autouse=True)
def _one_core() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def made(layers: list[Any]) -> Blueprint:
    return network(*[_with_kinds(one) for one in layers])


def _with_kinds(layer: Any) -> Any:
    if isinstance(layer, str):
        return {"kind": layer}
    return {**layer, "layers": [_with_kinds(one) for one in layer["layers"]]} if "layers" in layer else layer


pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")


def lab(found: Stored, images: Tensor) -> Tensor:
    """What the network says in the lab of images from 0 to 1."""
    white = 16 if found.blueprint.dataset == "digits" else 255
    bytes_ = (images * white).round().to(torch.uint8).permute(0, 2, 3, 1)
    with torch.no_grad():
        return found.network()(data_of(found.blueprint.dataset).normal(bytes_))  # type: ignore[no-any-return]


def of_torchscript(file: Path) -> tuple[Callable[[Tensor], Tensor], dict[str, str]]:
    extra: dict[str, Any] = {programs.FACTS: ""}
    program = torch.jit.load(file, _extra_files=extra)  # type: ignore[no-untyped-call]
    return program, json.loads(extra[programs.FACTS])


def of_pt2(file: Path) -> tuple[Callable[[Tensor], Tensor], dict[str, str]]:
    extra: dict[str, Any] = {programs.FACTS: ""}
    program = torch.export.load(file, extra_files=extra)
    return program.module(), json.loads(extra[programs.FACTS])


def of_onnx(file: Path) -> tuple[Callable[[Tensor], Tensor], dict[str, str]]:
    onnx.checker.check_model(onnx.load(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == ["images"] and isinstance(session.get_inputs()[0].shape[0], str)
    return (lambda images: torch.from_numpy(session.run(["logits"], {"images": images.numpy()})[0]),
            session.get_modelmeta().custom_metadata_map)


ENGINES = {"torchscript": of_torchscript, "pt2": of_pt2, "onnx": of_onnx}


def same(blueprint: Blueprint, folder: Path, *engines: str) -> None:
    found, data = kept(blueprint), data_of(blueprint.dataset)
    white = 16 if blueprint.dataset == "digits" else 255
    images = torch.randint(0, white + 1, (7, *blueprint.row.shape)) / white
    wanted = lab(found, images)
    for engine in engines or ENGINES:
        programs.write(engine, folder / f"model.{engine}", found, data)
        program, known = ENGINES[engine](folder / f"model.{engine}")
        for some in (images, images[:1], images[:4]):
            assert torch.allclose(program(some), wanted[:len(some)], atol=CLOSE, rtol=CLOSE), engine
        assert json.loads(known["class_names"]) == list(blueprint.row.classes), engine
        assert json.loads(known["place"]) == found.place and json.loads(known["input_shape"]) == list(blueprint.row.shape)
        assert Blueprint.model_validate_json(known["blueprint"]) == blueprint
    assert {one.name for one in folder.iterdir()} == {f"model.{engine}" for engine in engines or ENGINES}, "one file each"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_layer_says_the_same_in_every_engine(name: str, tmp_path: Path) -> None:
    same(made(NETWORKS[name]), tmp_path)


def test_all_kinds_are_among_those() -> None:
    def kinds(layers: Any) -> set[str]:
        return {found for layer in layers for found in (layer.kind, *kinds(layer.inside))}

    assert {kind for layers in NETWORKS.values() for kind in kinds(made(layers).layers)} == set(KINDS)


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in SLOW])
def test_ready_networks_say_the_same_as_onnx(name: str, tmp_path: Path) -> None:
    same(template(name, "digits", READY.get(name, {}), 3), tmp_path, "onnx")


def test_images_in_colour_are_normalised_inside_the_program(tmp_path: Path) -> None:
    same(network({"kind": "conv", "channels": 4}, "relu", {"kind": "pool", "size": 4}, dataset="cifar10"), tmp_path)


@pytest.mark.parametrize("engine", ["pt2", "onnx"])
def test_a_network_that_an_engine_cannot_express_is_refused_by_the_name_of_the_layer(
        engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Looks(nn.Module):
        def forward(self, values: Tensor) -> Tensor:
            return values * 2 if values.sum() > 0 else values

    monkeypatch.setitem(MODULES, "nn.Tanh", Looks)
    found = kept(made([{"kind": "conv", "channels": 3}, "relu", "tanh"]))
    with pytest.raises(Refused) as refused:
        programs.write(engine, tmp_path / "model", found, data_of("digits"))
    assert refused.value.code == "cannot_export" and "tanh1" in refused.value.message and refused.value.field == "format"
    assert not list(tmp_path.iterdir()), "nothing half made is left"


def test_exporting_leaves_torch_as_it_was(tmp_path: Path) -> None:
    found = kept(made(NETWORKS["sequence"]))
    weights = {name: values.clone() for name, values in found.weights.items()}
    programs.write("onnx", tmp_path / "model.onnx", found, data_of("digits"))
    assert torch.backends.mha.get_fastpath_enabled() and torch.is_grad_enabled()
    assert all(torch.equal(values, weights[name]) for name, values in found.weights.items())

"""The rules against torch: what they say is so, and what they refuse torch refuses, but for what is listed here."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator
from time import thread_time
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ml_utils.core.blueprint import Blueprint, Sketch, cnn, input_of, mlp
from ml_utils.core.datasets import DATASETS
from ml_utils.core.editing import edited
from ml_utils.core.edits import Edit
from ml_utils.core.errors import Refused
from ml_utils.core.kinds import KINDS
from ml_utils.core.kinds.base import Form, Kind, Net, Step, names_of, walk
from ml_utils.core.rules import check_size, forms, report
from ml_utils.trainer.model import MODULES, build, made
from tests.layers import GROUP, fields_of, layers

CPU = torch.device("cpu")
IMAGES = [Form((1, 8, 8)), Form((3, 9, 12)), Form((4, 1, 1)), Form((6, 3, 5)), Form((8, 4, 4))]
FORMS = [*IMAGES, Form((16,)), Form((1,)), Form((7, 12)), Form((1, 4)), Form((5,), words=9)]
DRAWN = [name for name, group in GROUP.items() if group != "ready"]  # the ready ones have tests of their own
EDITS: TypeAdapter[Any] = TypeAdapter(Edit)
QUIET = settings(max_examples=40, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch remarks on odd kernels and on shapes that it takes all the same
        yield


def batch(form: Form, size: int = 2) -> Tensor:
    if form.words:
        return torch.randint(0, form.words, (size, *form.sides))
    return torch.randn(size, *form.sides, requires_grad=True)


# ── each kind by itself ─────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
@QUIET
def test_shapes_weights_and_counts_of_a_kind_are_those_of_torch(name: str, data: st.DataObject) -> None:
    layer, form = KINDS[name].model_validate(data.draw(fields_of(name))), data.draw(st.sampled_from(FORMS))
    step = layer.step(form)
    if step.out is None:
        return
    module = made(layer.module(form)).train()
    shapes = {one: tuple(parameter.shape) for one, parameter in module.named_parameters()}
    assert layer.weights(form) == shapes
    assert step.cost.parameters == layer.parameters(form) == sum(one.numel() for one in module.parameters())
    assert bool(shapes) <= layer.learns
    with FlopCounterMode(display=False) as counted:
        result = module(batch(form))
    assert tuple(result.shape) == (2, *step.out.sides) and result.is_floating_point() != bool(step.out.words)
    assert_macs(name, step, counted.get_total_flops() // 4)  # a multiply-add is two of these, and there are two examples


def assert_macs(name: str, step: Step, counted: int) -> None:
    """Torch counts products of matrices and convolutions; what the rules count beside is small."""
    assert step.form and step.out and step.cost.macs >= counted
    if GROUP[name] == "convolution" or name == "linear":
        assert step.cost.macs == counted
    elif not {one.layer.kind for one in flat([step])} & {"lstm", "gru", "transformer"}:  # of which it does not see all
        inside = sum(one.form.size + one.out.size for one in flat([step]) if one.form and one.out)
        assert step.cost.macs <= counted + 300 * inside


def flat(steps: Any) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from flat(step.inside)


def test_every_module_that_a_kind_can_name_is_known_and_no_other() -> None:
    named = {one for name in DRAWN for one in examples(name)} | {"Backbone", "nn.BatchNorm1d", "nn.BatchNorm2d"}
    assert named == set(MODULES)


def examples(name: str) -> Iterator[str]:
    fields = {"layers": [{"kind": "conv", "channels": 2}]} if name == "residual" else {}
    layer = KINDS[name].model_validate({"kind": name, **fields})
    yield from (one for form in (*FORMS, Form((8, 16, 16)), Form((4, 8))) if layer.step(form).out
                for one in names_in(layer.module(form)))


def names_in(value: Any) -> Iterator[str]:
    if isinstance(value, Net):
        yield from (name for _, part in value.parts for name in names_in(part))
    elif hasattr(value, "args"):
        yield from (value.name, *(name for one in value.args for name in names_in(one)))


# ── the memory of training ──────────────────────────────────────────────────────────────────────────────────

def conv(channels: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "conv", "channels": channels, **fields}


def residual(*inside: Any) -> dict[str, Any]:
    return {"kind": "residual", "layers": plain(*inside)}


def plain(*names: Any) -> list[dict[str, Any]]:
    return [{"kind": one} if isinstance(one, str) else one for one in names]


END = {"kind": "linear", "features": 10}
ROWS = {"kind": "patches", "height": 1, "width": 28}
NETWORKS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "lenet": ("mnist", plain(conv(6, kernel=5), "tanh", "avgpool", conv(16, kernel=5, padding=0), "tanh", "avgpool", "flatten",
                             {"kind": "linear", "features": 120}, "tanh", END)),
    "vgg": ("cifar10", plain(conv(32), "batchnorm", "relu", conv(32), "batchnorm", "relu", "pool", "spatialdropout", conv(64),
                             "batchnorm", "relu", "pool", "dropout", "flatten", END)),
    "resnet": ("cifar10", plain(conv(16), "batchnorm", "relu", residual(conv(16), "batchnorm", "relu", conv(16), "batchnorm"),
                                "relu", residual(conv(32, stride=2), "batchnorm", "relu", conv(32), "batchnorm"), "relu",
                                "adaptiveavgpool", "flatten", END)),
    "mobile": ("cifar10", plain(conv(32), "silu", {"kind": "separable", "channels": 64}, "groupnorm", "gelu", "pool",
                                "depthwise", "leakyrelu", {"kind": "pool", "size": 3, "stride": 2, "padding": 1},
                                "adaptiveavgpool", "flatten", END)),
    "lstm": ("mnist", plain(ROWS, "lstm", END)),
    "both": ("mnist", plain(ROWS, {"kind": "lstm", "depth": 2, "both": True, "output": "all"}, "sequencepool", END)),
    "gru": ("mnist", plain(ROWS, {"kind": "gru", "depth": 2}, END)),
    "transformer": ("mnist", plain("patches", {"kind": "linear", "features": 64}, "position", "transformer", "transformer",
                                   "sequencepool", END)),
    "words": ("digits", plain("tokens", "embedding", "position", "transformer", "layernorm", "flatten", END)),
    "up": ("digits", plain(conv(16), "convtranspose", "softplus", "convtranspose", "sigmoid", "pool", "flatten", "layernorm",
                           END)),
}


def kept(model: nn.Module, form: Form, size: int) -> float:
    """Return how many numbers of 4 bytes torch keeps for the way back, weights not counted."""
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    seen: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        seen[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(batch(form, size).detach())
    return sum(tensor.untyped_storage().nbytes() for place, tensor in seen.items() if place not in own) / 4


@pytest.mark.parametrize("name", NETWORKS)
def test_the_memory_of_training_is_estimated_within_a_factor_of_two_and_hardly_too_low(name: str) -> None:
    dataset, found = NETWORKS[name]
    blueprint = Blueprint.model_validate({"dataset": dataset, "layers": found})
    model = build(blueprint, CPU).train()
    for part in model.modules():
        if isinstance(part, nn.MultiheadAttention):
            part.dropout = 0.1  # without it, attention is not kept
    form, told = input_of(blueprint), report(blueprint)
    each = (kept(model, form, 12) - kept(model, form, 4)) / 8
    assert 0.95 < (told["kept"] + form.size) / each < 2.0
    assert told["memory"]["example"] == (told["kept"] + form.size) * 4 * 2


# ── whole networks ──────────────────────────────────────────────────────────────────────────────────────────

def training_step(blueprint: Blueprint) -> None:
    model = build(blueprint, CPU).train()
    classes = len(DATASETS[blueprint.dataset].classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3) if report(blueprint)["parameters"] else None
    outputs = model(batch(input_of(blueprint)))
    assert outputs.shape == (2, classes) and outputs.isfinite().all()
    loss = nn.functional.cross_entropy(outputs, torch.tensor([0, classes - 1]))
    loss.backward()  # type: ignore[no-untyped-call]
    if optimizer:
        optimizer.step()
    assert loss.isfinite()
    assert model.eval()(batch(input_of(blueprint), 1)).shape == (1, classes)


def mended(blueprint: Sketch, number: int = 0) -> Sketch:
    """Press a fix, the first one or another."""
    fixes = report(blueprint)["error"]["fixes"]
    return edited(blueprint, [EDITS.validate_python(edit) for edit in fixes[number % len(fixes)]["edits"]])


def same_error(one: Any, other: Any) -> bool:
    return bool(other) and (one["at"], one["why"]) == (other["at"], other["why"])


def told_at_once(blueprint: Sketch) -> dict[str, Any]:
    start = thread_time()
    told = report(blueprint)
    assert thread_time() - start < 0.05
    return told


@given(layers(), st.sampled_from(["digits", "mnist", "cifar10"]), st.integers(0, 3))
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
def test_what_the_rules_accept_trains_what_they_refuse_torch_refuses_and_fixes_mend(
        found: list[dict[str, Any]], dataset: str, other: int) -> None:
    blueprint = Sketch.model_validate({"dataset": dataset, "layers": found})
    seen: list[Sketch] = []
    while (error := told_at_once(blueprint)["error"]) and blueprint.layers:
        assert error["fixes"] and len(seen) < 60
        assert_refused_by_torch(blueprint)
        seen.append(blueprint)
        which = 0 if len(seen) % 2 else other
        blueprint = mended(blueprint, which)
        assert blueprint not in seen
        moved = any(edit["op"] in ("move", "remove") for edit in error["fixes"][which % len(error["fixes"])]["edits"])
        assert moved or not same_error(error, report(blueprint)["error"])  # another layer may stand there now
    ready = Blueprint.model_validate(blueprint.model_dump())
    try:
        check_size(ready, 2, 200_000_000)
    except Refused as refused:
        assert refused.code in ("too_large", "too_slow")
        return
    training_step(ready)


# ── what torch would take, and the rules do not ─────────────────────────────────────────────────────────────

MEANT_OTHERWISE = {  # torch takes one axis for another, or numbers of words for numbers
    "image": {"linear", "sequencepool"},
    "sequence": {"batchnorm", "groupnorm", "spatialdropout", "pool", "avgpool", "adaptiveavgpool", "conv", "convtranspose",
                 "depthwise", "separable"},
    "row": {"spatialdropout", "sequencepool", "adaptiveavgpool", "lstm", "gru", "transformer"},
    "words": {"relu", "tanh", "sigmoid", "flatten", "tokens", "sequencepool"},
}


def deliberate(step: Step) -> bool:
    """Whether the rules refuse what torch may take, and are meant to."""
    assert step.form and step.misfit
    if step.misfit.code == "too_large":
        return True  # it would take it, and all memory
    if step.misfit.wanted:
        return step.layer.kind in MEANT_OTHERWISE[step.form.type]
    if step.layer.kind == "patches":
        return True  # it leaves out the pixels that are too many
    if step.layer.kind == "groupnorm":
        return step.form.size == step.layer.groups  # type: ignore[attr-defined,no-any-return]  # all becomes zero
    return step.layer.kind == "residual" and bool(added(step))


def added(step: Step) -> bool:
    """Whether torch can add what comes in to what comes out of a block, as when one of them is stretched."""
    assert step.form and step.inside[-1].out
    try:
        return bool(batch(step.form).add(batch(step.inside[-1].out)).numel())
    except RuntimeError:
        return False


def assert_refused_by_torch(blueprint: Sketch) -> None:
    step = next((one for one in flat(walk(blueprint.layers, input_of(blueprint))) if one.misfit), None)
    if step is None or deliberate(step):  # the end does not fit: that is for the loss to find out
        return
    if step.layer.inside:
        assert not added(step)
        return
    assert step.form and not taken(step.layer, step.form)


def taken(layer: Kind, form: Form) -> bool:
    """Whether torch builds and runs it, fitting or not, and anything comes out."""
    try:
        return bool(made(layer.module(form))(batch(form)).numel())
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError, NotImplementedError, KeyError):
        return False


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "residual"])
@given(data=st.data())
@QUIET
def test_what_a_kind_refuses_torch_refuses(name: str, data: st.DataObject) -> None:
    step = KINDS[name].model_validate(data.draw(fields_of(name, 20))).step(data.draw(st.sampled_from(FORMS)))
    if step.misfit is None or deliberate(step):
        return
    assert step.form and not taken(step.layer, step.form)


@pytest.mark.parametrize(("kind", "name"), sorted((kind, name) for kind, names in MEANT_OTHERWISE.items() for name in names))
def test_what_is_refused_on_purpose_torch_would_take(kind: str, name: str) -> None:
    """Nobody adds an exception that is none."""
    form = {"sequence": Form((2, 8)), "row": Form((8,)), "words": Form((8,), words=9), "image": Form((3, 8, 8))}[kind]
    fields = [one for one in ({}, {"output": "all"}, {"mode": "max"}) if set(one) <= set(KINDS[name].model_fields)]
    assert any(taken(KINDS[name].model_validate(one), form) for one in fields)


# ── building ────────────────────────────────────────────────────────────────────────────────────────────────

def test_only_plain_relu_and_max_pooling_change_places() -> None:
    same = {"kind": "pool", "size": 3, "stride": 1, "padding": 1}
    found = plain("relu", "pool", "leakyrelu", "pool", "relu", "avgpool", residual("relu", same), "flatten", END)
    model = build(Blueprint.model_validate({"dataset": "cifar10", "layers": found}), CPU)
    assert [name for name, _ in model.named_children()] == [
        "pool1", "relu1", "leakyrelu1", "pool2", "relu2", "avgpool1", "residual1", "flatten1", "linear1"]
    assert [name for name, _ in model.residual1.body.named_children()] == ["relu1", "pool1"]


@pytest.mark.parametrize("fields", [{}, {"size": 3, "stride": 2, "padding": 1}, {"size": 2, "stride": 1}])
def test_pooling_before_relu_gives_the_same_values_and_gradients(fields: dict[str, Any]) -> None:
    layer = KINDS["pool"].model_validate(fields)
    pool = made(layer.module(Form((4, 9, 9))))
    images = torch.randn(8, 4, 9, 9).round(decimals=1)  # with ties, and with zeros
    first, second = images.clone().requires_grad_(), images.clone().requires_grad_()
    one, other = pool(first.relu()), pool(second).relu()
    assert torch.equal(one, other)
    one.square().sum().backward()
    other.square().sum().backward()
    assert torch.equal(first.grad, second.grad)  # type: ignore[arg-type]


def as_before(blueprint: Blueprint) -> nn.Sequential:
    """The two ready networks, made by hand, with the same names in the same order."""
    torch.manual_seed(blueprint.seed)
    steps = walk(blueprint.layers, input_of(blueprint))
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for name, step in zip(names_of(blueprint.layers), steps, strict=True):
        assert step.form
        parts[name] = {
            "conv": lambda form, layer: nn.Conv2d(form.sides[0], layer.channels, 3, padding=1),
            "linear": lambda form, layer: nn.Linear(form.size, layer.features),
        }.get(step.layer.kind, lambda form, layer: nn.Identity())(step.form, step.layer)
    return nn.Sequential(parts).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("dataset", ["digits", "mnist", "cifar10"])
@pytest.mark.parametrize("ready", [cnn, mlp])
def test_weights_of_the_ready_networks_are_what_they_always_were(ready: Any, dataset: Any) -> None:
    blueprint = ready(dataset, seed=11)
    ours, theirs = build(blueprint, CPU), as_before(blueprint)
    after = torch.rand(1)
    weights = dict(theirs.named_parameters())
    assert {name for name, _ in ours.named_parameters()} == set(weights)
    for name, parameter in ours.named_parameters():
        assert torch.equal(parameter, weights[name]) and parameter.stride() == weights[name].stride()
    assert after.numel()
    assert all(layer.sides for layer in forms(blueprint))

"""A network as Calls: the same that the trainer builds from, with the share of each dropout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..blueprint import Blueprint, input_of, layer_names
from ..kinds.base import Call, Form, Net, Step, names_of, walk
from ..rules import forms
from ..settings import Settings
from .lines import Part


def network(blueprint: Blueprint, settings: Settings) -> list[Part]:
    """Return the layers, each with what comes out of it; raise `Refused` where the network cannot work."""
    forms(blueprint)
    return [_part(name, step, settings.dropouts.get(name, settings.dropout))
            for name, step in zip(layer_names(blueprint), walk(blueprint.layers, input_of(blueprint)), strict=True)]


def _part(name: str, step: Step, share: float) -> Part:
    assert step.form and step.out
    names = names_of(one.layer for one in step.inside)
    inside = tuple(_part(name, one, share) for name, one in zip(names, step.inside, strict=True))
    return Part(name, dropping(step.layer.module(step.form), share), _note(step.out), inside)


def _note(form: Form) -> str:
    return f"{form.text()} words" if form.words else form.text()


def dropping(value: Any, share: float) -> Any:
    """Return the same with this share of dropout wherever it has one: a setting, which no Blueprint knows."""
    if isinstance(value, Net):
        return Net(tuple((name, dropping(part, share)) for name, part in value.parts))
    if not isinstance(value, Call):
        return value
    if value.name in ("nn.Dropout", "nn.Dropout2d"):
        return replace(value, args=(share,))
    named = tuple((name, dropping(one, share)) for name, one in value.named)
    if value.name == "nn.TransformerEncoderLayer":
        named = (("dropout", share), *named)
    return Call(value.name, tuple(dropping(one, share) for one in value.args), named)


def called(values: Iterable[Any]) -> set[str]:
    """Return the names of all that is called."""
    found: set[str] = set()
    for one in values:
        if isinstance(one, Call):
            found |= {one.name, *called(one.args), *called(value for _, value in one.named)}
        elif isinstance(one, Net):
            found |= called(value for _, value in one.parts)
    return found


def pretrained(layers: Iterable[Part]) -> dict[str, str]:
    """Return the models of which published weights are asked for, by the names of their layers."""
    return {part.name: part.call.args[0] for part in layers if ("pretrained", True) in part.call.named}

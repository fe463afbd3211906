"""Weights are brought in: a safetensors file is checked name by name against its Blueprint, then encoded anew.

The head is read by hand first (`weights_head.py`). Where anything does not fit, nothing of the file is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...core.blueprint import Blueprint
from ...core.errors import Refused, parse, shown
from ...core.fields import Brought
from ...core.rules import check_size, forms, taken_over
from ...weights_head import HINT, Head, Row, head_of
from ..brought import digest_of, file_of
from ..jobs import Desk
from ..model import build
from ..order import Order
from . import safe

FILE = "weights.safetensors"  # in the job's folder: what is kept of it
LONGEST_BLUEPRINT = 262_144  # letters
MOST_TOLD = 500  # rows of a report
Report = dict[str, Any]
Tick = Callable[[], None]


def check_weights(args: dict[str, Any], order: Order, desk: Desk) -> Report:
    """The job: {file, memory} → a report; where all fits it has the `digest` of what was encoded anew."""
    return check(desk.folder / args["file"], desk.folder / FILE, args["memory"], desk.tick)


def check(file: Path, target: Path, memory: int = 0, tick: Tick = lambda: None) -> Report:
    """Write the weights of a file to `target` where they fit the Blueprint in it; return a report, raise `Refused`.

    {accepted, digest?, bytes?, blueprint, place, tensors [{name, state, dtype, shape, wanted}], count, problems}; states:
    fits, missing, unknown, other_shape, other_dtype, not_finite. What does not fit stands first. `memory`: of a network.
    """
    head = head_of(file)
    blueprint = _blueprint(head)
    check_size(blueprint, 1, memory)
    rows = compared(head.tensors, _expected(blueprint))
    report = {"accepted": False, "blueprint": blueprint.model_dump(mode="json"), "place": _place(head)}
    if all(row["state"] == "fits" for row in rows):
        weights = _read(file, head, tick)
        rows = [{**row, "state": "fits" if _finite(weights[row["name"]]) else "not_finite"} for row in rows]
        if all(row["state"] == "fits" for row in rows):
            safe.save(target, weights, {"blueprint": blueprint.model_dump_json()})
            report |= {"accepted": True, "digest": digest_of(target, tick), "bytes": target.stat().st_size}
    rows.sort(key=lambda row: row["state"] == "fits")
    return {**report, "tensors": rows[:MOST_TOLD], "count": len(rows), "problems": sum(row["state"] != "fits" for row in rows)}


def compared(found: dict[str, Row], wanted: dict[str, Row]) -> list[Report]:
    """Return a row for each name that one of them has."""
    return [_compared(name, found.get(name), wanted.get(name)) for name in {**wanted, **found}]


def _compared(name: str, found: Row | None, wanted: Row | None) -> Report:
    state = "fits" if found == wanted else "missing" if found is None else "unknown" if wanted is None else (
        "other_shape" if found.shape != wanted.shape else "other_dtype")
    shape, dtype = (list(found.shape), found.dtype) if found else (None, None)
    return {"name": name[:200], "state": state, "shape": shape, "dtype": dtype,
            "wanted": {"shape": list(wanted.shape), "dtype": wanted.dtype} if wanted else None}


def _blueprint(head: Head) -> Blueprint:
    """Return the Blueprint that a file says its weights are of; raises `Refused` where there is none that can work."""
    text = head.texts.get("blueprint", "")
    try:
        plain = json.loads(text) if 0 < len(text) <= LONGEST_BLUEPRINT else None
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise Refused("no_blueprint", "This file does not say which network its weights are of.", HINT, "upload")
    blueprint: Blueprint = parse(Blueprint, plain)
    forms(blueprint)
    return blueprint


def _expected(blueprint: Blueprint) -> dict[str, Row]:
    """Return what the network has by name; nothing is allocated for it."""
    with torch.device("meta"):
        model = build(blueprint, torch.device("meta"))
    return {name: Row(safe.DTYPES[one.dtype], tuple(one.shape)) for name, one in model.state_dict().items()}


def _place(head: Head) -> Any:
    """Return where the file says that its weights are from: a few words, for people."""
    try:
        place = json.loads(head.texts.get("place", "{}"))
        return {name: shown(place[name]).strip("'") for name in ("run", "branch", "epoch") if name in place}
    except (ValueError, TypeError, RecursionError):
        return {}


def _read(file: Path, head: Head, tick: Tick) -> dict[str, Tensor]:
    found = {}
    try:
        with safe_open(file, framework="pt") as data:  # type: ignore[no-untyped-call]
            for name in head.tensors:
                found[name] = data.get_tensor(name)
                tick()
    except SafetensorError as error:
        raise Refused("broken_weights", f"This safetensors file cannot be used: {shown(str(error))}.",
                      "Save it again and bring the new one.", "upload") from error
    return found


def _finite(values: Tensor) -> bool:
    return not values.is_floating_point() or bool(torch.isfinite(values).all())


def bring(file: Path, blueprint: Blueprint, order: Order) -> dict[str, Any]:
    """Check a file and keep it for Runs of this Order; return what `run_started` says as `warm`. Raises `Refused`.

    For the command line; a room asks for the job and keeps the file itself.
    """
    temp = file_of(order.instance, "bringing")
    temp.parent.mkdir(parents=True, exist_ok=True)
    try:
        report = check(file, temp)
        if not report["accepted"]:
            raise refusal(report)
        layers = taken_over(blueprint, Blueprint.model_validate(report["blueprint"]))
        if not layers:
            raise Refused("nothing_fits", "No layer of this network has the name and the shapes of one in the file.",
                          "Begin without the file, or with the network that it is of.", "weights")
        temp.replace(file_of(order.instance, report["digest"]))
    finally:
        temp.unlink(missing_ok=True)
    return Brought(file=report["digest"], layers=tuple(layers)).model_dump(mode="json")


def refusal(report: Report) -> Refused:
    """Return the words for a file that does not fit."""
    first = report["tensors"][0]
    return Refused("weights_do_not_fit", f"{report['problems']} of {report['count']} tensors do not fit the network in the "
                   f"file; the first is {shown(first['name'])}: {first['state'].replace('_', ' ')}.",
                   "Bring a file that was not changed since it was exported.", "weights")

"""Routes of the evaluator: a whole result out of the log, as JSON, as CSV, and as a picture."""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response

from ..core.datasets import row_of
from ..core.errors import Refused
from ..tables import Cells, cell, written
from .downloads import charge, download
from .http import as_json, checked_code
from .lab import Lab

LARGEST_SEQ = 2**31 - 1  # PostgreSQL has no larger one in this column
PICTURES = 16  # that are kept, 1 MB each at most
NONE = Refused("not_found", "There is no evaluation with this number in this room.",
               "Take `seq` of an evaluation that is done from the Snapshot.", "seq")
SCORES = ("accuracy", "precision", "recall", "f1", "support", "auc", "average_precision")
Fact = dict[str, Any]


def add_evaluations(app: Flask, lab: Lab) -> None:
    """Register the routes; the limit of requests to /api/ holds for them as for all others."""
    pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    @app.get("/api/rooms/<code>/evaluations/<int:seq>")
    def evaluation(code: str, seq: int) -> Response:
        """All numbers of one evaluation."""
        fact = _fact(lab, code, seq)
        return as_json({"ok": True, "evaluation": fact["data"], "by": fact["by"], "at": fact["at"]})

    @app.get("/api/rooms/<code>/evaluations/<int:seq>.csv")
    def evaluation_file(code: str, seq: int) -> Response:
        """Totals, a line per class, and the confusion matrix."""
        fact = _fact(lab, code, seq)
        charge(lab)
        return download(written(_table(fact["data"], _classes(lab, code, fact))), f"{_name(code, fact)}.csv")

    @app.get("/api/rooms/<code>/evaluations/<int:seq>.png")
    def evaluation_picture(code: str, seq: int) -> Response:
        """Matrix and curves; a process apart draws them."""
        fact = _fact(lab, code, seq)
        charge(lab)
        body = pictures.pop((code, seq), None) or _drawn(lab, code, fact)
        pictures[code, seq] = body
        while len(pictures) > PICTURES:
            pictures.popitem(last=False)
        response = Response(body, mimetype="image/png", headers={"Cache-Control": "no-store"})
        response.headers["Content-Disposition"] = f'attachment; filename="{_name(code, fact)}.png"'
        return response


def _fact(lab: Lab, code: str, seq: int) -> Fact:
    """Return the Event; raise `Refused` where it is no result of an evaluation."""
    if not 0 < seq <= LARGEST_SEQ:
        raise NONE
    facts = lab.store.events(checked_code(code), seq - 1, limit=1)
    if not facts or facts[0]["seq"] != seq or facts[0]["name"] != "evaluated":
        raise NONE
    return facts[0]


def _name(code: str, fact: Fact) -> str:
    data = fact["data"]
    return f"lockstep-{code}-evaluation-{data['branch']}-{data['epoch']}-{data['split']}"


def _classes(lab: Lab, code: str, fact: Fact) -> tuple[str, ...]:
    with lab.ledger.lock:
        state = lab.ledger.room(code).state
        run = state["runs"][state["branches"][fact["data"]["branch"]]["run"]]
    return row_of(run["blueprint"]).classes


def _drawn(lab: Lab, code: str, fact: Fact) -> bytes:
    data, classes = fact["data"], _classes(lab, code, fact)
    title = (f"{data['branch']}, epoch {data['epoch']}, {data['split']}: {data['examples']:,} examples, "
             f"accuracy {100 * data['accuracy']:.2f} %")
    answer = lab.questions.ask_internally(code, "plot", {"evaluation": data, "classes": list(classes), "title": title})
    if not answer["ok"]:
        raise Refused(**answer["error"])
    return b64decode(answer["png"])


def _table(data: dict[str, Any], classes: tuple[str, ...]) -> Iterator[Cells]:
    """Yield the rows of the file: three tables, an empty line between them."""
    top = [f"top_{k}" for k in range(1, len(data["top"]) + 1)]
    yield ["branch", "epoch", "split", "digest", "examples", "loss", "accuracy", "calibration_error", *top]
    yield [cell(data[name]) for name in ("branch", "epoch", "split", "digest", "examples", "loss", "accuracy",
                                         "calibration_error")] + data["top"]
    yield []
    yield ["class", *SCORES]
    for name, scores in zip(classes, data["classes"], strict=True):
        yield [cell(name), *(scores[one] for one in SCORES)]
    yield []
    yield ["label \\ predicted", *(cell(name) for name in classes)]
    for name, row in zip(classes, data["matrix"], strict=True):
        yield [cell(name), *row]

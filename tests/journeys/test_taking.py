"""A model is taken out of a room in every format, brought into another one, and says the same there."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch

from ml_utils.core.formats import ENDINGS
from tests.journeys.conftest import Stage
from tests.journeys.test_inside import IMAGE, ask
from tests.journeys.test_travel import digests, finished
from tests.server import Page
from tests.waiting import until

TOKEN = "X-Lockstep-Token"
LIMIT = 90.0  # seconds; the ONNX exporter is slow to load


def post(page: Page, path: str, body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = page.http.post(page.server.url + path, json=body, headers={TOKEN: page.token}, timeout=30).json()
    return answer


def ended(page: Page, job: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(page.http.get(f"{page.server.url}/api/rooms/{page.room}/jobs/{job}", timeout=10).json()["job"])
        return found["state"] in ("done", "failed")

    until(over, LIMIT, "the end of the job")
    return found


def taken(page: Page, format: str, **about: Any) -> tuple[dict[str, Any], bytes]:
    asked = post(page, f"/api/rooms/{page.room}/export", {"branch": "b1", "epoch": "last", "format": format, **about})
    assert asked["ok"], asked
    job = ended(page, asked["job"])
    assert job["state"] == "done", job
    file = page.http.get(f"{page.server.url}/api/rooms/{page.room}/jobs/{asked['job']}/file", timeout=30)
    assert file.ok and job["result"]["name"] in file.headers["Content-Disposition"]
    return job["result"], file.content


def sent(page: Page, data: bytes) -> dict[str, Any]:
    """Upload and check; return the job."""
    begun = post(page, "/api/uploads", {"name": "model.safetensors", "bytes": len(data), "of": str(hash(data))})
    for at in range(0, len(data), begun["chunk"]):
        piece = page.http.put(f"{page.server.url}/api/uploads/{begun['id']}?at={at}", data=data[at:at + begun["chunk"]],
                              headers={TOKEN: page.token, "Content-Type": "application/octet-stream"}, timeout=30)
        assert piece.json()["ok"], piece.text
    asked = post(page, f"/api/rooms/{page.room}/weights", {"upload": begun["id"]})
    assert asked["ok"], asked
    return ended(page, asked["job"])


def trained(page: Page) -> None:
    assert page.command("start", {"epochs": 2})["ok"]
    finished(page)


def test_every_format_is_made_and_weights_go_on_in_another_room_where_they_say_the_same(stage: Stage, tmp_path: Path) -> None:
    server = stage.server()
    ada, ben = stage.page(server), stage.page(server)
    trained(ada)
    made = {format: taken(ada, format) for format in ENDINGS}
    assert all(result["name"] == f"lockstep-{ada.room}-b1-epoch2{ENDINGS[format]}"  # type: ignore[index]
               and result["bytes"] == len(data) > 1000 for format, (result, data) in made.items())
    model = torch.load(io.BytesIO(made["pt"][1]), weights_only=True)
    assert model["digest"] == digests(ada)["b1", 2] == made["onnx"][0]["place"]["digest"]

    job = sent(ben, made["safetensors"][1])
    report = job["result"]
    assert job["state"] == "done" and report["accepted"] and {row["state"] for row in report["tensors"]} == {"fits"}
    assert ben.command("new_run", {"blueprint": report["blueprint"], "weights": report["digest"]})["ok"]
    ben.sees(lambda state: state["runs"])
    warm = ben.state["runs"]["r1"]["warm"]
    assert warm == {"file": report["digest"], "layers": ["conv1", "conv2", "linear1", "linear2"]}
    theirs = ask(ada, "classify", image=IMAGE, model={"branch": "b1", "epoch": 2})
    assert ask(ben, "classify", image=IMAGE)["softmax"] == theirs["softmax"], "the start of a Run is looked at, too"
    first, second = (evaluated(page, epoch) for page, epoch in ((ada, 2), (ben, 0)))
    assert first == second

    trained(ben)
    before = digests(ben)
    assert ben.command("prove", {"branch": "b1", "epoch": 1})["ok"]
    ben.sees(lambda state: state["proofs"] and state["proofs"][0]["state"] != "running", 60, "the proof")
    assert ben.state["proofs"][0]["state"] == "same", ben.state["proofs"]

    (server.instance / "weights" / f"{report['digest']}.safetensors").unlink()
    gone = ben.command("new_run", {"blueprint": report["blueprint"], "weights": report["digest"]})
    assert gone["error"]["code"] == "unknown_weights"
    assert before == digests(ben)


def evaluated(page: Page, epoch: int) -> dict[str, Any]:
    """What an evaluation of this model on the test split says."""
    assert page.command("evaluate", {"branch": "b1", "epoch": epoch, "split": "test"})["ok"]
    name = f"b1-{epoch}-test"
    page.sees(lambda state: state["evaluations"].get(name, {}).get("state") == "done", 60, "the evaluation")
    return {part: page.state["evaluations"][name][part] for part in ("accuracy", "loss")}


def test_what_is_no_good_is_refused_or_reported_and_never_used(stage: Stage, tmp_path: Path) -> None:
    server = stage.server()
    ada = stage.page(server)
    trained(ada)
    data = taken(ada, "safetensors")[1]
    length = 8 + int.from_bytes(data[:8], "little")
    damaged = data[:length] + b"\xff" * (len(data) - length)  # all of it NaN
    report = sent(ada, damaged)["result"]
    assert not report["accepted"] and report["problems"] > 4 and report["tensors"][0]["state"] == "not_finite"
    canary = tmp_path / "dead"
    job = sent(ada, pickle.dumps(Canary(canary)))
    assert job["state"] == "failed" and job["error"]["code"] == "not_safetensors" and "pickle" in job["error"]["message"]
    job = sent(ada, data[:-1])
    assert job["error"]["code"] == "broken_weights"
    assert not canary.exists() and not list((server.instance / "weights").rglob("*.safetensors"))
    assert not list((server.instance / "uploads").iterdir()), "what was checked is not kept twice"
    before = json.dumps(ada.state["runs"])
    answer = ada.command("new_run", {"blueprint": ada.state["blueprint"], "weights": "0" * 64})
    assert answer["error"]["code"] == "unknown_weights" and json.dumps(ada.state["runs"]) == before


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self._file,)

"""A real room gives out its run as a folder, and it is the room that is in there."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import torch

from tests.journeys.conftest import Stage
from tests.journeys.test_evaluating import trained
from tests.server import Page
from tests.trainer.run_folders import EVERYTHING
from tests.waiting import until


def packed(page: Page, body: dict[str, Any]) -> zipfile.ZipFile:
    """Ask for the folder, wait for it, fetch it."""
    address = f"{page.server.url}/api/rooms/{page.room}"
    answer = page.http.post(f"{address}/folder", json=body, headers={"X-Lockstep-Token": page.token}, timeout=20).json()
    assert answer["ok"], answer

    def job() -> Any:
        found = page.http.get(f"{address}/jobs/{answer['job']}", timeout=10).json()["job"]
        return found if found["state"] in ("done", "failed") else None

    done = until(job, 60, "the run folder")
    assert done["state"] == "done" and done["result"]["notes"] == {}, done
    return zipfile.ZipFile(io.BytesIO(page.http.get(f"{address}/jobs/{answer['job']}/file", timeout=30).content))


def test_a_room_gives_out_its_run_as_a_folder(stage: Stage, tmp_path: Path) -> None:
    page = trained(stage, stage.server(), 2)
    with packed(page, {}) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / f"lockstep-{page.room}-b1"
    inside = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert {name for name in inside if not name.startswith("tensorboard/")} == EVERYTHING and len(inside) == len(EVERYTHING) + 1
    log = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()[1:]]
    assert log == page.log()[:len(log)]
    digests = [one["digest"] for one in page.state["checkpoints"]]
    assert torch.load(folder / "weights" / "last.pt", weights_only=True)["digest"] == digests[-1]
    theirs = page.http.get(f"{page.server.url}/api/rooms/{page.room}/metrics.csv?branch=b1", timeout=10).content
    assert (folder / "metrics.csv").read_bytes() == theirs

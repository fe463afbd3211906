"""Files of weights that wait, that are kept, and that go; only what a job has found good is ever used."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ml_utils.core.blueprint import Blueprint, cnn, mlp
from ml_utils.core.errors import Refused
from ml_utils.line import Frame
from ml_utils.trainer.model import build
from ml_utils.trainer.out import safe
from ml_utils.web import weights
from ml_utils.web.weights import Weights
from tests.trainers import FakeTrainer
from tests.waiting import until
from tests.web.conftest import HOST, Bench, Browser

BenchOf = Callable[..., Bench]
ONE, TWO = "1" * 64, "2" * 64


def written(file: Path, blueprint: Blueprint | None = None) -> Path:
    one = blueprint or cnn()
    safe.save(file, build(one, torch.device("cpu")).state_dict(), {"blueprint": one.model_dump_json()})
    return file


def kept(folder: Path, digest: str = ONE, blueprint: Blueprint | None = None) -> Weights:
    found = Weights(folder / "weights")
    found.keep(written(folder / "made", blueprint), {"accepted": True, "digest": digest})
    return found


def test_what_waits_stays_where_a_run_begins_with_it(tmp_path: Path) -> None:
    found = kept(tmp_path)
    assert not (tmp_path / "made").exists() and (tmp_path / "weights" / "waiting" / f"{ONE}.safetensors").is_file()
    for _ in range(2):  # any number of Runs may
        assert found.begin(ONE, cnn(seed=7)) == {"file": ONE, "layers": ["conv1", "conv2", "linear1", "linear2"]}
        assert [one.name for one in (tmp_path / "weights").glob("*.safetensors")] == [f"{ONE}.safetensors"]


def test_what_nobody_uses_goes_after_a_while_and_what_is_used_stays(tmp_path: Path) -> None:
    found = kept(tmp_path)
    found.begin(ONE, cnn())
    found.keep(written(tmp_path / "made"), {"accepted": True, "digest": TWO})
    for file in (tmp_path / "weights").rglob("*.safetensors"):
        os.utime(file, (time.time() - weights.WAITING_SECONDS - 9,) * 2)
    found.sweep()
    assert [one.name for one in (tmp_path / "weights").rglob("*.safetensors")] == [f"{ONE}.safetensors"]
    with pytest.raises(Refused, match="any more"):
        found.begin(TWO, cnn())


def test_where_too_much_waits_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(tmp_path)
    monkeypatch.setattr(weights, "MOST_WAITING", 1)
    os.utime(tmp_path / "weights" / "waiting" / f"{ONE}.safetensors", (time.time() - 60,) * 2)
    found.keep(written(tmp_path / "made"), {"accepted": True, "digest": TWO})
    assert [one.name for one in (tmp_path / "weights" / "waiting").iterdir()] == [f"{TWO}.safetensors"]


def test_a_full_folder_and_a_network_without_a_fitting_layer_are_refused(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(tmp_path)
    with pytest.raises(Refused, match="No layer"):
        found.begin(ONE, mlp())
    monkeypatch.setattr(weights, "MOST_BYTES", 1)
    with pytest.raises(Refused, match="no room"):
        found.begin(ONE, cnn())


@pytest.mark.parametrize("digest", ["../../../etc/passwd", "", "1" * 63, "A" * 64, f"{'1' * 64}/x", None])
def test_a_digest_that_is_none_names_no_file(tmp_path: Path, digest: Any) -> None:
    with pytest.raises(ValueError):
        Weights(tmp_path / "weights").keep(written(tmp_path / "made"), {"accepted": True, "digest": digest})


def test_what_was_not_accepted_is_not_kept(tmp_path: Path) -> None:
    report = {"accepted": False, "tensors": []}
    assert Weights(tmp_path / "weights").keep(tmp_path / "nothing", report) == report
    assert not (tmp_path / "weights").exists()


# ── the route ───────────────────────────────────────────────────────────────────────────────────────────────

class Checker(FakeTrainer):
    """Finds every file good."""

    def obey(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame.get("job"):
            folder = Path(frame["job"]["folder"])
            assert (folder / frame["job"]["args"]["file"]).read_bytes() == b"{}" * 9
            written(folder / "weights.safetensors")
            self.say({"t": "job", "result": {"accepted": True, "digest": ONE, "tensors": []}})
        else:
            super().obey(frame)


def uploaded(me: Browser) -> str:
    data = b"{}" * 9
    begun = me.post("/api/uploads", {"name": "w.safetensors", "bytes": len(data), "of": "x"}).get_json()
    answer = me.http.put(f"/api/uploads/{begun['id']}?at=0", data=data, base_url=f"http://{HOST}", headers={
        "X-Lockstep-Token": me.token, "Content-Type": "application/octet-stream"})
    assert answer.get_json()["ok"], answer.get_json()
    return str(begun["id"])


def test_an_upload_is_checked_and_a_run_begins_with_it(bench_of: BenchOf) -> None:
    bench = bench_of(Checker).without_limits()
    me = bench.browser().connect()
    me.join()
    upload = uploaded(me)
    answer = me.post(f"/api/rooms/{me.room}/weights", {"upload": upload}).get_json()
    job = bench.lab.jobs.look(me.room, answer["job"])
    until(lambda: not job.live, what="the check")
    assert job.state == "done", job.error
    assert me.get(f"/api/uploads/{upload}").status_code == 404, "it was used"
    blueprint = cnn().model_dump(mode="json")
    both = me.command("new_run", {"blueprint": blueprint, "weights": ONE, "warm": True})
    assert both["error"]["field"] == "weights"
    assert me.command("new_run", {"blueprint": blueprint, "weights": TWO})["error"]["code"] == "unknown_weights"
    assert me.command("new_run", {"blueprint": blueprint, "weights": ONE})["ok"]
    warm = me.sees(lambda state: state["runs"])["runs"]["r1"]["warm"]
    assert warm == {"file": ONE, "layers": ["conv1", "conv2", "linear1", "linear2"]}
    code = me.get(f"/api/rooms/{me.room}/network.py?of=r1").get_data(as_text=True)
    assert "weights that were brought in" in " ".join(code.split())


def test_uploads_of_others_unfinished_ones_and_none_are_refused(bench_of: BenchOf) -> None:
    bench = bench_of(Checker).without_limits()
    ada, ben = bench.browser(), bench.browser()
    mine = uploaded(ada)
    half = ben.post("/api/uploads", {"name": "w", "bytes": 9, "of": "y"}).get_json()["id"]
    for upload, code in ((mine, "not_found"), (half, "not_complete"), ("nothing", "not_found")):
        assert ben.post(f"/api/rooms/{ben.room}/weights", {"upload": upload}).get_json()["error"]["code"] == code
    assert ada.post(f"/api/rooms/{ada.room}/weights", {"upload": mine}, token="").status_code == 403
    assert ada.get(f"/api/uploads/{mine}").get_json()["ok"], "a refused wish leaves it as it is"

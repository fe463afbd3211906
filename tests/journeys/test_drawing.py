"""Drawing and pictures, with real processes: kept, scored each epoch, decoded apart, and the training does not notice."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from tests.journeys.conftest import Stage
from tests.journeys.test_inside import ask
from tests.journeys.test_travel import finished
from tests.server import Page

INK = bytearray(112 * 112)
for row in range(15, 97):
    INK[row * 112 + 51:row * 112 + 61] = b"\xff" * 10
PAD = {"kind": "pad", "pixels": base64.b64encode(zlib.compress(INK)).decode(), "invert": False}


def picture(page: Page, data: bytes, kind: str = "image/png", query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = page.http.post(
        f"{page.server.url}/api/rooms/{page.room}/picture{query}", data=data, timeout=70,
        headers={"X-Lockstep-Token": page.token, "Content-Type": kind}).json()
    return answer


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def digests(page: Page) -> list[str]:
    state = page.sees(lambda state: len([one for one in state["checkpoints"] if one["kind"] == "epoch"]) == 3 and state)
    return [one["digest"] for one in page.state["checkpoints"] if one["kind"] == "epoch" and state]


def test_drawings_are_scored_each_epoch_and_disturb_nothing(stage: Stage) -> None:
    server = stage.server()
    alone, ada = stage.page(server), stage.page(server)
    assert ada.command("keep_drawing", {"image": PAD, "label": 1})["ok"]
    for page in (alone, ada):
        assert page.command("start", {"epochs": 3})["ok"]
    for _ in range(20):
        assert ask(ada, "classify", image=PAD)["ok"]
    assert ada.command("keep_drawing", {"image": PAD, "label": 7})["ok"]
    for page in (alone, ada):
        finished(page)
    points = ada.sees(lambda state: state["series"]["b1"].get("drawings_accuracy"))["series"]["b1"]
    assert len(points["drawings_accuracy"]) == len(points["drawings_loss"]) == 3
    assert "drawings_accuracy" not in alone.state["series"]["b1"]
    assert digests(alone) == digests(ada)
    assert ask(ada, "classify", image=PAD)["prediction"] == 1
    name = next(iter(ada.state["drawings"]))
    kept = ask(ada, "classify", image={"kind": "drawing", "drawing": name})
    assert kept["prediction"] == 1 and kept["image"] == ask(ada, "classify", image=PAD)["image"]


def test_pictures_are_decoded_apart_and_hostile_ones_harm_nobody(stage: Stage) -> None:
    server = stage.server()
    ada = stage.page(server)
    paper = Image.new("RGB", (400, 300), "white")
    paper.paste("black", (185, 40, 215, 260))
    found = picture(ada, png(paper), query="?invert=1")
    assert found["ok"] and (found["image"]["width"], found["image"]["height"], found["image"]["channels"]) == (8, 8, 1)
    assert ask(ada, "classify", image={"kind": "pixels", "pixels": found["pixels"]})["image"] == found["image"]
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    for data, code in ((huge, "no_picture"), (huge + bytes(100), "no_picture"), (b"<html></html>", "no_picture"),
                       (b"%PDF-1.7", "no_picture"), (b"", "no_picture"), (png(paper)[:200], "no_picture")):
        answer = picture(ada, data)
        assert not answer["ok"] and answer["error"]["code"] in (code, "picture_too_large") and answer["error"]["hint"]
    assert not picture(ada, bytes(9_000_000))["ok"]
    assert picture(ada, png(paper))["ok"], "the same process answers on"
    assert ada.http.get(f"{server.url}/api/rooms/{ada.room}/drawings", timeout=10).json() == {"ok": True, "drawings": []}

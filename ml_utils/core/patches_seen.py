"""The fold of what was seen inside the network."""

from __future__ import annotations

from collections.abc import Callable

from .snapshot import Fact, Patch, State

TRENDS = ("gradient_norm", "weight_norm", "update_ratio", "dead", "saturated", "mean", "spread")
TREND_LIMIT = 120  # points of one trend
HISTOGRAMS = ("weights", "gradients", "sample", "kernels")  # the last two are not in old logs


def cut_trends(state: State, x: float) -> dict[str, float]:
    """Return the `cut` of a patch that drops what the trends show after `x`."""
    return {f"trends.{layer}.{metric}": x for layer, metrics in state["trends"].items() for metric in metrics}


def _layers_measured(state: State, event: Fact) -> Patch:
    """The newest look at each layer, beside what was found in its weights; what is a number grows its trend."""
    patch: Patch = {"set": {}, "append": {}, "thin": {}}
    known, trends, x = state["layers"], state["trends"], event["position"]["x"]
    for name, look in event["data"]["layers"].items():
        kept = {kind: known[name][kind] for kind in HISTOGRAMS if kind in known.get(name, {})}
        patch["set"][f"layers.{name}"] = {**look, **kept}
        for metric in TRENDS:
            if look[metric] is not None:
                path = f"trends.{name}.{metric}"
                patch["append"][path] = [[x, look[metric]]]
                if len(trends.get(name, {}).get(metric, ())) >= TREND_LIMIT:
                    patch["thin"][path] = TREND_LIMIT
    return patch


def _histograms_measured(state: State, event: Fact) -> Patch:
    return {"set": {f"layers.{name}.{kind}": found[kind]
                    for name, found in event["data"]["layers"].items() for kind in HISTOGRAMS if kind in found}}


def _batch_shown(state: State, event: Fact) -> Patch:
    return {"set": {"session.shown": {**event["data"], "position": event["position"]}}}


PATCHES: dict[str, Callable[[State, Fact], Patch]] = {
    "layers_measured": _layers_measured, "histograms_measured": _histograms_measured, "batch_shown": _batch_shown,
}

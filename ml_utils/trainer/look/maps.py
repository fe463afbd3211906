"""What does a layer make of an image?"""

from __future__ import annotations

from typing import Any

from ...core.errors import Refused
from ...core.questions import Maps
from .fitting import named, unknown
from .layers_of import Passed, in_bytes, passing, seen_once, small
from .scene import Scene, encoded

MOST = 64  # maps in one answer
MOST_SIDE = 64  # pixels; larger ones are averaged down


def maps(scene: Scene, asked: Maps) -> dict[str, Any]:
    """Return the first feature maps of a layer, each uint8 between its own low and high."""
    image = scene.image(asked.image)
    passed = seen_once(scene, scene.batch(image[None]), asked.layer)
    if passed is None:
        raise unknown(scene.model, asked.layer, _with_maps(scene, asked), "layer that an image passes")
    if passed.gave.dim() != 4:
        there = _with_maps(scene, asked)
        raise Refused("no_maps", f"{named(scene.model, asked.layer)} gives no maps but {_words(passed)}.",
                      f"Layers with maps are {', '.join(there[:20])}." if there else "No layer of this network gives maps.",
                      "layer")
    found, low, high = in_bytes(small(passed.gave[0, :MOST], MOST_SIDE))
    return {"path": asked.layer, "of": passed.gave.shape[1], "shown": len(found), "width": found.shape[2],
            "height": found.shape[1], "maps": [encoded(one) for one in found], "low": low, "high": high,
            "image": scene.shown(image)}


def _words(passed: Passed) -> str:
    shape = passed.gave.shape[1:]
    return f"{shape[0]:,} numbers in a row" if len(shape) == 1 else f"a sequence of {shape[0]} steps"


def _with_maps(scene: Scene, asked: Maps) -> list[str]:
    found: dict[str, bool] = {}
    passing(scene, scene.batch(scene.image(asked.image)[None]), lambda one: found.update({one.path: one.gave.dim() == 4}))
    return [path for path, has in found.items() if has]

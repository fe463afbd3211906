"""Why a layer does not fit, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

from .forms import Form, Words, divisors

if TYPE_CHECKING:
    from .base import Kind

MOST_SIDE = 64  # of a patch, in pixels
MOST_STEPS = 4096  # of a sequence, where every step is looked at by itself


@dataclass(frozen=True)
class Fix:
    """What would make a layer fit: other `fields`, of it or of layers `inside` it; `layers` before it; itself taken `out`.

    The last two together: other layers in its place.
    """

    label: Words
    fields: dict[str, Any] | None = None
    layers: tuple[dict[str, Any], ...] = ()
    out: bool = False
    inside: tuple[tuple[int, dict[str, Any]], ...] = ()


class Misfit(Exception):
    """A layer cannot take what comes in: why, and the nearest fixes, best first.

    `at`: its place among layers, and inside those. `wanted`: types of form, where it is the type that is wrong. `after`:
    layers that mend it belong behind this one, not before.
    """

    def __init__(self, why: Words, *fixes: Fix, code: str = "shape_mismatch", wanted: tuple[str, ...] = ()) -> None:
        super().__init__(why[0])
        self.why, self.fixes, self.code = why, fixes, code
        self.at: tuple[int, ...] = ()
        self.wanted, self.after = wanted, False


TAKE_OUT = Fix(("take it out", "herausnehmen"), out=True)
TYPES: dict[str, Words] = {
    "image": ("images (channels × height × width)", "Bilder (Kanäle × Höhe × Breite)"),
    "sequence": ("a sequence (steps × features)", "eine Folge (Schritte × Merkmale)"),
    "row": ("a row of numbers", "eine Zahlenreihe"), "words": ("words", "Wörter"),
}
GOT: dict[str, Words] = {
    "image": ("images of {}", "Bilder von {}"), "sequence": ("a sequence of {}", "eine Folge von {}"),
    "row": ("a row of {} numbers", "eine Reihe von {} Zahlen"), "words": ("a row of {} words", "eine Reihe von {} Wörtern"),
}


def needs(kind: Kind, form: Form, *types: str) -> None:
    """Raise Misfit unless what comes in is one of these."""
    if form.type in types:
        return
    title, got, text = kind.about.title, GOT[form.type], form.text()
    wanted = [TYPES[one] for one in types]
    why = (f"{title[0]} needs {' or '.join(one[0] for one in wanted)}, but gets {got[0].format(text)}",
           f"{title[1]} braucht {' oder '.join(one[1] for one in wanted)}, bekommt aber {got[1].format(text)}")
    raise Misfit(why, *_others(kind, form), *_ways(form, types), TAKE_OUT, wanted=types)


def _others(kind: Kind, form: Form) -> list[Fix]:
    """Return the kind that does the same to what comes in."""
    if form.type not in kind.instead:
        return []
    other, title = kind.instead[form.type]
    return [Fix((f"use {title[0]} instead", f"stattdessen {title[1]} nehmen"), layers=({"kind": other},), out=True)]


def _ways(form: Form, types: tuple[str, ...]) -> list[Fix]:
    """Return layers that turn the one into the other, shortest way first."""
    to_words: list[dict[str, Any]] = [{"kind": "tokens"}] if form.size <= MOST_STEPS else []
    match form.type:
        case "image" | "sequence" if "row" in types:
            return [Fix(("insert Flatten", "Flatten einfügen"), layers=({"kind": "flatten"},))]
        case "image" if "sequence" in types:
            return [_row_by_row(form)]
        case "words" if "sequence" in types:
            return [Fix(("insert Embedding", "Embedding einfügen"), layers=({"kind": "embedding"},))]
        case "words" if "row" in types:
            return [Fix(("insert Embedding and Flatten", "Embedding und Flatten einfügen"),
                        layers=({"kind": "embedding"}, {"kind": "flatten"}))]
        case "row" if "sequence" in types and to_words:
            label = "turn numbers into words, and these into a sequence", "Zahlen in Wörter und diese in eine Folge verwandeln"
            return [Fix(label, layers=(*to_words, {"kind": "embedding"}))]
        case _ if "words" in types and to_words:
            return [Fix(("turn numbers into words", "Zahlen in Wörter verwandeln"), layers=tuple(to_words))]
    return [smaller(form)] if form.size > MOST_STEPS and "words" in types else []


def _row_by_row(form: Form) -> Fix:
    width = divisors(form.sides[2], MOST_SIDE)[-1]
    label = (f"read the image in pieces of 1×{width}", f"das Bild in Stücken von 1×{width} lesen")
    if width == form.sides[2]:
        label = ("read the image row by row", "das Bild zeilenweise lesen")
    return Fix(label, layers=({"kind": "patches", "height": 1, "width": width},))


def smaller(form: Form) -> Fix:
    """Return what makes less of this, before a layer that looks at every step."""
    linear: dict[str, Any] = {"kind": "linear", "features": 64}
    if form.type == "row":
        return Fix(("insert Linear with 64 features", "Linear mit 64 Merkmalen einfügen"), layers=(linear,))
    size = isqrt(MOST_STEPS // form.sides[0])
    if form.type == "image" and size:
        return Fix((f"insert AdaptiveAvgPool2d to {size}×{size}", f"AdaptiveAvgPool2d auf {size}×{size} einfügen"),
                   layers=({"kind": "adaptiveavgpool", "size": size},))
    return Fix(("insert Flatten, and Linear with 64 features", "Flatten und Linear mit 64 Merkmalen einfügen"),
               layers=({"kind": "flatten"}, linear))


def too_long(steps: int, form: Form) -> Misfit:
    """Return the refusal of a sequence with too many steps."""
    return Misfit((f"a sequence of {steps:,} steps is too long; {MOST_STEPS:,} are possible",
                   f"eine Folge von {steps} Schritten ist zu lang; {MOST_STEPS} sind möglich"),
                  *([smaller(form)] if steps == form.size else []), TAKE_OUT, code="too_large")

"""Layers that read whole sequences: recurrent ones and transformers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import MOST_STEPS, About, Call, Fix, Form, Kind, Misfit, Reach, Sides, call, divisors, field_words, needs, too_long
from .rows import MOST_FEATURES
from .sequences import Features


class Recurrent(Kind):
    """What reads a sequence step by step."""

    learns: ClassVar[bool] = True
    gates: ClassVar[int]
    memory: ClassVar[int]  # numbers kept for each feature and step, as torch does it on a CPU
    torch: ClassVar[str]
    features: Features = 64
    depth: Annotated[int, Field(ge=1, le=4, json_schema_extra=field_words(("Layers", "Schichten"), (
        "So many of them on top of each other.", "So viele übereinander.")))] = 1
    both: Annotated[bool, Field(json_schema_extra=field_words(("Both ways", "Beide Richtungen"), (
        "Reads the sequence backwards, too, and gives twice as many features.",
        "Liest die Folge auch rückwärts und liefert doppelt so viele Merkmale.")))] = False
    output: Annotated[Literal["last", "all"], Field(json_schema_extra=field_words(
        ("Output", "Ausgabe"), ("What goes on: the last step only, or every step.",
                                "Was weitergeht: nur der letzte Schritt oder jeder."),
        last=("Last step", "Letzter Schritt"), all=("Every step", "Jeder Schritt")))] = "last"

    @property
    def ways(self) -> int:
        return 2 if self.both else 1

    def out(self, form: Form) -> Form:
        needs(self, form, "sequence")
        if form.sides[0] > MOST_STEPS:
            raise too_long(form.sides[0], form)
        features = self.features * self.ways
        return Form((features,) if self.output == "last" else (form.sides[0], features))

    def weights(self, form: Form) -> dict[str, Sides]:
        found: dict[str, Sides] = {}
        rows = self.gates * self.features
        for number in range(self.depth):
            inputs = self.features * self.ways if number else form.sides[-1]
            for end in ("", "_reverse")[:self.ways]:
                place = f"l{number}{end}"
                found |= {f"cells.weight_ih_{place}": (rows, inputs), f"cells.weight_hh_{place}": (rows, self.features),
                          f"cells.bias_ih_{place}": (rows,), f"cells.bias_hh_{place}": (rows,)}
        return found

    def macs(self, form: Form, out: Form) -> int:
        return form.sides[0] * sum(sides[0] * sides[1] for sides in self.weights(form).values() if len(sides) == 2)

    def kept(self, form: Form, out: Form) -> int:
        return form.sides[0] * (form.sides[1] + self.features * self.ways * self.depth * self.memory)

    def reach(self, reach: Reach, form: Form) -> Reach:
        return Reach(reach.size, reach.jump, whole=True)

    def module(self, form: Form) -> Call:
        named = {**({"num_layers": self.depth} if self.depth > 1 else {}), **({"bidirectional": True} if self.both else {})}
        cells = call(self.torch, form.sides[-1], self.features, batch_first=True, **named)
        return call("Recurrent", cells, self.output == "last")


class Lstm(Recurrent):
    """Reads a sequence step by step, with a memory that gates open and close."""

    about = About(("LSTM", "LSTM"), (
        "Reads a sequence step by step, with a memory that learned gates open and close.",
        "Liest eine Folge Schritt für Schritt, mit einem Gedächtnis, das gelernte Tore öffnen und schließen."), "sequence")
    gates, memory = 4, 22
    torch = "nn.LSTM"
    kind: Literal["lstm"] = "lstm"


class Gru(Recurrent):
    """Reads a sequence step by step; simpler than an LSTM."""

    about = About(("GRU", "GRU"), (
        "Reads a sequence step by step: a simpler LSTM with fewer weights.",
        "Liest eine Folge Schritt für Schritt: ein einfacheres LSTM mit weniger Gewichten."), "sequence")
    gates, memory = 3, 8
    torch = "nn.GRU"
    kind: Literal["gru"] = "gru"


class Transformer(Kind):
    """A transformer encoder block: attention, then two linear layers, each with a skip and a LayerNorm before it."""

    about = About(("Transformer block", "Transformer-Block"), (
        "Every step looks at all others (attention), then thinks for itself (two linear layers).",
        "Jeder Schritt schaut auf alle anderen (Attention) und denkt dann für sich nach (zwei lineare Schichten)."), "sequence")
    learns: ClassVar[bool] = True
    kind: Literal["transformer"] = "transformer"
    heads: Annotated[int, Field(ge=1, le=16, json_schema_extra=field_words(("Heads", "Köpfe"), (
        "So many attentions side by side; it must divide the features.",
        "So viele Attentions nebeneinander; muss die Merkmale teilen.")))] = 4
    feedforward: Annotated[int, Field(ge=1, le=4096, json_schema_extra=field_words(("Hidden features", "Innere Merkmale"), (
        "Width of the two linear layers inside.", "Breite der beiden linearen Schichten darin.")))] = 128

    def out(self, form: Form) -> Form:
        needs(self, form, "sequence")
        if form.sides[0] > MOST_STEPS:
            raise too_long(form.sides[0], form)
        if form.sides[1] % self.heads:
            best = max(one for one in divisors(form.sides[1], 16) if one <= self.heads)
            raise Misfit((f"{self.heads} heads do not divide {form.sides[1]} features",
                          f"{self.heads} Köpfe teilen nicht {form.sides[1]} Merkmale"),
                         Fix((f"heads {best}", f"Köpfe {best}"), fields={"heads": best}), *self._wider(form))
        return form

    def _wider(self, form: Form) -> list[Fix]:
        features = -(-form.sides[1] // self.heads) * self.heads
        layer = {"kind": "linear", "features": features}
        return [Fix((f"insert Linear with {features} features", f"Linear mit {features} Merkmalen einfügen"), layers=(layer,))
                ] if features <= MOST_FEATURES else []

    def weights(self, form: Form) -> dict[str, Sides]:
        size, inner = form.sides[1], self.feedforward
        return {"self_attn.in_proj_weight": (3 * size, size), "self_attn.in_proj_bias": (3 * size,),
                "self_attn.out_proj.weight": (size, size), "self_attn.out_proj.bias": (size,),
                "linear1.weight": (inner, size), "linear1.bias": (inner,), "linear2.weight": (size, inner),
                "linear2.bias": (size,), "norm1.weight": (size,), "norm1.bias": (size,), "norm2.weight": (size,),
                "norm2.bias": (size,)}

    def macs(self, form: Form, out: Form) -> int:
        steps, size = form.sides
        return steps * (4 * size * size + 2 * size * self.feedforward) + 2 * steps * steps * size

    def kept(self, form: Form, out: Form) -> int:
        steps, size = form.sides
        return steps * (12 * size + 3 * self.feedforward) + 3 * self.heads * steps * steps  # the last only with dropout

    def reach(self, reach: Reach, form: Form) -> Reach:
        return Reach(reach.size, reach.jump, whole=True)

    def options(self, form: Form) -> dict[str, list[int]]:
        return {"heads": divisors(form.sides[1], 16)} if form.type == "sequence" else {}

    def module(self, form: Form) -> Call:
        return call("nn.TransformerEncoderLayer", form.sides[-1], self.heads, self.feedforward, activation="gelu",
                    batch_first=True, norm_first=True)

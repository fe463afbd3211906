"""The one table of settings: range, default, unit and help; it drives checks, sliders, info texts and docs.

A row is a field of `Settings`; its range stands in the type, its words in the field. Everything here may change
while a run trains. To add a setting, add a row here, obey it in `trainer/model.py`, and the page, the docs and
the tests of bad input have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

OptimizerName = Literal["sgd", "adam", "adamw", "rmsprop"]
LossName = Literal["cross_entropy", "label_smoothing", "multi_margin"]
MAX_EPOCHS = 10_000


def _words(label: tuple[str, str], help: tuple[str, str], unit: str = "", scale: str = "linear", step: float = 0,
           choices: dict[str, tuple[str, str]] | None = None) -> dict[str, Any]:
    """Words of a row as (English, German); `scale` is that of the slider, `step` its grain (0: free)."""
    row: dict[str, Any] = {"label": _both(label), "help": _both(help), "unit": unit, "scale": scale, "step": step}
    if choices:
        row["choices"] = {value: _both(words) for value, words in choices.items()}
    return row


def _both(words: tuple[str, str]) -> dict[str, str]:
    return {"en": words[0], "de": words[1]}


class Strict(BaseModel):
    """What comes from outside: no unknown fields, no conversions, no NaN or infinity, never edited."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Settings(Strict):
    """What may change mid-run; a change takes effect before the next batch."""

    learning_rate: Annotated[float, Field(ge=1e-6, le=10.0)] = Field(0.05, json_schema_extra=_words(
        ("Learning rate", "Lernrate"), scale="log", help=(
            "How far each step moves the weights. Too small: slow. Too large: the loss jumps about or explodes.",
            "Wie weit jeder Schritt die Gewichte bewegt. Zu klein: langsam. Zu groß: der Fehler springt oder explodiert.")))
    momentum: Annotated[float, Field(ge=0.0, le=0.999)] = Field(0.9, json_schema_extra=_words(
        ("Momentum", "Momentum"), step=0.001, help=(
            "Share of the last step kept in the next one. Used by SGD and RMSprop; the first beta of Adam and AdamW.",
            "Anteil des letzten Schritts im nächsten. Für SGD und RMSprop; das erste Beta von Adam und AdamW.")))
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.0, json_schema_extra=_words(
        ("Weight decay", "Gewichtsabnahme"), scale="log0", help=(
            "Pulls every weight towards zero at each step. A little helps against overfitting.",
            "Zieht jedes Gewicht bei jedem Schritt zur Null. Ein wenig hilft gegen Überanpassung.")))
    optimizer: OptimizerName = Field("sgd", json_schema_extra=_words(
        ("Optimizer", "Optimierer"), help=(
            "The rule that turns gradients into steps. A new optimizer starts with an empty memory.",
            "Die Regel, die aus Gradienten Schritte macht. Ein neuer Optimierer beginnt mit leerem Gedächtnis."),
        choices={"sgd": ("SGD", "SGD"), "adam": ("Adam", "Adam"), "adamw": ("AdamW", "AdamW"),
                 "rmsprop": ("RMSprop", "RMSprop")}))
    loss: LossName = Field("cross_entropy", json_schema_extra=_words(
        ("Loss", "Verlustfunktion"), help=(
            "What the training makes small. Curves before and after a change are on different scales.",
            "Was das Training klein macht. Kurven vor und nach einem Wechsel haben verschiedene Maßstäbe."),
        choices={"cross_entropy": ("Cross-entropy", "Kreuzentropie"),
                 "label_smoothing": ("Cross-entropy, labels smoothed by 0.1", "Kreuzentropie, Labels um 0,1 geglättet"),
                 "multi_margin": ("Multi-margin", "Multi-Margin")}))
    batch_size: Annotated[int, Field(ge=2, le=1024)] = Field(64, json_schema_extra=_words(
        ("Batch size", "Batchgröße"), unit="images", scale="log", step=1, help=(
            "Images seen per step. Larger: calmer, fewer steps. Smaller: noisier, more steps per epoch.",
            "Bilder je Schritt. Größer: ruhiger, weniger Schritte. Kleiner: unruhiger, mehr Schritte je Epoche.")))
    dropout: Annotated[float, Field(ge=0.0, le=0.95)] = Field(0.25, json_schema_extra=_words(
        ("Dropout", "Dropout"), step=0.01, help=(
            "Share of units switched off at random in each training step, in every dropout layer.",
            "Anteil der Einheiten, die in jedem Trainingsschritt zufällig ausgeschaltet werden, in jeder Dropout-Schicht.")))
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] = Field(10, json_schema_extra=_words(
        ("Epochs to go", "Epochen noch"), unit="epochs", scale="log", step=1, help=(
            "How many epochs to train, counted from the epoch in which you set it.",
            "Wie viele Epochen trainiert wird, gezählt ab der Epoche, in der man es einstellt.")))


if TYPE_CHECKING:
    SettingsChange = Settings
else:  # the same fields, all optional; what was given is in `model_fields_set`
    SettingsChange = create_model("SettingsChange", __base__=Strict, __doc__="Any of the Settings.", **{
        name: (field.rebuild_annotation(), Field(None, json_schema_extra=field.json_schema_extra))
        for name, field in Settings.model_fields.items()})


def changes_between(old: dict[str, Any], new: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``{name: {from, to}}`` for every setting that differs."""
    return {name: {"from": old[name], "to": new[name]} for name in new if old[name] != new[name]}


def settings_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON: name, kind, minimum, maximum, default, and the words of each row."""
    properties = Settings.model_json_schema()["properties"]
    return [_row(name, {**properties[name], **field.json_schema_extra}) for name, field in Settings.model_fields.items()
            if isinstance(field.json_schema_extra, dict)]  # it has the order of the choices, the schema is sorted


def _row(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    keys = ["minimum", "maximum", "default", "label", "help", "unit", "scale", "step", "choices"]
    kind = "choice" if "choices" in schema else schema["type"]
    return {"name": name, "kind": kind, **{key: schema[key] for key in keys if key in schema}}

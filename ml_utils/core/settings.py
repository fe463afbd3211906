"""The one table of settings: range, default, unit and help; it drives checks, sliders, info texts and docs.

A row is a field of `Settings`; its range stands in the type, its words in the field. Everything here may change
while a run trains. To add a setting, add a row here, obey it in `trainer/learner.py`, and the page, the docs and
the tests of bad input have it. What stands under a layer's name (`dropouts`, `frozen`) has no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, FailFast, Field, create_model

from .augmentation import Augmentation
from .rows import Strict as Strict
from .rows import words

OptimizerName = Literal["sgd", "adam", "adamw", "rmsprop"]
LossName = Literal["cross_entropy", "focal", "multi_margin"]
PrecisionName = Literal["float32", "bfloat16"]
WatchName = Literal["accuracy", "loss"]
SchedulerName = Literal["constant", "step", "cosine", "one_cycle", "plateau"]
LATER = frozenset({"focal_gamma", "balanced", "precision", "class_weights", *Augmentation.model_fields})
GROUPS = ("training", "optimizer", "schedule", "augmentation", "pace")  # on the page, from the top
MAX_EPOCHS = 10_000
MAX_NAMED = 64  # layers that may be named
PLANS = frozenset({"epochs", "pace", "patience", "watch"})  # they say how long and how fast, not what is learned


def _sorted_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _sorted_map(values: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(values.items()))


Share = Annotated[float, Field(ge=0.0, le=0.95)]
LayerName = Annotated[str, Field(pattern=r"^[a-z]{1,16}[1-9][0-9]{0,2}$")]  # as `blueprint.layer_names` makes them
LayerNames = Annotated[tuple[LayerName, ...], FailFast(), Field(max_length=MAX_NAMED, strict=False),
                       AfterValidator(_sorted_names)]
Shares = Annotated[dict[LayerName, Share], Field(max_length=MAX_NAMED), AfterValidator(_sorted_map)]
ClassKey = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,2})$")]
Weight = Annotated[float, Field(ge=0.01, le=100.0)]
ClassWeights = Annotated[dict[ClassKey, Weight], Field(max_length=MAX_NAMED), AfterValidator(_sorted_map)]
ClassWeightsChange = Annotated[dict[ClassKey, Weight | None], Field(max_length=MAX_NAMED)]  # null: 1 again
SharesChange = Annotated[dict[LayerName, Share | None], Field(max_length=MAX_NAMED)]  # null: as the others again


class Settings(Augmentation):
    """What may change mid-run; a change takes effect before the next batch."""

    learning_rate: Annotated[float, Field(ge=1e-6, le=10.0)] = Field(0.05, json_schema_extra=words(
        ("Learning rate", "Lernrate"), group="training", scale="log", help=(
            "How far each step moves the weights. Too small: slow. Too large: the loss jumps about or explodes.",
            "Wie weit jeder Schritt die Gewichte bewegt. Zu klein: langsam. Zu groß: der Fehler springt oder explodiert.")))
    batch_size: Annotated[int, Field(ge=2, le=1024)] = Field(64, json_schema_extra=words(
        ("Batch size", "Batchgröße"), group="training", unit="images", scale="log", step=1, help=(
            "Images seen per step. Larger: calmer, fewer steps. Smaller: noisier, more steps per epoch.",
            "Bilder je Schritt. Größer: ruhiger, weniger Schritte. Kleiner: unruhiger, mehr Schritte je Epoche.")))
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] = Field(10, json_schema_extra=words(
        ("Epochs to go", "Epochen noch"), group="training", unit="epochs", scale="log", step=1, help=(
            "How many epochs to train, counted from the epoch in which you set it.",
            "Wie viele Epochen trainiert wird, gezählt ab der Epoche, in der man es einstellt.")))
    dropout: Share = Field(0.25, json_schema_extra=words(
        ("Dropout", "Dropout"), group="training", step=0.01, help=(
            "Share of units switched off at random in each training step, in every dropout layer without a share of its own.",
            "Anteil der Einheiten, die in jedem Trainingsschritt zufällig ausgeschaltet werden, in jeder Dropout-Schicht "
            "ohne eigenen Anteil.")))
    loss: LossName = Field("cross_entropy", json_schema_extra=words(
        ("Loss", "Verlustfunktion"), group="training", help=(
            "What the training makes small. Curves before and after a change are on different scales.",
            "Was das Training klein macht. Kurven vor und nach einem Wechsel haben verschiedene Maßstäbe."),
        choices={"cross_entropy": ("Cross-entropy", "Kreuzentropie"), "focal": ("Focal", "Focal"),
                 "multi_margin": ("Multi-margin", "Multi-Margin")}))
    label_smoothing: Annotated[float, Field(ge=0.0, le=0.9)] = Field(0.0, json_schema_extra=words(
        ("Label smoothing", "Label-Glättung"), group="training", step=0.01, only={"loss": ["cross_entropy"]}, help=(
            "Share of each label that is spread over all classes. The network then learns not to be too sure.",
            "Anteil jedes Labels, der auf alle Klassen verteilt wird. So lernt das Netz, nicht allzu sicher zu sein.")))
    focal_gamma: Annotated[float, Field(ge=0.0, le=5.0)] = Field(2.0, json_schema_extra=words(
        ("Focus", "Fokus"), group="training", step=0.1, only={"loss": ["focal"]}, help=(
            "How much less images count that the network is sure of already. 0: cross-entropy.",
            "Wie viel weniger Bilder zählen, bei denen das Netz schon sicher ist. 0: Kreuzentropie.")))
    balanced: bool = Field(False, json_schema_extra=words(
        ("Balance classes", "Klassen ausgleichen"), group="training", help=(
            "Images of rare classes count more, so that all classes count alike.",
            "Bilder seltener Klassen zählen mehr, sodass alle Klassen gleich viel zählen.")))
    precision: PrecisionName = Field("float32", json_schema_extra=words(
        ("Precision", "Genauigkeit"), group="training", help=(
            "Mixed precision computes most of the network with 16 bits: coarser, and faster where the processor is made for "
            "it. Apple's GPUs go on with 32.",
            "Gemischte Genauigkeit rechnet das meiste mit 16 Bit: gröber, und schneller, wo der Prozessor dafür gebaut ist. "
            "Apples GPUs bleiben bei 32."),
        choices={"float32": ("32 bits", "32 Bit"), "bfloat16": ("Mixed, 16 bits (bfloat16)", "Gemischt, 16 Bit (bfloat16)")}))
    optimizer: OptimizerName = Field("sgd", json_schema_extra=words(
        ("Optimizer", "Optimierer"), group="optimizer", help=(
            "The rule that turns gradients into steps. A new optimizer starts with an empty memory.",
            "Die Regel, die aus Gradienten Schritte macht. Ein neuer Optimierer beginnt mit leerem Gedächtnis."),
        choices={"sgd": ("SGD", "SGD"), "adam": ("Adam", "Adam"), "adamw": ("AdamW", "AdamW"),
                 "rmsprop": ("RMSprop", "RMSprop")}))
    momentum: Annotated[float, Field(ge=0.0, le=0.999)] = Field(0.9, json_schema_extra=words(
        ("Momentum", "Momentum"), group="optimizer", step=0.001, help=(
            "Share of the last step kept in the next one. Used by SGD and RMSprop; the first beta of Adam and AdamW.",
            "Anteil des letzten Schritts im nächsten. Für SGD und RMSprop; das erste Beta von Adam und AdamW.")))
    nesterov: bool = Field(False, json_schema_extra=words(
        ("Nesterov", "Nesterov"), group="optimizer", only={"optimizer": ["sgd"]}, help=(
            "Looks ahead: steps as if the momentum had moved the weights already. Without momentum it changes nothing.",
            "Schaut voraus: Schritte, als hätte das Momentum die Gewichte schon bewegt. Ohne Momentum ohne Wirkung.")))
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.0, json_schema_extra=words(
        ("Weight decay", "Gewichtsabnahme"), group="optimizer", scale="log0", help=(
            "Pulls every weight towards zero at each step. A little helps against overfitting.",
            "Zieht jedes Gewicht bei jedem Schritt zur Null. Ein wenig hilft gegen Überanpassung.")))
    beta2: Annotated[float, Field(ge=0.0, le=0.9999)] = Field(0.999, json_schema_extra=words(
        ("Beta 2", "Beta 2"), group="optimizer", step=0.0001, only={"optimizer": ["adam", "adamw"]}, help=(
            "How long the optimizer remembers the size of gradients. Closer to 1: longer, steadier step sizes.",
            "Wie lange sich der Optimierer die Größe der Gradienten merkt. Näher an 1: länger, ruhigere Schrittweiten.")))
    alpha: Annotated[float, Field(ge=0.0, le=0.9999)] = Field(0.99, json_schema_extra=words(
        ("Alpha", "Alpha"), group="optimizer", step=0.0001, only={"optimizer": ["rmsprop"]}, help=(
            "How long the optimizer remembers the size of gradients. Closer to 1: longer, steadier step sizes.",
            "Wie lange sich der Optimierer die Größe der Gradienten merkt. Näher an 1: länger, ruhigere Schrittweiten.")))
    epsilon: Annotated[float, Field(ge=1e-12, le=1.0)] = Field(1e-8, json_schema_extra=words(
        ("Epsilon", "Epsilon"), group="optimizer", scale="log", only={"optimizer": ["adam", "adamw", "rmsprop"]}, help=(
            "Added where a step is divided by the size of gradients. Larger: small gradients make smaller steps.",
            "Wird addiert, wo durch die Größe der Gradienten geteilt wird. Größer: kleine Gradienten, kleinere Schritte.")))
    clipping: Annotated[float, Field(ge=0.0, le=1000.0)] = Field(0.0, json_schema_extra=words(
        ("Gradient clipping", "Gradienten kappen"), group="optimizer", scale="log0", help=(
            "Largest norm that all gradients together may have; longer ones are shortened to it. 0: off.",
            "Größte Norm, die alle Gradienten zusammen haben dürfen; längere werden darauf gekürzt. 0: aus.")))
    scheduler: SchedulerName = Field("constant", json_schema_extra=words(
        ("Schedule", "Lernratenplan"), group="schedule", help=(
            "How the learning rate goes on from here. It begins anew when it or the learning rate is changed.",
            "Wie sich die Lernrate von hier an bewegt. Beginnt neu, wenn sie oder der Plan geändert wird."),
        choices={"constant": ("Constant", "Konstant"), "step": ("Steps down", "In Stufen"), "cosine": ("Cosine", "Kosinus"),
                 "one_cycle": ("One cycle", "Ein Zyklus"), "plateau": ("Down on a plateau", "Senken bei Stillstand")}))
    warmup: Annotated[float, Field(ge=0.0, le=100.0)] = Field(0.0, json_schema_extra=words(
        ("Warm-up", "Aufwärmen"), group="schedule", unit="epochs", scale="log0", step=0.1, help=(
            "So many epochs in which the learning rate rises from a hundredth to its full value. 0: none.",
            "So viele Epochen, in denen die Lernrate von einem Hundertstel auf ihren vollen Wert steigt. 0: keine.")))
    schedule_epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] = Field(10, json_schema_extra=words(
        ("Length", "Länge"), group="schedule", unit="epochs", scale="log", step=1,
        only={"scheduler": ["step", "cosine", "one_cycle", "plateau"]}, help=(
            "Steps: epochs between two of them. Cosine and one cycle: the whole length. "
            "Plateau: epochs without progress until the rate goes down.",
            "Stufen: Epochen von einer zur nächsten. Kosinus und Zyklus: die ganze Länge. "
            "Stillstand: Epochen ohne Fortschritt, bis die Rate sinkt.")))
    schedule_factor: Annotated[float, Field(ge=0.01, le=0.99)] = Field(0.5, json_schema_extra=words(
        ("Factor", "Faktor"), group="schedule", step=0.01, only={"scheduler": ["step", "plateau"]}, help=(
            "What the learning rate is multiplied by each time it goes down.",
            "Womit die Lernrate jedes Mal multipliziert wird, wenn sie sinkt.")))
    pace: Annotated[float, Field(ge=0.0, le=20.0)] = Field(0.0, json_schema_extra=words(
        ("Slow motion", "Zeitlupe"), group="pace", unit="batches", scale="log0", step=0.1, help=(
            "So many batches per second, slow enough to watch. What is learned stays the same. 0: full speed.",
            "So viele Batches je Sekunde, langsam genug zum Zusehen. Was gelernt wird, bleibt gleich. 0: volles Tempo.")))
    patience: Annotated[int, Field(ge=0, le=1000)] = Field(0, json_schema_extra=words(
        ("Stop early after", "Früh anhalten nach"), group="pace", unit="epochs", scale="log0", step=1, help=(
            "Pause after so many epochs in a row without a better result. 0: never.",
            "Pausieren nach so vielen Epochen in Folge ohne besseres Ergebnis. 0: nie.")))
    watch: WatchName = Field("accuracy", json_schema_extra=words(
        ("What is best", "Was das Beste ist"), group="pace", help=(
            "By what the best epoch is told: on the validation split where there is one, else on the test split.",
            "Woran die beste Epoche erkannt wird: am Validierungsteil, wo es einen gibt, sonst am Testteil."),
        choices={"accuracy": ("Highest accuracy", "Höchste Genauigkeit"), "loss": ("Lowest loss", "Kleinster Verlust")}))
    dropouts: Shares = Field({}, description="Dropout of single layers by name, such as `{\"dropout1\": 0.5}`, in place of "
                             "`dropout`. A change is merged into the present map; null removes an entry.")
    class_weights: ClassWeights = Field({}, description="How much images of single classes count, by number, such as "
                                        "`{\"3\": 2.0}`; others count 1. A change is merged; null removes an entry.")
    frozen: LayerNames = Field((), description="Names of layers whose weights rest, such as `[\"conv1\"]`.")


MAPS: dict[str, Any] = {"dropouts": SharesChange, "class_weights": ClassWeightsChange}  # merged where they are changed


if TYPE_CHECKING:
    SettingsChange = Settings
else:  # the same fields, all optional; what was given is in `model_fields_set`
    SettingsChange = create_model("SettingsChange", __base__=Strict, __doc__="Any of the Settings.", **{
        name: (MAPS.get(name) or field.rebuild_annotation(),
               Field(None, json_schema_extra=field.json_schema_extra))
        for name, field in Settings.model_fields.items()})


def changed(old: Settings, asked: dict[str, Any]) -> Settings:
    """Return the Settings after a change; raises ValidationError. Maps are merged, null removes an entry."""
    given = SettingsChange.model_validate(asked).model_dump(exclude_unset=True)
    for name in MAPS.keys() & given.keys():
        merged = {**getattr(old, name), **given[name]}
        given[name] = {key: value for key, value in merged.items() if value is not None}
    return Settings.model_validate({**old.model_dump(), **given})


def whole(asked: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Return what to ask so that maps become those asked for, instead of being merged into the old ones."""
    return {**asked, **{name: {**dict.fromkeys(old[name]), **asked[name]} for name in MAPS if name in asked}}


def changes_between(old: dict[str, Any], new: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``{name: {from, to}}`` for every setting that differs."""
    return {name: {"from": old[name], "to": new[name]} for name in new if old[name] != new[name]}


def learned(settings: Settings) -> dict[str, Any]:
    """Return, as plain JSON, what has an effect on the weights.

    What came later than the first Checkpoints is left out where it has its usual value: their digests stay what they were.
    """
    found = settings.model_dump(mode="json", exclude=set(PLANS))
    return {name: value for name, value in found.items() if name not in LATER or value != Settings.model_fields[name].default}


def settings_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON: name, kind, minimum, maximum, default, and the words of each row."""
    properties = Settings.model_json_schema()["properties"]
    rows = [_row(name, {**properties[name], **field.json_schema_extra}) for name, field in Settings.model_fields.items()
            if isinstance(field.json_schema_extra, dict)]  # it has the order of the choices, the schema is sorted
    return sorted(rows, key=lambda row: GROUPS.index(row["group"]))


def _row(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    keys = ["minimum", "maximum", "default", "label", "help", "group", "unit", "scale", "step", "choices", "only"]
    kind = "choice" if "choices" in schema else schema["type"]
    return {"name": name, "kind": kind, **{key: schema[key] for key in keys if key in schema}}

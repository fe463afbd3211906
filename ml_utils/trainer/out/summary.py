"""summary.txt: what was trained on what, how far, how well, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.best import best_of
from ...core.blueprint import Blueprint
from ...core.datasets import held_back
from ...core.rules import report
from ...core.settings import Settings
from ...core.tree import checkpoints_on, place_of, settings_at
from .reports import where
from .textlog import changed, moment, number, percent, plain, scored
from .told import Line

WIDE = 14  # letters of a name in front of what is said
SOURCES = """\
Where the numbers come from
  train           each batch as it was learned from: train mode, raw, loss before the step; of an epoch the mean over it
  validation      the training examples that are held back, at the end of an epoch: eval mode, not augmented
  test            the test split, at the end of an epoch: eval mode, not augmented; loss as it was trained with
  reports         plain cross-entropy, eval mode, not augmented; each says of which model and of how many examples
  best            the first epoch with the best value of `watch`, on validation where there is one, else on test
  parameters, multiply-adds   by the rules of the lab, of one image"""


def text(line: Line, notes: dict[str, str], final: bool) -> str:
    """Return the summary. `notes`: what could not be made, by what it is, and why."""
    blueprint = Blueprint.model_validate(line.about["blueprint"])
    parts = [list(_head(line, blueprint, final)), list(_network(blueprint)), list(_settings(line)), list(_changes(line)),
             SOURCES.splitlines(), list(_notes(notes))]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(line: Line, blueprint: Blueprint, final: bool) -> Iterator[str]:
    row, session, told = blueprint.row, line.state["session"], line.told
    name = f' "{plain(line.row["name"])}"' if line.row["name"] else ""
    here = (session["position"] or {}).get("branch") == line.branch
    yield _said("run", f"{line.run}, branch {line.branch}{name}, room {line.state['room']['code']}")
    yield _said("dataset", f"{plain(row.title)} ({row.name}), {row.source}; {len(row.classes)} classes, "
                f"images {' × '.join(map(str, row.shape))} (channels, height, width)")
    plain_of = line.about["blueprint"]
    yield _said("splits", f"{blueprint.examples:,} train, {held_back(plain_of):,} validation, {row.test:,} test; "
                f"{len(blueprint.without):,} left out")
    yield _said("seed", f"{blueprint.seed}; {line.about['threads']} thread{'s' * (line.about['threads'] > 1)}")
    yield _said("trained", f"{_far(line)}; {sum(seconds for *_, seconds in line.epochs):.1f} s in whole epochs")
    if here:
        reason = f" ({session['reason']})" if session["reason"] else ""
        going = "" if final else "; still going"
        yield _said("session", f"{session['status']}{reason}, at {where(session['position'])}{going}")
    yield from _results(line)
    yield _said("when", f"{moment(line.about['at'])} to {moment(told.at)} UTC, {told.state['seq']:,} Events")
    yield _said("build", told.build or "–")


def _far(line: Line) -> str:
    steps = int(line.batches.steps[-1]) if len(line.batches) else 0
    return f"{line.tip['epoch']} epochs and {line.tip['batch']} batches ({line.tip['x']:g} epochs, {steps:,} steps)"


def _results(line: Line) -> Iterator[str]:
    best = best_of(line.state, line.branch)
    value = (number if best and best["metric"] == "loss" else percent)(best["value"] if best else None)
    told = f"epoch {best['epoch']}: {best['metric']} {value} on {best['split']}" if best else "no epoch has ended yet"
    yield _said("best", told)
    if line.epochs:
        epoch, scores, *_ = line.epochs[-1]
        yield _said("last epoch", f"epoch {epoch}: {scored(scores)}")
    rows = checkpoints_on(line.state, line.branch, place_of(line.tip))
    yield _said("digest", f"{rows[0]['digest']} ({where(rows[0])})" if rows else "no checkpoint yet")


def _said(name: str, words: str) -> str:
    return f"{name:<{WIDE}}{words}"


def _network(blueprint: Blueprint) -> Iterator[str]:
    found = report(blueprint)
    rows = [["layer", "kind", "output", "parameters", "multiply-adds"],
            ["input", "", _sides(found["input"]), "", ""], *_layers(found["layers"], ""),
            ["total", "", "", f"{found['parameters']:,}", f"{found['macs']:,}"]]
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    yield "Network"
    for row in rows:
        yield "  " + "  ".join([*(text.ljust(wide) for text, wide in zip(row[:3], widths, strict=False)),
                                *(text.rjust(wide) for text, wide in zip(row[3:], widths[3:], strict=True))]).rstrip()


def _layers(rows: list[dict[str, Any]], indent: str) -> Iterator[list[str]]:
    for row in rows:
        yield [f"{indent}{row['name']}", row["kind"], _sides(row["out"]), f"{row['parameters']:,}", f"{row['macs']:,}"]
        yield from _layers(row.get("layers", []), f"{indent}  ")


def _sides(sides: list[int]) -> str:
    return " × ".join(map(str, sides))


def _settings(line: Line) -> Iterator[str]:
    """All that differ from their usual value are marked."""
    found = settings_at(line.state, line.branch, place_of(line.tip))
    usual = Settings().model_dump(mode="json")
    yield "Settings at the end (* not the usual value)"
    for name, value in found.items():
        yield f"  {name:<18}{'*' if value != usual.get(name) else ' '} {plain(str(value))}"


def _changes(line: Line) -> Iterator[str]:
    for place, marker in enumerate(line.changes):
        if not place:
            yield "Changes on the way (recipe.yaml is how it began; session.yaml has them)"
        yield f"  {marker['x']:>10.4f} epochs  {plain(changed(marker['changes']))}"


def _notes(notes: dict[str, str]) -> Iterator[str]:
    for place, (what, words) in enumerate(notes.items()):
        if not place:
            yield "Not here"
        yield f"  {what}: {plain(words)}"

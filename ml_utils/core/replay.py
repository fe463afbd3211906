"""A whole session as one description that can be trained again without a browser, and be compared digest by digest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from .blueprint import Blueprint
from .errors import refusal, shown
from .fields import Brought, Count, Digest, Identifier, Text, Warm
from .recipe import nearest
from .settings import Settings, Strict
from .snapshot import Fact, State
from .tree import Place, changes_on, on_the_way, place_of

BEGUN = (-1, 0)  # before every place
MOST_BRANCHES = 2_000
MOST_RUNS = 500
MOST_ROWS = 50_000  # changes, or Checkpoints, of one Branch
MOST_NOTE = 100  # letters
At = Annotated[tuple[Count, Count], Field(strict=False)]  # epoch, batches done in it
Kind = Literal["epoch", "interrupt", "interval"]


class Expected(Strict):
    """A Checkpoint that was written here. `build`: with what, where that is not what the most were made with."""

    at: At
    digest: Digest
    kind: Kind = "epoch"
    build: Text | None = None


class Changed(Strict):
    """Settings that took effect before the next batch: these, and no others."""

    at: At
    set: dict[str, Any] = Field(min_length=1)


class ReplayedRun(Strict):
    """A Run: what it is fixed by, the Settings it began with, and with which weights it began."""

    run: Identifier
    blueprint: Blueprint
    settings: Settings = Field(default_factory=Settings)
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    warm: Warm | Brought | None = None


class ReplayedBranch(Strict):
    """A Branch: where it left its parent, how far it was trained, what was changed on it, in order, and what it came to.

    A change at the fork itself may be one that its parent had there already: a Branch begins with the Checkpoint of that
    epoch, which was written before any change there.
    """

    branch: Identifier
    run: Identifier
    parent: Identifier | None = None
    epoch: Count = 0
    tip: At
    changes: Annotated[tuple[Changed, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    expected: Annotated[tuple[Expected, ...], Field(max_length=MOST_ROWS, strict=False)] = ()

    @property
    def start(self) -> Place:
        return self.epoch, 0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for rows, what in ((self.changes, "changes"), (self.expected, "expected")):
            places = [row.at for row in rows]
            if places != sorted(places) or (places and not self.start <= places[0] <= places[-1] <= self.tip):
                raise ValueError(f"{what} stand in the order of the training, from where the branch begins to its tip")
        return self


class SessionFile(Strict):
    """Everything that was trained in a room, in the order in which it began. `build`: with what most of it was made."""

    lockstep: Literal["session"] = "session"
    format: Literal[1] = 1
    build: Text = ""
    runs: Annotated[tuple[ReplayedRun, ...], Field(max_length=MOST_RUNS, strict=False)]
    branches: Annotated[tuple[ReplayedBranch, ...], Field(max_length=MOST_BRANCHES, strict=False)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        runs = {run.run: run for run in self.runs}
        known: dict[str, ReplayedBranch] = {}
        if len(runs) < len(self.runs):
            raise ValueError("two runs have the same name")
        for branch in self.branches:
            _check(branch, runs, known)
            known[branch.branch] = branch
        for run in self.runs:
            _check_warm(run, known)
        return self

    def ways(self) -> dict[str, list[tuple[Place, Settings]]]:
        """Return for each Branch the Settings that it begins with (at `BEGUN`), and all Settings after each of its changes."""
        begun = {run.run: run.settings for run in self.runs}
        found: dict[str, list[tuple[Place, Settings]]] = {}
        for branch in self.branches:
            now = begun[branch.run] if branch.parent is None else [
                settings for place, settings in found[branch.parent] if place < branch.start][-1]
            way = [(BEGUN, now)]
            for change in branch.changes:
                now = Settings.model_validate({**now.model_dump(mode="json"), **change.set})
                way.append((change.at, now))
            found[branch.branch] = way
        return found


def _check(branch: ReplayedBranch, runs: dict[str, ReplayedRun], known: dict[str, ReplayedBranch]) -> None:
    """Raise ValueError where a Branch does not fit those before it, or a change is none."""
    name = branch.branch
    if name in known or branch.run not in runs:
        raise ValueError(f"branch {name}: its name stands there twice, or its run nowhere")
    if branch.parent is None:
        if branch.epoch or any(one.run == branch.run for one in known.values()):
            raise ValueError(f"branch {name}: only the first of a run has no parent, and it begins at epoch 0")
    elif branch.parent not in known or known[branch.parent].run != branch.run:
        raise ValueError(f"branch {name}: its parent has to stand before it, in the same run")
    elif not known[branch.parent].start <= branch.start <= known[branch.parent].tip:
        raise ValueError(f"branch {name}: its parent was not trained at epoch {branch.epoch}")
    for change in branch.changes:
        unknown = next((one for one in change.set if one not in Settings.model_fields), None)
        if unknown is not None:
            near = nearest(unknown, Settings.model_fields)
            raise ValueError(f"branch {name}, {change.at[0]}:{change.at[1]}: there is no setting {shown(unknown)}"
                             f"{f', did you mean {near}?' if near else ''}")
        try:
            Settings.model_validate(change.set)
        except ValidationError as error:
            raise ValueError(f"branch {name}, {change.at[0]}:{change.at[1]}: {refusal(error).message}") from None


def _check_warm(run: ReplayedRun, known: dict[str, ReplayedBranch]) -> None:
    """A Run that begins with weights of another needs the Checkpoint they are in to be among those expected, before it."""
    if isinstance(run.warm, Warm):
        order = list(known)
        first = next((one.branch for one in known.values() if one.run == run.run), None)
        source = known.get(run.warm.branch)
        if source is None or first is not None and order.index(source.branch) >= order.index(first):
            raise ValueError(f"run {run.run}: it begins with weights of a branch that does not stand before it")
        if not any(row.digest == run.warm.digest for row in source.expected):
            raise ValueError(f"run {run.run}: the checkpoint that its weights are out of is not among those of {source.branch}")


# ── out of a log ────────────────────────────────────────────────────────────────────────────────────────────

def described(state: State, saved: Iterable[Fact]) -> SessionFile:
    """Return what a room's Snapshot and the Events `checkpoint_saved` of its log say; other Events are passed by."""
    told: dict[str, dict[tuple[Place, str], Fact]] = {name: {} for name in state["branches"]}
    builds: dict[str, int] = {}
    for fact in saved:
        if fact["name"] == "checkpoint_saved" and fact["seq"] <= state["seq"] and fact["data"]["branch"] in told:
            data = fact["data"]
            told[data["branch"]].setdefault((place_of(data), data["digest"]), fact)
            builds[data["build"]] = builds.get(data["build"], 0) + 1
    build = max(builds, key=lambda name: builds[name], default="")
    runs = [{"run": name, **{key: row.get(key) for key in ("blueprint", "settings", "threads", "warm")}}
            for name, row in state["runs"].items()]
    branches = [{**_branch(state, name), "expected": list(_expected(state, name, told[name], build))}
                for name in state["branches"]]
    return SessionFile.model_validate({"build": build, "runs": runs, "branches": branches})


def _branch(state: State, name: str) -> dict[str, Any]:
    row = state["branches"][name]
    return {"branch": name, "run": row["run"], "parent": row["parent"], "epoch": row["epoch"], "tip": place_of(row["tip"]),
            "changes": [change for change, _ in _changes(state, name)]}


def _changes(state: State, name: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the changes of a Branch from where it begins, and the number of each on the whole way."""
    row = state["branches"][name]
    before = state["runs"][row["run"]]["settings"]
    for number, (place, settings) in enumerate(changes_on(state, name, place_of(row["tip"]))):
        differing = {key: value for key, value in settings.items() if before.get(key) != value}
        if place >= (row["epoch"], 0) and differing:
            yield {"at": place, "set": differing}, number
        before = settings


def _expected(state: State, name: str, told: dict[tuple[Place, str], Fact], build: str) -> Iterator[dict[str, Any]]:
    row = state["branches"][name]
    for (place, digest), fact in sorted(told.items(), key=lambda one: (one[0][0], one[1]["seq"])):
        if (row["epoch"], 0) <= place <= place_of(row["tip"]):
            made = fact["data"]["build"]
            yield {"at": place, "digest": digest, "kind": fact["data"]["kind"], "build": None if made == build else made}


def notes(state: State) -> dict[str, list[str]]:
    """Return who made each change of each Branch, and what they said of it; the first line is the Branch's name."""
    found: dict[str, list[str]] = {}
    for name, row in state["branches"].items():
        way = list(on_the_way(state, state["markers"], name, place_of(row["tip"])))
        found[name] = [row["name"] or "", *(_note(way[number]) for _, number in _changes(state, name))]
    return found


def _note(marker: dict[str, Any]) -> str:
    who = (marker["by"] or {}).get("name") or ""
    return f"{who}{': ' if who and marker['reason'] else ''}{marker['reason'] or ''}"[:MOST_NOTE]

"""A whole session trained again, apart from every room: at each place where it left a Checkpoint the digests are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..core.fields import Brought, Position, Warm
from ..core.replay import BEGUN, Expected, ReplayedBranch, ReplayedRun, SessionFile
from ..core.settings import Settings
from ..core.tree import Place
from ..core.work import Known, Proof, Work
from ..core.work import Place as WorkPlace
from .checkpoint import build_of
from .data import Data
from .loop import train
from .order import Order, Patience
from .quiet import QuietWire
from .session import Session

NOTHING = "0" * 64
FREE = {"pace": 0.0, "patience": 0}  # what is learned stays the same; nobody watches


@dataclass(frozen=True)
class Row:
    """What one Checkpoint of the session came to. `digest` is None where the training never stood there."""

    branch: str
    expected: Expected
    digest: str | None
    made: str  # the build of then
    build: str  # and of now

    @property
    def same(self) -> bool:
        return self.digest == self.expected.digest

    @property
    def because(self) -> str | None:
        """Return what may be the reason for a difference."""
        if self.same:
            return None
        if self.digest is None:
            return "The training never came to this place."
        if self.made and self.made != self.build:
            return f"The build differs: it was made with {self.made}, and replayed with {self.build}."
        return f"The build is the same ({self.build}): something in this session is not as it was."


Report = Callable[[Row], None]
Told = Callable[[Expected, str | None, str], None]  # what was expected, what was found, the build of now


@dataclass
class Wanted:
    """What is needed of one Branch: up to where, which places are compared, at which its Checkpoint is kept for others."""

    until: Place
    compared: list[Expected] = field(default_factory=list)
    forks: set[int] = field(default_factory=set)  # epochs at which others leave it
    sources: set[str] = field(default_factory=set)  # digests of those that other Runs begin with


class Stuck(Exception):
    """The loss is no number: it cannot go on."""


class Replayed(Session):
    """A Session that tells nothing, makes the changes of one Branch at their places, and looks at each Checkpoint there."""

    def __init__(self, order: Order, work: Work, steps: list[tuple[Place, Settings]], wanted: Wanted, report: Told) -> None:
        super().__init__(order, Patience(), QuietWire(), work)
        self._steps, self._wanted, self._report = steps, wanted, report
        self._open = list(wanted.compared)
        self._stood: Place = BEGUN
        self.kept: dict[int | str, Known] = {}  # by the epoch of a fork, or the digest that was expected

    def obey(self) -> bool:
        if self.progress.place != self._stood:
            self._stood = self.progress.place
            self._stand()
        return super().obey()

    def _stand(self) -> None:
        """Keep and compare what is here; a digest may be that before or after any of the changes that were made here."""
        place = self.progress.place
        if place[1] == 0 and place[0] in self._wanted.forks:
            self.kept[place[0]] = self._keep()
        due = [row for row in self._open if row.at == place]
        found = self._compared(due, place)
        for row in due:
            self._open.remove(row)
            self._report(row, row.digest if row.digest in found else found[-1], self._build)

    def _compared(self, due: list[Expected], place: Place) -> list[str]:
        """Return the digests here, if they are needed: before the first change, and after each."""
        found = [self._look(due)] if due else []
        while self._steps and self._steps[0][0] <= place:
            self.learner.obey(self._steps.pop(0)[1], self.x)
            if due:
                found.append(self._look(due))
        return found

    def _look(self, due: list[Expected]) -> str:
        digest = self.keeper.checkpoint(self.learner, self.progress).digest()
        for row in due:
            if row.digest in self._wanted.sources and (row.digest == digest or row.digest not in self.kept):
                self.kept[row.digest] = self._keep()
        return digest

    def _keep(self) -> Known:
        saved = self.keeper.save(self.learner, self.progress, self.x, "epoch")
        return Known.model_validate({name: saved[name] for name in Known.model_fields})

    @property
    def _build(self) -> str:
        return build_of(self.learner.device, self.work.threads)

    def stop_at_nonsense(self, images: Any) -> None:
        raise Stuck

    def arrive(self) -> None:
        """Nobody goes on from here."""

    def finish(self) -> None:
        """Train to the end of what is wanted; what was never reached is told at last."""
        try:
            while self.behind:
                train(self)
        except Stuck:
            pass
        for row in self._open:
            self._report(row, None, self._build)


class Replay:
    """Trains the Branches of a session one after another; `order.checkpoints` is a folder of its own."""

    def __init__(self, told: SessionFile, order: Order, report: Report) -> None:
        self._told, self._order, self._report = told, order, report
        self._runs, self._ways = {run.run: run for run in told.runs}, told.ways()
        self._kept: dict[tuple[str, int | str], Known] = {}
        self._data: tuple[Any, Data] | None = None

    def run(self, branches: set[str]) -> None:
        """Compare these Branches; what leads to them is trained, too."""
        wanted = needed(self._told, branches)
        for branch in self._told.branches:
            if branch.branch in wanted:
                self._branch(branch, wanted[branch.branch])

    def _branch(self, branch: ReplayedBranch, wanted: Wanted) -> None:
        run = self._runs[branch.run]
        left = self._kept.get((branch.parent or "", branch.epoch))
        if branch.parent is not None and branch.epoch and left is None:
            for row in wanted.compared:  # its parent never came to where it begins
                self._tell(branch, row, None, "")
            return
        steps = [(place, settings.model_copy(update=FREE)) for place, settings in self._ways[branch.branch]]
        work = self._work(branch, run, wanted, steps, left)
        session = Replayed(self._order, work, steps[1:], wanted, partial(self._tell, branch))
        session.begin(self._known_data(run))
        self._data = self._data_key(run), session.data
        session.finish()
        self._kept |= {(branch.branch, name): known for name, known in session.kept.items()}

    def _tell(self, branch: ReplayedBranch, row: Expected, digest: str | None, build: str) -> None:
        self._report(Row(branch.branch, row, digest, row.build or self._told.build, build))

    def _known_data(self, run: ReplayedRun) -> Data | None:
        return self._data[1] if self._data and self._data[0] == self._data_key(run) else None

    @staticmethod
    def _data_key(run: ReplayedRun) -> Any:
        return run.blueprint.dataset, run.blueprint.seed

    def _work(self, branch: ReplayedBranch, run: ReplayedRun, wanted: Wanted, steps: list[tuple[Place, Settings]],
              left: Known | None) -> Work:
        """Return the Work of coming to the end: as a proof, so that nothing is told or written on the way."""
        epoch, batch = wanted.until
        return Work(
            blueprint=run.blueprint, settings=steps[0][1], threads=run.threads, warm=self._warm(run),
            position=Position(run=run.run, branch=branch.branch, epoch=epoch, batch=batch),
            target=WorkPlace(epoch=epoch, batch=batch), fork=branch.epoch, parent=branch.parent,
            checkpoints=(left,) if left and branch.epoch else (), replay=(), now=steps[-1][1], moved=0, go=False, until=None,
            recovering=False, started=False, proof=Proof(digest=NOTHING, build=""))

    def _warm(self, run: ReplayedRun) -> Warm | Brought | None:
        """Return what it begins with: of another Run the Checkpoint that was trained here."""
        warm = run.warm
        if not isinstance(warm, Warm):
            return warm
        known = self._kept.get((warm.branch, warm.digest))
        return warm.model_copy(update={"epoch": known.epoch, "batch": known.batch, "digest": known.digest}) if known else warm


def needed(told: SessionFile, branches: set[str]) -> dict[str, Wanted]:
    """Return what is needed of each Branch so that these can be compared to their last Checkpoint."""
    found: dict[str, Wanted] = {}
    runs = {run.run: run for run in told.runs}
    for branch in reversed(told.branches):  # what is needed of a Branch is known before it comes
        if branch.branch in branches:
            mine = found.setdefault(branch.branch, Wanted(branch.start))
            mine.until = max([mine.until, *(row.at for row in branch.expected)])
        if branch.branch in found:
            mine = found[branch.branch]
            mine.compared = [row for row in branch.expected if row.at <= mine.until]
            _need(found, branch, runs[branch.run], told)
    return found


def _need(found: dict[str, Wanted], branch: ReplayedBranch, run: ReplayedRun, told: SessionFile) -> None:
    """Note what this Branch needs of its parent, or of the Run that it has its first weights of."""
    if branch.parent is not None:
        parent = found.setdefault(branch.parent, Wanted((0, 0)))
        parent.until, parent.forks = max(parent.until, branch.start), parent.forks | {branch.epoch}
    if isinstance(run.warm, Warm):
        source = next(one for one in told.branches if one.branch == run.warm.branch)
        row = next(row for row in source.expected if row.digest == run.warm.digest)
        mine = found.setdefault(source.branch, Wanted((0, 0)))
        mine.until, mine.sources = max(mine.until, row.at), mine.sources | {row.digest}

"""Train a whole session again, without a browser, and compare the digest of every checkpoint with the one it had."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import session_file
from ..core.errors import Refused, shown
from ..core.replay import SessionFile
from . import exits
from .ledger import ROOM
from .output import Output
from .place import DEVICES, place_of, usual_device

if TYPE_CHECKING:
    from ..trainer.replay import Row

HELP = "train a whole session again and compare every digest"
MOST_TOLD = 20  # differences, for people


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="FILE", type=Path,
                        help="a session.yaml, a log (events.jsonl), or a run folder that has one of them")
    parser.add_argument("--verify", action="store_true", help="exit with 3 where a digest differs")
    parser.add_argument("--run", dest="of", metavar="RUN", help="only this run, such as r1, and what leads to it")
    parser.add_argument("--branch", metavar="BRANCH", help="only this branch, such as b2, and what leads to it")
    parser.add_argument("--device", choices=DEVICES, default=usual_device(), help="where to compute; default: %(default)s. "
                        "The number of threads is that which each run was trained with")


def run(args: argparse.Namespace, output: Output) -> int:
    """Return 0 where everything is the same, 3 (with --verify) where something differs; raises `Refused`."""
    told = session_file.load(args.session)
    branches = chosen(told, args.of, args.branch)
    report = Report(output)
    with tempfile.TemporaryDirectory(prefix="lockstep-replay-") as folder:
        _replay(told, branches, Path(folder), args.device, report)
    report.end()
    return exits.DIFFERENT if args.verify and report.different else exits.DONE


def chosen(told: SessionFile, run: str | None, branch: str | None) -> set[str]:
    """Return the Branches that are meant; raises `Refused` where there is none."""
    found = {one.branch for one in told.branches if run in (None, one.run) and branch in (None, one.branch)}
    if not found:
        known = ", ".join(f"{one.branch} of {one.run}" for one in told.branches[:50]) or "none: nothing was trained in it"
        raise Refused("unknown_branch", f"There is no such run or branch in this session ({shown(branch or run)}).",
                      f"Its branches are {known}.", "branch" if branch else "run")
    return found


def _replay(told: SessionFile, branches: set[str], folder: Path, device: str, report: Report) -> None:
    from ..trainer.order import Failure, Order
    from ..trainer.replay import Replay

    place = place_of(folder, device)
    if (place.shared / "weights").is_dir():  # those that people brought; a trainer looks for them beside its Checkpoints
        (folder / "weights").symlink_to(place.shared / "weights", target_is_directory=True)
    order = Order("", ROOM, 0, "", str(place.checkpoints), str(place.data), device, shared=str(place.shared))
    try:
        Replay(told, order, report.take).run(branches)
    except Failure as failure:
        raise Refused(failure.code, failure.message, failure.hint) from failure


class Report:
    """Says of each Checkpoint whether it is the same, and at the end of all."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.compared, self.different = 0, 0
        self.first: dict[str, Any] | None = None

    def take(self, row: Row) -> None:
        self.compared += 1
        told = {"branch": row.branch, "epoch": row.expected.at[0], "batch": row.expected.at[1], "kind": row.expected.kind,
                "same": row.same, "digest": row.digest, "expected": row.expected.digest, "because": row.because}
        self._output.tell("checkpoint", **told)
        if row.same:
            self._output.say(f"{_place(told)}: the same ({row.digest and row.digest[:12]})")
            return
        self.different += 1
        self.first = self.first or told
        if self.different <= MOST_TOLD:
            found = row.digest[:12] if row.digest else "nothing"
            self._output.say(f"{_place(told)}: DIFFERENT: {found} in place of {row.expected.digest[:12]}. {row.because}")

    def end(self) -> None:
        self._output.tell("replayed", same=not self.different, compared=self.compared, different=self.different,
                          first=self.first)
        if self.first is None:
            self._output.say(f"All {self.compared} checkpoints are the same, to the bit.")
        else:
            self._output.say(f"{self.different} of {self.compared} checkpoints differ; the first is {_place(self.first)}. "
                             f"{self.first['because']}")


def _place(told: dict[str, Any]) -> str:
    batch = f", batch {told['batch']}" if told["batch"] else ""
    return f"{told['branch']}, epoch {told['epoch']}{batch}"

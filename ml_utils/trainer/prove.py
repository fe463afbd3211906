"""A proof: the epoch is trained again, apart from the Session, and must end with the same digest."""

from __future__ import annotations

from time import monotonic

from ..core.work import Work
from .checkpoint import build_of
from .loop import train
from .order import Leave, Order, Patience
from .session import Session
from .wire import Wire


class Proof(Session):
    """A Session that tells nothing on its way and compares where it arrives."""

    began = started_at = 0.0  # when (seconds), and where (x)

    def arrive(self) -> None:
        """Tell whether the digest here is the one in the log, and else what may be the reason."""
        proof, threads = self.work.proof, self.work.threads
        assert proof
        digest, build = self.keeper.checkpoint(self.learner, self.progress).digest(), build_of(self.learner.device, threads)
        because = None if digest == proof.digest else (
            f"The build differs: it was made with {proof.build}, and proved with {build}." if build != proof.build else
            f"The build is the same ({build}): something in this training does not give the same result twice.")
        self.tell("epoch_proved", {
            "branch": self.work.position.branch, "epoch": self.work.position.epoch, "start": self.started_at,
            "same": digest == proof.digest, "because": because, "digest": digest, "expected": proof.digest,
            "seconds": round(monotonic() - self.began, 3)})


def prove(order: Order, patience: Patience, wire: Wire, work: Work) -> None:
    """Make the proof that the Work asks for, then leave."""
    session = Proof(order, patience, wire, work)
    session.begin()
    session.began, session.started_at = monotonic(), session.x
    while session.behind:
        train(session)
    raise Leave("proved", save=False)

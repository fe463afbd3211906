"""Routes for what is taken out of a room: the ledger of changes, curves as CSV, layers over time; and the compare page."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, request

from ..core.errors import Refused
from ..tables import ALL, METRICS, written
from .csvs import ledger_csv, reports_of, table_of
from .exports import frozen, layers_of, ledger_rows
from .http import TOO_OFTEN, checked_code, known_client, packed, zipped
from .lab import Lab
from .pages import pages_of

State = dict[str, Any]
MOST_CHANGES = 1000  # in one answer
CACHED = 32
DEAR = 39  # requests that a download counts as, beside the one it is: about one a second, ten at once


def add_downloads(app: Flask, lab: Lab) -> None:
    """Register the routes; the limit of requests to /api/ holds for them as for all others."""
    answers = Answers(lab)

    @app.get("/api/rooms/<code>/ledger")
    def ledger(code: str) -> Response:
        """Who changed what, newest first."""
        before, limit = number("before", 2**53), number("limit", MOST_CHANGES)
        return zipped(*answers.ledger(checked_code(code), before, int(limit or MOST_CHANGES)))

    @app.get("/api/rooms/<code>/ledger.csv")
    def ledger_file(code: str) -> Response:
        """All changes, oldest first."""
        state = answers.state(checked_code(code))
        charge(lab)
        body = lab.offload(lambda: ledger_csv(ledger_rows(lab.store, code, state)[0]))
        return download(body, f"lockstep-{code}-ledger.csv")

    @app.get("/api/rooms/<code>/metrics.csv")
    def metrics_file(code: str) -> Response:
        """Every batch and every epoch of a Branch, or of all Branches of a Run."""
        branches = answers.state(checked_code(code))["branches"]
        wanted, name = asked(branches)
        charge(lab)
        return download(metrics(lab, code, branches, wanted), f"lockstep-{code}-{name}.csv")

    @app.get("/api/rooms/<code>/layers")
    def layers(code: str) -> Response:
        """Norms of the layers along a line, and their histograms at an epoch."""
        epoch = number("epoch", 10**6)
        return zipped(*answers.layers(checked_code(code), request.args.get("branch", ""), ALL if epoch is None else epoch))


def add_compare_page(app: Flask, lab: Lab) -> None:
    """Register the page that lays curves of several rooms and Branches over each other; all of it is in the address."""
    show = pages_of(app, lab)

    @app.get("/compare")
    def compare() -> Response:
        """Curves side by side, of any rooms whose codes one knows."""
        return show("compare.html", known_client(lab.identity) or lab.identity.new())


class Answers:
    """JSON made once for each number of a room's log."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._cache: OrderedDict[tuple[Any, ...], tuple[int, tuple[bytes, str]]] = OrderedDict()

    def state(self, code: str) -> State:
        with self._lab.ledger.lock:
            return frozen(self._lab.ledger.room(code).state)

    def ledger(self, code: str, before: int | None, limit: int) -> tuple[bytes, str]:
        state = self.state(code)

        def make() -> Any:
            rows, more = ledger_rows(self._lab.store, code, state, before, limit)
            return {"ok": True, "seq": state["seq"], "changes": rows, "more": more}

        return self._made((code, before, limit), state["seq"], make)

    def layers(self, code: str, branch: str, epoch: float) -> tuple[bytes, str]:
        state = self.state(code)
        if branch not in state["branches"]:
            raise unknown("branch")
        return self._made((code, branch, epoch), state["seq"], lambda: layers_of(
            self._lab.store, code, state["branches"], branch, epoch))

    def _made(self, key: tuple[Any, ...], seq: int, make: Callable[[], Any]) -> tuple[bytes, str]:
        """Return the gzipped body and its entity tag."""
        known = self._cache.get(key)
        if known is None or known[0] != seq:
            known = seq, self._lab.offload(lambda: packed(make()))
            self._cache[key] = known
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return known[1]


def metrics(lab: Lab, code: str, branches: dict[str, Any], wanted: list[str]) -> Iterator[bytes]:
    """Yield the file a piece at a time, each made off the hub."""
    yield written([METRICS])
    reports = lab.offload(reports_of, lab.store, code, wanted)
    for branch in wanted:
        table = lab.offload(table_of, lab.store, code, branch, branches[branch], reports[branch])
        for piece in range(table.pieces):
            yield lab.offload(table.piece, piece)


def download(body: bytes | str | Iterator[bytes], name: str, kind: str = "text/csv") -> Response:
    """Return a text to be saved; `name` is made of checked parts only."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, content_type=f"{kind}; charset=utf-8", headers=headers)


def asked(branches: dict[str, Any]) -> tuple[list[str], str]:
    """Return the Branches that the query names, and the name they have together."""
    branch, run = request.args.get("branch"), request.args.get("run")
    if (branch is None) == (run is None):
        raise Refused("invalid", "The query names no branch and no run, or both.", "Send ?branch=b1 or ?run=r1.", "branch")
    found = [name for name, row in branches.items() if branch in (name, None) and run in (row["run"], None)]
    if not found:
        raise unknown("branch" if run is None else "run")
    return found, str(branch or run)


def unknown(field: str) -> Refused:
    return Refused("not_found", f"There is no such {field} in this room.", "Take it from the Snapshot.", field)


def number(name: str, most: int) -> int | None:
    """Return a whole number of the query, or None where it is left out."""
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > most:
        raise Refused("invalid", f"{name} is not a whole number from 0 to {most:,}.", "Leave it out or correct it.", name)
    return int(text)


def charge(lab: Lab) -> None:
    """Let a dear request count as several."""
    client = known_client(lab.identity)
    who = lab.identity.person(client) if client else request.remote_addr or ""
    if not lab.limits["http"].allows(who, time.monotonic(), DEAR):
        raise TOO_OFTEN

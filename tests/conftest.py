"""A guard on every test: no process, no thread, no temporary file is left behind."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.waiting import until

settings.register_profile("lab", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
settings.load_profile("lab")
SHARED = ("playwright", "multiprocessing", "trainer.host")  # these serve a whole module, and end with it


def pytest_configure(config: pytest.Config) -> None:
    """Each process of the tests has temporary files of its own: what is left behind is told by whoever left it."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # `tmp_path` stays short: addresses of sockets do
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="lt-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"])


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: made anew in each process (archives know the hour), they are no name of a test."""
    return argname if isinstance(val, bytes) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def little_to_collect() -> None:
    """What earlier files left in memory is not looked through again: else a collection counts as the time of what is tested."""
    gc.collect()
    gc.freeze()


def children() -> set[int]:
    """Return the living processes that this one started."""
    found = set()
    for child in psutil.Process().children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE and not any(word in " ".join(child.cmdline()) for word in SHARED):
                found.add(child.pid)
        except psutil.Error:
            continue
    return found


def threads() -> set[threading.Thread]:
    """Return the threads that would keep this process alive."""
    return {thread for thread in threading.enumerate() if not thread.daemon}


def left_over() -> set[str]:
    return {str(path) for path in Path(tempfile.gettempdir()).glob("lockstep-*")}


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = children(), threads(), left_over()
    yield
    for look, known in zip((children, threads, left_over), before, strict=True):
        until(lambda look=look, known=known: not look() - known, 10, f"the end of what {look.__name__} shows")  # type: ignore[misc]

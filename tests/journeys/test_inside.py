"""Looking inside, with real processes: of the network that trains, of stored ones, of one that never trained."""

from __future__ import annotations

import base64
import os
import signal
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from tests.journeys.conftest import Stage
from tests.journeys.test_training import agree
from tests.journeys.test_travel import all_digests, finished
from tests.server import Page
from tests.waiting import until

IMAGE = {"kind": "example", "split": "test", "number": 3}


def ask(page: Page, name: str, **args: Any) -> dict[str, Any]:
    answer: dict[str, Any] = page.http.post(
        f"{page.server.url}/api/rooms/{page.room}/ask", json={"id": "question-1", "name": name, "args": args},
        headers={"X-Lockstep-Token": page.token}, timeout=70).json()
    return answer


def test_the_living_the_stored_and_the_untrained_network_are_asked(stage: Stage) -> None:
    ada = stage.page(stage.server())
    first = ask(ada, "classify", image=IMAGE)
    assert first["ok"] and first["place"]["untrained"] and len(first["softmax"]) == 10
    assert ada.command("start", {"epochs": 2})["ok"]
    ada.sees(lambda state: state["session"]["status"] == "training")
    live = ask(ada, "classify", image=IMAGE)
    assert live["ok"] and live["place"]["branch"] == "b1" and live["image"] == first["image"]
    finished(ada)
    end = ask(ada, "classify", image=IMAGE)
    stored = ask(ada, "classify", image=IMAGE, model={"branch": "b1", "epoch": 2})
    begun = ask(ada, "classify", image=IMAGE, model={"branch": "b1", "epoch": 0})
    assert end["softmax"] == stored["softmax"] != begun["softmax"] == first["softmax"]


EPOCHS = 60
Asked = tuple[str, dict[str, Any]]
INK = bytes(112 * 40) + (bytes(50) + b"\xff" * 12 + bytes(50)) * 50 + bytes(112 * 22)  # a stroke from above to below
PAD = {"kind": "pad", "pixels": base64.b64encode(INK).decode()}
NOW: list[Asked] = [
    ("classify", {"image": IMAGE}), ("classify", {"image": PAD}), ("explain", {"image": PAD, "method": "grad_cam"}),
    *[("explain", {"image": PAD, "method": method}) for method in ("saliency", "guided_backprop", "input_x_gradient")]]
STORED: list[Asked] = [
    ("explain", {"image": IMAGE, "method": "integrated_gradients"}), ("explain", {"image": IMAGE, "method": "occlusion"}),
    ("parts", {}), ("filters", {"layer": "conv1"}), ("maps", {"image": IMAGE, "layer": "conv2"}),
    ("convolve", {"image": IMAGE, "layer": "conv2", "output": 3, "input": 2}), ("way", {"image": IMAGE}),
    ("neurons", {"layer": "linear1"}), ("classify", {"image": IMAGE, "model": "untrained"})]

BAD: list[Asked] = [  # each is refused, and disturbs nothing
    ("explain", {"image": IMAGE, "method": "grad_cam", "layer": "nowhere"}),
    ("explain", {"image": IMAGE, "method": "saliency", "target": 99}), ("maps", {"image": IMAGE, "layer": "linear9"}),
    ("classify", {"image": {"kind": "pixels", "pixels": "AAAA"}}), ("classify", {"image": {**PAD, "pixels": "AAAA"}}),
    ("classify", {"image": {**IMAGE, "number": 10**6}}), ("dream", {"image": IMAGE}), ("explain", {"image": 1, "method": 2})]


class Asker:
    """Somebody who never stops asking: each question in its turn, the next as soon as the one before is answered."""

    def __init__(self, ask: Callable[[str, dict[str, Any]], dict[str, Any]], questions: list[Asked]) -> None:
        self.answers: list[dict[str, Any]] = []
        self._ask, self._questions, self._over = ask, questions, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for number in count():
            if self._over.is_set():
                return
            self.answers.append(self._ask(*self._questions[number % len(self._questions)]))

    def stop(self) -> list[dict[str, Any]]:
        self._over.set()
        self._thread.join(90)
        return self.answers


def test_whatever_is_asked_the_training_ends_with_the_same_bits(stage: Stage) -> None:
    """Evaluations, explanations and drawings keep coming; a run that nobody looks into has the same digests."""
    server = stage.server()
    ada, calm = stage.page(server, name="Ada"), stage.page(server, name="Calm")
    for page in (ada, calm):
        assert page.command("set_settings", {"dropout": 0.5})["ok"] and page.command("start", {"epochs": EPOCHS})["ok"]
    ada.sees(lambda state: state["session"]["status"] == "training")
    askers = [Asker(lambda name, args: ask(ada, name, **args), questions) for questions in (NOW, STORED)]
    hostile = Asker(lambda name, args: ask(ada, name, **args), BAD)
    assert ada.command("keep_drawing", {"image": PAD, "label": 1})["ok"]
    for epoch in (1, 9):
        ada.sees(lambda state, epoch=epoch: (state["branches"]["b1"]["last"] or {"epoch": 0})["epoch"] >= epoch, 60)
        assert ada.command("evaluate", {"branch": "b1", "epoch": epoch, "split": "test"})["ok"]
    finished(ada), finished(calm)
    answers = [answer for asker in askers for answer in asker.stop()]
    assert not any(answer["ok"] or not answer["error"]["hint"] for answer in hostile.stop())
    refused = [answer["error"] for answer in answers if not answer["ok"]]
    assert not [error for error in refused if error["code"] not in ("too_often", "overtaken")], refused
    assert sum(answer["ok"] for answer in answers) >= 2 * (len(NOW) + len(STORED)), "each question twice"
    ada.sees(lambda state: all(row["state"] == "done" for row in state["evaluations"].values()), 60)
    whole = {place: digest for place, digest in all_digests(calm).items() if place[2] == 0}
    assert len(whole) == EPOCHS and whole == {place: digest for place, digest in all_digests(ada).items() if place[2] == 0}


def test_an_examiner_that_is_killed_costs_an_answer_and_nothing_else(stage: Stage) -> None:
    server = stage.server()
    ada = stage.page(server)
    assert ask(ada, "parts")["ok"]
    (pid,) = until(server.trainers, what="the examiner")
    os.kill(pid, signal.SIGSTOP)  # it does not answer any more
    asker = Asker(lambda name, args: ask(ada, name, **args), [("classify", {"image": IMAGE})])
    until(lambda: asker.answers or True, what="a question under way")
    os.kill(pid, signal.SIGKILL)
    until(lambda: len(asker.answers) > 2, what="answers of the next examiner")
    found = asker.stop()
    assert found[0].get("error", {}).get("code") in ("no_answer", None) and all(answer["ok"] for answer in found[1:])
    agree(ada, stage.page(server, ada.room))

"""The line from the trainer's side."""

from __future__ import annotations

from ml_utils.line import FrameReader
from ml_utils.trainer.order import Patience
from ml_utils.trainer.outbox import Outbox

from .conftest import Lab

LONG = 1000
AT = {"run": "r1", "branch": "b1", "epoch": 0}


def numbers(data: bytes) -> list[int]:
    return [frame["n"] for frame in FrameReader().feed(data)]


def test_the_outbox_keeps_what_is_not_stored() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.put("metrics", {}, AT, None, 1)
    assert numbers(outbox.take()) == [1, 2, 3] and outbox.take() == b""
    outbox.forget(1)
    outbox.put("metrics", {}, AT, None, 1)
    assert outbox.waiting
    assert numbers(outbox.again(2)) == [3] and numbers(outbox.take()) == [4]
    outbox.forget(4)
    assert not outbox.waiting and outbox.again(4) == b""


def test_the_outbox_believes_no_number_it_has_not_given() -> None:
    outbox = Outbox()
    outbox.forget(7)
    outbox.put("metrics", {}, AT, None, 1)
    assert outbox.waiting and numbers(outbox.take()) == [1]


def test_a_trainer_says_who_it_is(lab: Lab) -> None:
    web = lab.web()
    lab.trainer(web, room="hgfedcba", attempt=7, token="secret")
    hello = web.wait(lambda: web.hellos)[0]
    assert {name: hello[name] for name in ("room", "attempt", "token")} == {
        "room": "hgfedcba", "attempt": 7, "token": "secret"}


def test_no_event_is_lost_or_doubled_when_the_line_breaks(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    for count in range(1, 20):
        web.event("metrics", 3 * count)
        web.hang_up()
        web.wait(lambda: len(web.hellos) == count + 1, "the next line")  # noqa: B023
    web.answer(web.command("interrupt"))
    assert [event["n"] for event in web.events] == list(range(1, len(web.events) + 1))
    xs = [x for event in web.told("metrics") for x in event["data"]["x"]]
    assert xs == sorted(set(xs))


def test_a_web_process_that_comes_back_is_told_what_it_missed(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    trainer = lab.trainer(web)
    web.event("metrics")
    web.vanish()
    web.wait(lambda: trainer.wire.outbox.told > len(web.events) + 3)
    web.listen()
    web.wait(lambda: len(web.hellos) == 2)
    web.answer(web.command("interrupt"))
    assert [event["n"] for event in web.events] == list(range(1, len(web.events) + 1))


def test_without_a_line_the_trainer_writes_a_checkpoint_and_leaves(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    trainer = lab.trainer(web, Patience(silence=0.3, redial=0.02, farewell=0.1, checkpoint=LONG))
    web.event("metrics")
    web.vanish()
    assert trainer.end() == 0
    newest = max(file.name for file in (web.address.parent / "checkpoints").glob("**/*.pt"))
    assert (int(newest[:6]), int(newest[7:14])) > (web.position.epoch, web.position.batch)


def test_a_web_process_that_stores_nothing_is_left_too(lab: Lab) -> None:
    web = lab.web()
    web.acking = False
    web.work = web.known_work(go=True, until=1)
    assert lab.trainer(web, Patience(silence=0.3, redial=0.02, farewell=0.1)).end() == 0


def test_a_refused_trainer_leaves_without_a_word(lab: Lab) -> None:
    web = lab.web()
    web.refusing = True
    assert lab.trainer(web).end() == 0
    assert [frame["t"] for frame in web.frames] == ["hello"]


def test_a_refused_trainer_writes_nothing(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    trainer = lab.trainer(web, Patience(redial=0.02, checkpoint=LONG))
    web.event("metrics")
    web.send({"t": "refused", "reason": "older attempt"})
    assert trainer.end() == 0
    assert not list((web.address.parent / "checkpoints").glob("**/*-0000[1-9]*.pt"))


def test_the_beat_goes_on_while_training_and_while_paused(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=2)
    lab.trainer(web)
    web.event("training_paused")
    beats = sum(frame["t"] == "beat" for frame in web.frames)
    web.wait(lambda: sum(frame["t"] == "beat" for frame in web.frames) > beats + 2, "beats")


def test_a_trainer_that_hangs_does_not_beat(lab: Lab) -> None:
    web = lab.web()
    trainer = lab.trainer(web)
    web.wait(lambda: web.hellos)
    trainer.wire.wait = lambda seconds: trainer.wire.notes.get(timeout=5.0)  # type: ignore[method-assign]
    web.answer(web.command("set_settings", momentum=0.5))
    beats = sum(frame["t"] == "beat" for frame in web.frames)
    with web.changed:
        assert not web.changed.wait_for(lambda: sum(frame["t"] == "beat" for frame in web.frames) > beats + 1, 0.5)
    web.command("interrupt")


def test_a_go_that_the_web_process_lost_is_heard_in_its_next_welcome(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=1)
    trainer = lab.trainer(web)
    web.event("training_paused")
    web.wait(lambda: not trainer.wire.outbox.waiting)
    web.work = web.known_work(go=True, until=2, recovering=False, started=False)
    web.hang_up()
    web.event("training_started", until=2)
    web.event("training_paused", 2)


def test_garbage_on_the_line_makes_the_trainer_dial_again(lab: Lab) -> None:
    web = lab.web()
    web.work = web.known_work(go=True, until=LONG)
    lab.trainer(web)
    web.event("metrics")
    for frame in ({"t": "ack"}, {"t": "welcome"}, {"t": "ack", "n": "many"}):
        hellos = len(web.hellos)
        web.send(frame)
        web.wait(lambda: len(web.hellos) > hellos)  # noqa: B023
    web.answer(web.command("interrupt"))

"""Own images on a real server: sent, inspected by a real process, trained with by a real trainer, dropped meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server import Page, Server
from tests.trainer.archives import folders, packed
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path / "instance")
    yield one
    one.close()


class Bringer(Page):
    """A page that brings images."""

    def ask(self, way: str, path: str, **more: Any) -> dict[str, Any]:
        headers = {"X-Lockstep-Token": self.token, **more.pop("headers", {})}
        answer: dict[str, Any] = self.http.request(way, self.server.url + path, headers=headers, timeout=20, **more).json()
        assert answer["ok"], answer
        return answer

    def bring(self, data: bytes) -> dict[str, Any]:
        """Return the images as the room lists them."""
        upload = self.ask("POST", "/api/uploads", json={"name": "pets.zip", "bytes": len(data), "of": ""})["id"]
        self.ask("PUT", f"/api/uploads/{upload}?at=0", data=data, headers={"Content-Type": "application/octet-stream"})
        room = f"/api/rooms/{self.room}"
        job = self.ask("POST", f"{room}/images", json={"upload": upload, "side": 16, "channels": 3, "title": "Pets"})["job"]
        until(lambda: self.ask("GET", f"{room}/jobs/{job}")["job"]["state"] == "done", 60, "the end of the job")
        self.ask("POST", f"{room}/images/keep", json={"job": job, "title": "Pets", "shared": False})
        row: dict[str, Any] = self.ask("GET", f"{room}/images")["own"][0]
        return row


def test_a_room_trains_with_images_that_somebody_brought_and_goes_on_when_they_are_dropped(server: Server) -> None:
    me, other = Bringer(server), None
    try:
        other = Page(server, me.room)
        row = me.bring(packed(folders(train=40, test=10)))
        other.sees(lambda state: row["name"] in state["images"])
        assert me.command("new_run", {"blueprint": row["networks"]["cnn"]["blueprint"]})["ok"]
        assert me.command("start", {"epochs": 2})["ok"]
        me.status("training", 60)
        me.ask("DELETE", f"/api/rooms/{me.room}/images/{row['name']}")
        state = other.sees(lambda state: state["session"]["reason"] == "finished", 60)
        assert state["images"] == {} and state["series"]["b1"]["test_accuracy"][-1][0] == 2
        assert me.command("continue", {"epochs": 1})["ok"], "a Run was made with them: they stay"
        me.sees(lambda state: state["session"]["reason"] == "finished" and state["session"]["position"]["epoch"] == 3, 60)
    finally:
        me.close()
        if other:
            other.close()

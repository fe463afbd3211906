"""Names of checkpoint files."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ml_utils.core.checkpoints import checkpoint_file
from ml_utils.core.fields import Digest, Identifier

KNOWN = {"branch": "b1", "epoch": 3, "batch": 70, "digest": "0123456789abcdef" * 4}
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


def test_the_name_tells_room_run_branch_position_and_digest() -> None:
    assert checkpoint_file("k7mwxhp4", "r1", KNOWN) == "k7mwxhp4/r1/b1/000003-0000070-0123456789abcdef.pt"


def test_files_of_a_branch_sort_by_position() -> None:
    places = [(0, 5), (0, 600), (2, 0), (10, 3), (9999, 719)]
    names = [checkpoint_file("r", "r", {**KNOWN, "epoch": epoch, "batch": batch}) for epoch, batch in places]
    assert names == sorted(names)


@given(NAMES, NAMES, NAMES)
def test_no_name_leads_out_of_the_folder(room: str, run: str, branch: str) -> None:
    path = PurePosixPath(checkpoint_file(room, run, {**KNOWN, "branch": branch}))
    assert not path.is_absolute() and ".." not in path.parts and path.parts[:3] == (room, run, branch)


def test_what_could_lead_out_of_the_folder_is_no_identifier_and_no_digest() -> None:
    for bad in ("..", ".", "a/b", "a\\b", "", "a\0", "a\n", "~", "C:", "é", "x" * 65):
        for kind in (Identifier, Digest):
            try:
                TypeAdapter(kind).validate_python(bad)
            except ValidationError:
                continue
            raise AssertionError(bad)

"""What is written stays true: pages made from the code are up to date, everything public is named, links lead somewhere,
and the pages on exactness and time travel speak of what is there.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from app import create_app
from docs.generate import pages
from ml_utils import line
from ml_utils.core.messages import COMMANDS, EVENTS
from ml_utils.core.schedule import SHAPING, Schedule
from ml_utils.core.settings import Settings, settings_table
from ml_utils.tables import METRICS
from ml_utils.trainer.checkpoint import Checkpoint
from ml_utils.trainer.measure import Progress
from ml_utils.web.config import Config
from ml_utils.web.csvs import CHANGES
from tests.journeys import test_kill
from tests.rules_helpers import sources
from tests.server import ROOT
from tests.trainers import FakeLauncher

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
README = PAGES[0].read_text(encoding="utf-8")
EXACT, TRAVEL, INSIDE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("exact.md", "travel.md", "inside.md"))


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages()[name], "run `python -m docs.generate`"


@pytest.mark.parametrize("name", [*COMMANDS, *EVENTS, *Settings.model_fields, "join", "presence"])
def test_every_message_and_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in WRITTEN


def variables() -> list[str]:
    return [str(field.validation_alias or f"LOCKSTEP_{name.upper()}") for name, field in Config.model_fields.items()]


@pytest.mark.parametrize("variable", variables())
def test_every_setting_of_an_installation_is_in_the_table_of_the_readme(variable: str) -> None:
    assert f"| `{variable}` |" in README


def test_every_route_is_documented(tmp_path: Path) -> None:
    app, _, lab = create_app(Config(instance=tmp_path / "instance", LOCKSTEP_ASYNC="threading"), lambda _: FakeLauncher())
    lab.close()
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE", "PATCH"}:
            path = re.sub(r"<(\w+:)?(\w+)>", r"<\2>", rule.rule).replace("<filename>", "<path>")
            assert f"`{method} {path}`" in WRITTEN, f"{method} {path}"


def test_the_two_commands_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|and )make ([\w-]+)", README, re.MULTILINE))
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_into_pages_lead_to_a_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([\w-]+)\)", page.read_text(encoding="utf-8")):
        assert anchor in headings(page.parent / target if target else page), (target, anchor)


def frames_sent() -> set[str]:
    """The `t` of every frame that either side writes."""
    maps = [node for source in sources("ml_utils/web/", "ml_utils/trainer/") for node in ast.walk(source.tree)
            if isinstance(node, ast.Dict)]
    return {value.value for one in maps for key, value in zip(one.keys, one.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "t" and isinstance(value, ast.Constant)}


def test_every_frame_of_the_line_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "line.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert described == frames_sent() == set(re.findall(r"^    (\w+)\b", line.__doc__ or "", re.MULTILINE))


def test_the_licence_is_the_text_of_the_gnu_agpl_to_the_letter() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    assert b"GNU AFFERO GENERAL PUBLIC LICENSE\n                       Version 3, 19 November 2007" in text[:200]
    assert hashlib.sha256(text).hexdigest() == "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"


def test_versions_agree() -> None:
    pinned = dict(re.findall(r"^([\w.-]+(?:\[\w+\])?)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    for package in ("torch", "torchvision"):
        assert f"`{package}=={pinned[package]}`" in README
    assert "-r requirements.txt" in (ROOT / "env.yml").read_text()
    assert "AGPL-3.0-or-later" in README
    assert 'license = "AGPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text()


def first_cells(text: str) -> list[str]:
    """The first cell of every row of a table, but for the line below its head."""
    return [cell for line, cell in re.findall(r"^(\| (.*?) \|.*)$", text, re.MULTILINE) if not set(line) <= set("|- ")]


def part(page: str, heading: str) -> str:
    """The text below a heading, up to the next one of any level."""
    return re.split(r"^#+ ", page.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def named(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def named_bold(text: str) -> list[str]:
    return re.findall(r"\*\*([^*\n]+)\*\*", text)


@pytest.mark.parametrize("folder", ["core", "trainer", "web"])
def test_every_file_of_a_folder_stands_in_its_table_and_no_other(folder: str) -> None:
    page = (ROOT / "ml_utils" / folder / "README.md").read_text(encoding="utf-8")
    told = [name for name in named(first_cells(page)) if name.endswith(".py")]
    whole = ROOT / "ml_utils" / folder
    listed = whole.glob("**/*.py") if folder == "trainer" else whole.glob("*.py")  # tables of kinds are rows of their own
    there = {str(path.relative_to(whole)) for path in listed if path.name != "__init__.py"}
    assert sorted(told) == sorted(there)


# ── exact.md ────────────────────────────────────────────────────────────────────────────────────────────────

def test_all_that_a_digest_covers_is_listed_and_nothing_else() -> None:
    text = part(EXACT, "The digest")
    assert named(first_cells(text)) == [field.name for field in fields(Checkpoint)]
    for field in [*fields(Progress), *fields(Schedule)]:
        assert f"`{field.name}`" in text


def promises() -> list[str]:
    return re.findall(r"^\| .* \| `(\S+::\S+)` \|$", EXACT, re.MULTILINE)


@pytest.mark.parametrize("test", sorted(set(promises())))
def test_a_promise_names_a_test_that_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_promise_names_its_test() -> None:
    rows = first_cells(part(EXACT, "What is promised, and how it is tested"))
    assert len(rows) - 1 == len(promises()) > 10


def test_the_kill_harness_is_as_it_is_described() -> None:
    words = " ".join(EXACT.split())
    assert f"plays {len(test_kill.FROM_THE_START)} scenarios" in words and f"the trainer {test_kill.KILLS} times" in words


def test_what_a_change_does_is_told_of_every_setting_once() -> None:
    found = named(first_cells(part(EXACT, "What a change does to the optimizer's memory")))
    assert sorted(found) == sorted(Settings.model_fields)


def test_what_begins_a_schedule_anew_is_told_as_it_is() -> None:
    rows = [row for row in part(EXACT, "What a change does to the optimizer's memory").splitlines() if "begins anew" in row]
    assert {name for row in rows for name in named(first_cells(row))} == SHAPING
    assert set(named([part(EXACT, "When a schedule begins anew")])) == SHAPING


def test_files_that_the_page_on_exactness_names_are_there() -> None:
    for file in re.findall(r"`((?:tests|ml_utils)/[\w/]+\.py)", EXACT):
        assert (ROOT / file).is_file(), file


# ── travel.md ───────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_beside_what_it_does(name: str) -> None:
    assert re.search(rf"`{name}[` ]", TRAVEL + INSIDE)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_args_of_a_command_are_those_it_has(name: str) -> None:
    known = {*COMMANDS[name].model_fields}
    for args in re.findall(rf"`{name} {{(.*?)}}`", TRAVEL + INSIDE):
        told = {re.split(r"[?:]", one.strip())[0] for one in re.sub(r"{[^}]*}?|\[[^]]*]", "", args).split(",")} - {"…"}
        assert told <= known, (name, args)


@pytest.mark.parametrize(("title", "columns"), [("ledger", CHANGES), ("metrics", METRICS)])
def test_every_column_of_a_file_is_explained_in_its_order(title: str, columns: tuple[str, ...]) -> None:
    tables = part(TRAVEL, "Ledger and files").split("| column | meaning |")[1:]
    assert named(first_cells(tables[0 if title == "ledger" else 1])) == list(columns)


def words_of_the_page() -> dict[str, str]:
    """Key → English text; what is filled in is an ellipsis."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "static" / "lib" / "words").glob("*.js"))
    found = re.findall(r'^\s*(\w+): \[\s*"((?:[^"\\]|\\.)*)"', text, re.MULTILINE)
    return {key: re.sub(r"\{\w+\}", "…", english) for key, english in found}


def test_what_is_bold_but_at_the_start_of_a_point_is_written_on_the_page() -> None:
    known = set(words_of_the_page().values()) | {row["label"]["en"] for row in settings_table()}
    known |= {word.partition(":")[0] for word in known}
    bold = named_bold(re.sub(r"^\* \*\*[^*]+\*\*", "", TRAVEL, flags=re.MULTILINE))
    assert len(bold) > 40 and set(bold) <= known, set(bold) - known


def test_every_way_a_layer_may_be_ill_is_told_with_its_limit() -> None:
    rules = (ROOT / "static" / "lib" / "health.js").read_text(encoding="utf-8")
    table = part(TRAVEL, "Layers: freeze, dropout, and what looks wrong")
    for key, words in words_of_the_page().items():
        if key.startswith("wrong_") and not key.endswith("_more"):
            assert f"| **{words.partition(':')[0]}** |" in table, key
            assert f'"{key.removeprefix("wrong_")}"' in rules
    for name, value in re.findall(r"^export const ([A-Z_]+) = ([\d.e-]+);", rules, re.MULTILINE):
        assert format(Decimal(value), "f") in table, name


@pytest.mark.parametrize("state", ["running", "same", "differs", "failed"])
def test_what_the_tree_says_of_a_proof_is_explained(state: str) -> None:
    words = words_of_the_page()
    wanted = words.get(f"proof_{state}_because", words[f"proof_{state}"])
    assert wanted in named_bold(part(EXACT, '"Prove it"'))

"""What is written stays true: pages made from the code are up to date, everything public is named, links lead somewhere."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import pytest

from app import create_app
from docs.generate import pages
from ml_utils import line
from ml_utils.core.messages import COMMANDS, EVENTS
from ml_utils.core.settings import Settings
from ml_utils.web.config import Config
from tests.rules_helpers import sources
from tests.server import ROOT
from tests.trainers import FakeLauncher

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
README = PAGES[0].read_text(encoding="utf-8")


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

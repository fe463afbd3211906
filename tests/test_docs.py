"""What is written stays true: pages made from the code are up to date, everything public is named, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from docs.generate import pages
from ml_utils.core.messages import COMMANDS, EVENTS
from ml_utils.core.settings import Settings
from ml_utils.web.config import Config
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


def test_versions_agree() -> None:
    pinned = dict(re.findall(r"^([\w.-]+(?:\[\w+\])?)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    for package in ("torch", "torchvision"):
        assert f"`{package}=={pinned[package]}`" in README
    assert "-r requirements.txt" in (ROOT / "env.yml").read_text()
    assert "AGPL-3.0-or-later" in README
    assert 'license = "AGPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text()

"""Third-party files: an allow-list, locked by digest, and everything the import map names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml_utils.web import vendor
from tests.web.conftest import Bench

ROOT = vendor.ROOT
LOCK = json.loads((ROOT / "package-lock.json").read_text())
IMPORTS = json.loads((ROOT / "static" / "lib" / "importmap.json").read_text())["imports"]
installed = pytest.mark.skipif(not vendor.MODULES.exists(), reason="no packages are installed")


@pytest.mark.parametrize("path", ["uplot/dist/uPlot.esm.js", "@lit/reactive-element/reactive-element.js",
                                  "bootstrap/dist/css/bootstrap.min.css"])
def test_files_of_our_dependencies_are_allowed(path: str) -> None:
    assert vendor.allowed(path, vendor.packages())


@pytest.mark.parametrize("path", [
    "", ".", "..", "/", "uplot", "uplot/", "uplot/package.json", "uplot/LICENSE", "uplot/README.md", "uplot/../../app.py",
    "../app.js", "uplot/../bootstrap/dist/x.js", "unknown/x.js", "@lit/x.js", "@lit", "@evil/reactive-element/x.js",
    ".bin/x.js", ".package-lock.json", "uplot.js", "UPLOT/x.js", "chart.js/dist/chart.js", "axe-core/axe.js", "uplot/..",
    "uplot/x.html", "uplot/x.svg", "uplot/x.js.html",
])
def test_anything_else_is_not(path: str) -> None:
    assert not vendor.allowed(path, vendor.packages())


@installed
def test_a_served_file_has_its_own_type_and_may_be_kept(shared: Bench) -> None:
    client = shared.browser()
    script = client.get("/vendor/uplot/dist/uPlot.esm.js")
    assert script.mimetype == "text/javascript"
    assert "max-age=3600" in script.headers["Cache-Control"]
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    script.close()
    assert client.get("/vendor/uplot/package.json").status_code == 404


@installed
def test_many_ranges_are_answered_or_refused_in_constant_memory(shared: Bench) -> None:
    client = shared.browser()
    for ranges in ("bytes=0-0," * 1000 + "0-0", "bytes=5-1", "bytes=-0", "bytes=999999999-", "bytes=x-y", "pages=1-2"):
        answer = client.get("/vendor/uplot/dist/uPlot.esm.js", headers={"Range": ranges})
        assert answer.status_code in (200, 206, 416), ranges
        answer.close()


def test_every_locked_package_has_a_digest_and_names_no_server() -> None:
    packages = {path: about for path, about in LOCK["packages"].items() if path}
    assert packages
    assert all(about["integrity"].startswith("sha512-") for about in packages.values())
    assert not any("resolved" in about for about in packages.values())


def test_every_dependency_is_pinned_exactly_and_locked_so() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert version[0].isdigit(), name
        assert LOCK["packages"][f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("target", IMPORTS.values())
def test_the_import_map_stays_on_this_server_and_in_the_allow_list(target: str) -> None:
    assert target.startswith("/vendor/")
    path = target.removeprefix("/vendor/")
    assert vendor.allowed(path + "x.js" if path.endswith("/") else path, vendor.packages())


@installed
@pytest.mark.parametrize("target", IMPORTS.values())
def test_what_the_import_map_names_is_there(target: str) -> None:
    assert (vendor.MODULES / target.removeprefix("/vendor/")).exists()


class TestSetUp:
    @pytest.fixture
    def npm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """A place to set up, and what npm was asked there."""
        asked: list[list[str]] = []

        def fake(arguments: list[str]) -> None:
            asked.append(arguments)
            (tmp_path / "node_modules").mkdir(exist_ok=True)

        (tmp_path / "package-lock.json").write_text("{}")
        monkeypatch.setattr(vendor, "ROOT", tmp_path)
        monkeypatch.setattr(vendor, "STAMP", tmp_path / "node_modules" / ".stamp")
        monkeypatch.setattr(vendor, "_npm", fake)
        return asked

    def test_packages_are_installed_once_without_running_their_scripts(self, npm: list[list[str]]) -> None:
        assert vendor.ensure()
        assert not vendor.ensure()
        assert len(npm) == 1
        assert {"ci", "--ignore-scripts", "--omit=dev"} <= set(npm[0])

    def test_tests_need_more_and_what_they_installed_is_enough_to_serve(self, npm: list[list[str]]) -> None:
        vendor.ensure()
        assert vendor.ensure(dev=True)
        assert not vendor.ensure()

    def test_a_new_lock_installs_anew(self, npm: list[list[str]], tmp_path: Path) -> None:
        vendor.ensure()
        (tmp_path / "package-lock.json").write_text('{"new": 1}')
        assert vendor.ensure()



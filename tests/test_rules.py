"""The rules of the house (docs/design.md). Each is held, and each has a proof that it can fail."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from tests import rules_helpers as rules
from tests.rules_helpers import ROOT, Source, sources, tracked

WEB_NEVER = ("torch", "torchvision", "captum", "matplotlib", "sklearn", "ml_utils.trainer", "ml_utils.cli")
TRAINER_NEVER = ("flask", "flask_socketio", "socketio", "engineio", "werkzeug", "sqlalchemy", "eventlet", "gevent",
                 "ml_utils.web", "app")
CLI_NEVER = ("flask", "flask_socketio", "socketio", "engineio", "werkzeug", "sqlalchemy", "ml_utils.web", "app")
CLI_LATER = ("torch", "torchvision", "matplotlib", "sklearn", "captum", "onnx", "tensorboard")  # only where a command needs it
ASYNC = ("eventlet", "gevent", "geventwebsocket")
PURE = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "ml_utils"}
PYTHON_LINES, JAVASCRIPT_LINES = 250, 200


def core() -> list[Source]:
    return sources("ml_utils/core/")


def web() -> list[Source]:
    return sources("ml_utils/web/", "app.py")


def trainer() -> list[Source]:
    return sources("ml_utils/trainer/")


def cli() -> list[Source]:
    return sources("ml_utils/cli/", "ml_utils/__main__.py")


def product() -> list[Source]:
    return sources("ml_utils/", "app.py")


def scripts() -> list[Source]:
    return sources("static/", ending=".js")


def py(text: str, path: str = "ml_utils/web/x.py") -> Source:
    return Source(path, text)


def js(text: str, path: str = "static/chart/chart.js") -> Source:
    return Source(path, text)


def clean(complaints: list[list[str]]) -> None:
    flat = [one for some in complaints for one in some]
    assert not flat, "\n" + "\n".join(flat)


# ── 1–3: who may import whom ────────────────────────────────────────────────────────────────────────────────

def test_core_imports_only_the_standard_library_pydantic_and_itself() -> None:
    assert core()
    clean([rules.imports_beyond(source, ["ml_utils.core"], ["pydantic"]) for source in core()])


@pytest.mark.parametrize("text", ["import numpy", "from flask import g", "from ..web import store", "import ml_utils.line",
                                  "def f():\n    import torch", "from .. import line", "__import__('torch')"])
def test_that_rule_can_fail(text: str) -> None:
    assert rules.imports_beyond(py(text, "ml_utils/core/x.py"), ["ml_utils.core"], ["pydantic"])
    assert not rules.imports_beyond(py("import math\nfrom .series import thin\nfrom ml_utils.core import series",
                                       "ml_utils/core/x.py"), ["ml_utils.core"], ["pydantic"])


def test_core_reads_no_clock_opens_no_file_and_draws_no_random_number() -> None:
    clean([rules.impurities(source) for source in core()])


@pytest.mark.parametrize("text", ["import time", "from random import random", "import secrets", "import uuid", "open('x')",
                                  "from datetime import datetime\ndatetime.now()", "from os import environ", "print(1)",
                                  "from pathlib import Path"])
def test_the_rule_of_purity_can_fail(text: str) -> None:
    assert rules.impurities(py(text))


def test_the_web_process_never_imports_what_trains_or_draws() -> None:
    clean([rules.forbidden_imports(source, WEB_NEVER) for source in web()])


@pytest.mark.parametrize("text", ["import torch.nn as nn", "from torchvision import datasets", "from ..trainer import host",
                                  "from ml_utils import trainer", "importlib.import_module('sklearn.datasets')"])
def test_the_rule_of_the_web_process_can_fail(text: str) -> None:
    assert rules.forbidden_imports(py(text), WEB_NEVER)
    assert not rules.forbidden_imports(py("from torchless import x"), WEB_NEVER)


def test_a_trainer_knows_no_browser_and_no_database() -> None:
    clean([rules.forbidden_imports(source, TRAINER_NEVER) for source in trainer()])


@pytest.mark.parametrize("text", ["import flask", "from ..web.config import Config", "import sqlalchemy.orm", "import app"])
def test_the_rule_of_the_trainer_can_fail(text: str) -> None:
    assert rules.forbidden_imports(py(text, "ml_utils/trainer/x.py"), TRAINER_NEVER)


def test_the_command_line_knows_no_server() -> None:
    clean([rules.forbidden_imports(source, CLI_NEVER) for source in cli()])


@pytest.mark.parametrize("text", ["import flask", "from ..web.config import Config", "import sqlalchemy.orm", "import app",
                                  "def f():\n    import socketio"])
def test_the_rule_of_the_command_line_can_fail(text: str) -> None:
    assert rules.forbidden_imports(py(text, "ml_utils/cli/x.py"), CLI_NEVER)


def test_the_line_is_the_standard_library_and_msgpack() -> None:
    clean([rules.imports_beyond(source, [], ["msgpack"]) for source in sources("ml_utils/line.py")])
    assert rules.imports_beyond(py("from .core import errors", "ml_utils/line.py"), [], ["msgpack"])


def test_nobody_imports_the_application() -> None:
    clean([rules.forbidden_imports(source, ["app"]) for source in sources("ml_utils/")])


@cache
def loaded_by(*modules: str) -> frozenset[str]:
    """The packages that a fresh interpreter holds after importing these, and did not hold before."""
    code = ("import importlib, json, sys; before = set(sys.modules)\n"
            f"for name in {modules!r}: importlib.import_module(name)\n"
            "print(json.dumps(sorted(set(sys.modules) - before)))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


def modules(folder: str) -> list[str]:
    return [source.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for source in sources(folder)
            if not source.path.endswith("__main__.py")]


def test_an_interpreter_with_core_holds_nothing_else() -> None:
    found = {name.split(".")[0] for name in loaded_by(*modules("ml_utils/core/"))}
    assert {name for name in found - rules.STANDARD if not name.startswith("_sysconfigdata")} <= PURE
    assert "ml_utils" in found


def test_an_interpreter_with_the_web_process_holds_nothing_that_trains() -> None:
    names = [*modules("ml_utils/web/"), *(["app"] if "app.py" in tracked() else [])]
    found = [name for name in loaded_by(*names) if rules.belongs(name, WEB_NEVER)]
    assert not found


def test_an_interpreter_with_a_trainer_holds_no_server() -> None:
    found = [name for name in loaded_by(*modules("ml_utils/trainer/")) if rules.belongs(name, TRAINER_NEVER)]
    assert not found


def test_an_interpreter_with_the_command_line_holds_no_server_and_nothing_that_trains() -> None:
    found = [name for name in loaded_by(*modules("ml_utils/cli/")) if rules.belongs(name, (*CLI_NEVER, *CLI_LATER))]
    assert not found


def test_the_look_into_an_interpreter_can_fail() -> None:
    assert "wave" in loaded_by("wave")


# ── 4: one file knows ───────────────────────────────────────────────────────────────────────────────────────

def knowing(files: list[Source], packages: tuple[str, ...]) -> list[str]:
    return [source.path for source in files if rules.forbidden_imports(source, packages)]


def test_one_file_knows_sqlalchemy() -> None:
    found = knowing(product(), ("sqlalchemy",))
    assert len(found) == (1 if "app.py" in tracked() else len(found[:1]))
    assert all(re.fullmatch(r"ml_utils/web/store\w*\.py", path) for path in found)


def test_one_file_knows_the_async_mode() -> None:
    assert set(knowing(product(), ASYNC)) <= {"ml_utils/web/async_mode.py"}


def test_the_rule_of_one_file_can_fail() -> None:
    files = [py("import sqlalchemy", "a.py"), py("def f():\n    from sqlalchemy import sql", "b.py"), py("import re", "c.py")]
    assert knowing(files, ("sqlalchemy",)) == ["a.py", "b.py"]


# ── 5 and 7: one function numbers, one sends ────────────────────────────────────────────────────────────────

def test_one_function_sends_to_browsers() -> None:
    found = set().union(*map(rules.senders, web()))
    assert len(found) == (1 if "app.py" in tracked() else len(found)), found


def test_one_function_numbers_events() -> None:
    found = set().union(*map(rules.numberers, web()))
    assert len(found) == (1 if "app.py" in tracked() else len(found)), found


def test_the_server_never_asks_a_browser_for_a_value() -> None:
    clean([rules.asks_browsers(source) for source in web()])


def test_the_rules_of_one_function_can_fail() -> None:
    two = py("def f(s):\n    s.emit('x')\ndef g(s):\n    def inner():\n        s.emit('y')\n    return inner")
    assert rules.senders(two) == {"ml_utils/web/x.py:f", "ml_utils/web/x.py:inner"}
    counts = py("def f(r):\n    return {'seq': r.seq + 1}\ndef g(r):\n    r['seq'] += 1\ndef h(seq):\n    return seq - 1")
    assert rules.numberers(counts) == {"ml_utils/web/x.py:f", "ml_utils/web/x.py:g"}
    for text in ("s.emit('x', callback=f)", "self.socketio.call('x')", "from flask_socketio import emit"):
        assert rules.asks_browsers(py(text))


# ── 9: what never stands in the code ────────────────────────────────────────────────────────────────────────

def test_nothing_prints() -> None:
    clean([rules.prints(source) for source in product()])
    assert rules.prints(py("def f():\n    print('x')")) and not rules.prints(py("blueprint('x')"))


def test_no_pickled_object_is_loaded() -> None:
    clean([rules.unsafe_loads(source) for source in sources("ml_utils/", "app.py", "benchmarks/")])


@pytest.mark.parametrize("text", [
    "import pickle", "from marshal import loads", "import shelve", "torch.load(f)", "import joblib", "from torch import load",
    "torch.load(f, weights_only=False)", "np.load(f, allow_pickle=True)", "eval('1')", "yaml.load(f)"])
def test_the_rule_of_pickles_can_fail(text: str) -> None:
    assert rules.unsafe_loads(py(text))
    assert not rules.unsafe_loads(py("torch.load(f, weights_only=True)\nmodel.eval()\njson.load(f)"))


def test_no_test_sleeps() -> None:
    clean([rules.sleeps(source) for source in sources("tests/")])


@pytest.mark.parametrize("text", ["import time\ntime.sleep(1)", "from time import sleep\nsleep(1)", "page.wait_for_timeout(50)",
                                  "async def f():\n    await asyncio.sleep(1)"])
def test_the_rule_of_sleep_can_fail(text: str) -> None:
    assert rules.sleeps(py(text))


def test_no_module_holds_a_value_that_changes() -> None:
    files = product()
    names = set().union(*map(rules.tables, files))
    clean([rules.mutable_values(source) + rules.changed_tables(source, names) for source in files])


@pytest.mark.parametrize("text", ["cache = {}", "rooms: dict[str, int] = {}", "known = set()", "a = b = []",
                                  "def f():\n    global x",
                                  "last = deque()", "if True:\n    seen = [x for x in y]",
                                  "try:\n    all = {}\nexcept E:\n    pass"])
def test_the_rule_of_values_can_fail(text: str) -> None:
    assert rules.mutable_values(py(text))


@pytest.mark.parametrize("text", ["KINDS = {}\ndef f():\n    KINDS['a'] = 1", "KINDS = []\nKINDS.append(1)",
                                  "KINDS = {}\ndel KINDS['a']", "KINDS = []\ndef f():\n    m.KINDS += [1]",
                                  "KINDS = {}\nKINDS.setdefault('a', 1)"])
def test_the_rule_of_tables_can_fail(text: str) -> None:
    assert not rules.mutable_values(py("KINDS = {'a': 1}\n__all__ = ['a']\nname = 'a'\npair = (1, 2)\nlog = getLogger()"))
    assert rules.changed_tables(py(text), rules.tables(py(text)))


# ── 6: the browser's side ───────────────────────────────────────────────────────────────────────────────────

def test_only_the_room_touches_the_socket() -> None:
    clean([rules.socket_users(source) for source in scripts()])


@pytest.mark.parametrize("text", ['import { io } from "socket.io-client";', 'const x = await import("socket.io-client");',
                                  "new WebSocket(url)", "import io from 'socket.io-client/dist/socket.io.js'"])
def test_the_rule_of_the_socket_can_fail(text: str) -> None:
    assert rules.socket_users(js(text))
    assert not rules.socket_users(js(text, "static/room/room.js")) and not rules.socket_users(js(f"// {text}"))


def test_no_component_imports_another() -> None:
    clean([rules.foreign_components(source) for source in scripts()])


@pytest.mark.parametrize("text", ['import "../controls/controls.js";', 'import { x } from "/static/settings/settings.js";',
                                  'export * from "./../presence/presence.js";', 'await import("../infobox/infobox.js")'])
def test_the_rule_of_components_can_fail(text: str) -> None:
    assert rules.foreign_components(js(text))
    good = 'import "./draw.js";\nimport { a } from "../lib/fold.js";\nimport { b } from "../room/room.js";\nimport "lit";'
    assert not rules.foreign_components(js(good))
    assert rules.foreign_components(js('import "../room/room.js";', "static/lib/x.js"))


def test_data_never_become_markup() -> None:
    clean([rules.unsafe_markup(source) for source in scripts()])


@pytest.mark.parametrize("text", ["a.innerHTML = b", "a.outerHTML", "a.insertAdjacentHTML('x', y)", "document.write(x)",
                                  "eval (x)", "unsafeHTML(x)", "new Function('x')", "setTimeout('x()')"])
def test_the_rule_of_markup_can_fail(text: str) -> None:
    assert rules.unsafe_markup(js(text)) and not rules.unsafe_markup(js(f"/* {text} */ a.textContent = b; // {text}"))


def test_templates_hold_no_code() -> None:
    clean([rules.inline_code(source) for source in sources("templates/", ending=".html")])


@pytest.mark.parametrize("text", ["<script>go()</script>", "<script type='module'>import 'x'</script>", "<p onclick='x()'>",
                                  '<a href="javascript:x()">'])
def test_the_rule_of_templates_can_fail(text: str) -> None:
    good = ('<script type="importmap">{}</script><script src="x.js"></script><script type="application/json">[]</script>'
            '<p data-once="1">')
    assert rules.inline_code(Source("templates/x.html", text)) and not rules.inline_code(Source("templates/x.html", good))


# ── sizes, places, words ────────────────────────────────────────────────────────────────────────────────────

def too_long(files: list[Source], most: int) -> list[str]:
    return [f"{source.path} has {source.lines} lines, {most} are allowed" for source in files if source.lines > most]


def test_files_are_short() -> None:
    clean([too_long(sources("ml_utils/", "app.py", "benchmarks/"), PYTHON_LINES),
           too_long([*scripts(), *sources("benchmarks/", ending=".js")], JAVASCRIPT_LINES)])
    assert too_long([py("\n" * 251)], PYTHON_LINES) and not too_long([py("\n" * 250)], PYTHON_LINES)


@pytest.mark.parametrize("folder", ["core", "web", "trainer", "cli"])
def test_each_folder_says_what_may_never_happen_in_it(folder: str) -> None:
    if sources(f"ml_utils/{folder}/"):
        assert "ever" in (ROOT / "ml_utils" / folder / "README.md").read_text(encoding="utf-8")


def text_files() -> list[Source]:
    found = []
    for name in tracked():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data[:8000]:
            found.append(Source(name, data.decode("utf-8")))
    return found


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    clean([rules.machine_paths(source) for source in text_files()])


@pytest.mark.parametrize("place", ["work", "root", "home/ada", "Users/ada"])
def test_the_rule_of_machine_paths_can_fail(place: str) -> None:
    assert rules.machine_paths(py(f"cd /{place}/x")) and not rules.machine_paths(py(f"see ../{place}/x and a/{place}/x"))


def test_packages_come_from_the_public_registries() -> None:
    for source in sources("package-lock.json", ending=".json"):
        hosts = set(re.findall(r'"resolved": "https?://([^/"]+)', source.text))
        assert hosts <= {"registry.npmjs.org"}
    for source in sources("requirements", "env", ".npmrc", ending=""):
        assert not re.search(r"index-url|find-links|registry\s*=|trusted-host", source.text), source.path

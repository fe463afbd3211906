"""Settings of an installation: environment, defaults, exact origins, and words for what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from ml_utils.web.config import Config, local_names
from ml_utils.web.guard import hosts_of


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LOCKSTEP_")]:
        monkeypatch.delenv(name)


def test_without_any_variable_it_serves_this_machine_only() -> None:
    config = Config()
    assert (config.host, config.port, config.async_, config.proxies) == ("127.0.0.1", 5000, "eventlet", 0)
    assert config.max_trainers == (os.cpu_count() or 1)
    assert config.allowed_origins(5000) == ("http://127.0.0.1:5000", "http://localhost:5000")
    assert config.database.startswith("sqlite:///")
    assert config.data_folder == (Path("instance") / "data").resolve()


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {"HOST": "0.0.0.0", "PORT": "8080", "INSTANCE": str(tmp_path / "i"), "DATA": str(tmp_path / "d"),
              "DATABASE_URL": "postgresql+psycopg://x/y", "ASYNC": "threading", "ORIGINS": "https://a.example, https://b.example/",
              "PROXIES": "2", "MAX_TRAINERS": "3", "THREADS": "4", "DEVICE": "cuda", "TRAINER_MEMORY": "0",
              "CHECKPOINT_QUOTA": "5", "IMAGE_QUOTA": "7"}
    fields = {name.removeprefix("LOCKSTEP_") for name in
              (field.validation_alias or name.upper() for name, field in Config.model_fields.items()) if isinstance(name, str)}
    assert fields == set(values)
    for name, value in values.items():
        monkeypatch.setenv(f"LOCKSTEP_{name}", value)
    config = Config()
    assert config.origins == ("https://a.example", "https://b.example")
    assert config.allowed_origins(8080) == config.origins
    assert (config.port, config.async_, config.max_trainers, config.threads) == (8080, "threading", 3, 4)
    assert config.database == "postgresql+psycopg://x/y"
    assert config.data_folder == tmp_path / "d"


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "ORIGINS", "ASYNC", "DATABASE_URL"):
        monkeypatch.setenv(f"LOCKSTEP_{name}", "")
    assert Config() == Config(port=5000)


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "0"), ("PORT", "65536"), ("PORT", "x"), ("ASYNC", "asyncio"), ("PROXIES", "-1"), ("MAX_TRAINERS", "0"),
    ("THREADS", "0"), ("DEVICE", "tpu"), ("TRAINER_MEMORY", "-1"),
    ("TRAINER_MEMORY", "1499"), ("CHECKPOINT_QUOTA", "0"), ("IMAGE_QUOTA", "0"), ("ORIGINS", "lab.example.org"),
    ("ORIGINS", "https://a.example/path"),
    ("ORIGINS", "*"), ("ORIGINS", "https://a.example,evil"),
    ("ORIGINS", "ftp://a.example"), ("ORIGINS", "http://u@a.example"),
])
def test_a_bad_value_is_refused_in_words_that_name_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOCKSTEP_{name}", value)
    with pytest.raises(SystemExit) as told:
        Config.read()
    assert str(told.value).startswith(f"LOCKSTEP_{name}: ")
    assert value in str(told.value)


def test_settings_are_never_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Config().port = 1  # type: ignore[misc]


def test_on_all_addresses_the_names_of_this_machine_are_allowed_and_no_star() -> None:
    origins = Config(host="0.0.0.0").allowed_origins(5000)
    assert {"http://localhost:5000", "http://127.0.0.1:5000"} <= set(origins)
    assert len(origins) == len(local_names())
    assert not any("*" in origin or "0.0.0.0" in origin for origin in origins)


@pytest.mark.parametrize(("host", "port", "header"), [("127.0.0.1", 80, "localhost"), ("::1", 5000, "[::1]:5000"),
                                                      ("lab.local", 8000, "lab.local:8000")])
def test_allowed_hosts_are_written_as_browsers_write_them(host: str, port: int, header: str) -> None:
    assert header in hosts_of(Config(host=host).allowed_origins(port))

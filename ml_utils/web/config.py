"""The settings of an installation: environment variables `LOCKSTEP_…`, read once at the start."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TORCH_MEMORY = 1_250  # MB that a trainer holds before it has a network
LEAST_MEMORY = 1_500  # MB
ORIGIN = re.compile(r"https?://[^/\s?#@]+")


class Config(BaseSettings):
    """Every setting has its environment variable, default and meaning here; README.md shows the table."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_", frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` lets the class network in.")
    port: int = Field(5000, ge=1, le=65535, description="Port to listen on.")
    instance: Path = Field(Path("instance"), description="Folder for database, checkpoints, prepared data and key.")
    data: Path | None = Field(None, description="Folder with datasets; default: `data` in the instance folder.")
    database_url: str | None = Field(None, description="SQLAlchemy address; default: SQLite in the instance folder.")
    async_: Literal["eventlet", "gevent", "threading"] = Field(
        "eventlet", validation_alias="LOCKSTEP_ASYNC", description="`eventlet`, `gevent` or `threading`.")
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Exact origins of pages, comma-separated, such as `https://lab.example.org`; "
                        "default: this machine's names with the port.")
    proxies: int = Field(0, ge=0, le=10, description="How many reverse proxies in front are trusted.")
    max_trainers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256,
        description="How many rooms train at once; more are queued. Default: the number of cores.")
    threads: int = Field(1, ge=1, le=256, description="Threads per trainer; fixed for a run when it starts.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("cpu", description="Where trainers compute.")
    trainer_memory: int = Field(
        8_000, ge=0, description="Memory limit of one trainer in MB, on the CPU, at least 1500; 0 for none.")
    checkpoint_quota: int = Field(1_000, ge=1, description="Checkpoints of one room in MB; more, and older ones are thinned.")

    image_quota: int = Field(2_000, ge=1, description="Own images of all rooms together in MB; one room keeps up to half.")

    @field_validator("origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for one in origins:
            if not ORIGIN.fullmatch(one):
                raise ValueError(f"{one!r} is no origin such as https://lab.example.org or http://192.168.1.5:5000")
        return origins

    @classmethod
    def read(cls) -> Config:
        """Return the settings of the environment, or end with words for who starts the server."""
        try:
            return cls()
        except ValidationError as error:
            lines = [f"{_variable(str(one['loc'][0]))}: {one['msg']} (is: {str(one['input'])[:80]})" for one in error.errors()]
            raise SystemExit("\n".join(lines)) from None

    @field_validator("trainer_memory")
    @classmethod
    def _enough(cls, memory: int) -> int:
        if 0 < memory < LEAST_MEMORY:
            raise ValueError(f"torch alone takes about {TORCH_MEMORY} MB: give at least {LEAST_MEMORY}, or 0 for no limit")
        return memory

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.instance / 'lockstep.db').resolve()}"

    @property
    def checkpoints(self) -> Path:
        return (self.instance / "checkpoints").resolve()

    @property
    def data_folder(self) -> Path:
        return (self.data or self.instance / "data").resolve()

    @property
    def memory_bytes(self) -> int:
        """The limit of a trainer; drivers of GPUs map more memory than they use, so none there."""
        return self.trainer_memory * 1_000_000 if self.device == "cpu" else 0

    @property
    def network_memory(self) -> int:
        """What the rules let a network need while it trains, in bytes; the rest is for torch and the dataset. 0: no limit."""
        return max(0, self.memory_bytes - TORCH_MEMORY * 1_000_000) * 9 // 10

    @property
    def room_quota(self) -> int:
        """Bytes."""
        return self.checkpoint_quota * 1_000_000

    @property
    def image_bytes(self) -> int:
        """Of own images of all rooms."""
        return self.image_quota * 1_000_000

    def allowed_origins(self, port: int) -> tuple[str, ...]:
        """Return the exact origins whose pages may connect."""
        if self.origins:
            return self.origins
        names = local_names() if self.host in ("0.0.0.0", "::") else {self.host, "localhost", "127.0.0.1"}
        names = {f"[{name}]" if ":" in name else name for name in names}
        return tuple(sorted(f"http://{name}" if port == 80 else f"http://{name}:{port}" for name in names))

    def shared_url(self, asked: str) -> str:
        """Return the address under which others find what was asked for here; "localhost" is of no use to them."""
        here = urlsplit(asked)
        address = next(iter(_route_address()), None)
        if self.host != "0.0.0.0" or self.origins or here.hostname not in ("localhost", "127.0.0.1") or not address:
            return asked
        return f"http://{address}:{self.port}/"


def _variable(name: str) -> str:
    return name if name.startswith("LOCKSTEP_") else f"LOCKSTEP_{name.upper()}"


def local_names() -> set[str]:
    """Return the names and addresses under which this machine is reached."""
    name = socket.gethostname()
    found = {"localhost", "127.0.0.1", name, f"{name}.local"}
    try:
        found |= {str(info[4][0]) for info in socket.getaddrinfo(name, None, socket.AF_INET)}
    except OSError:  # a machine that cannot look itself up still serves by address
        pass
    return found | _route_address()


def _route_address() -> set[str]:
    """Return the address of the outgoing network card; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return {probe.getsockname()[0]}
        except OSError:
            return set()

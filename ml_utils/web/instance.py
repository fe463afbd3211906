"""One server per instance folder and per port: a second one would take the first one's trainers, or half its browsers."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import IO, Any


def hold(instance: Path) -> IO[Any]:
    """Lock the instance folder for as long as the returned file is open (a killed server lets go by itself)."""
    file = (instance / "lock").open("w")
    try:
        import fcntl
    except ImportError:  # Windows: not guarded
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SystemExit(f"Another server uses {instance.resolve()}: stop it, or set LOCKSTEP_INSTANCE.") from None
    return file


def check_port(host: str, port: int) -> None:
    """Leave with advice where the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise SystemExit(f"Port {port} of {host} {why}: set LOCKSTEP_PORT to another one, such as 5001.") from None

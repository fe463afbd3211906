"""Downloads of the datasets that are not found, from where torchvision has them."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torchvision.datasets import CIFAR10, KMNIST, MNIST, FashionMNIST
from torchvision.datasets.utils import extract_archive

Report = Callable[[int], None]  # bytes done
SOURCES: dict[str, Any] = {"mnist": MNIST, "fashion_mnist": FashionMNIST, "kmnist": KMNIST, "cifar10": CIFAR10}
CHUNK = 1 << 16  # bytes
TIMEOUT = 15.0  # seconds without a byte


def archives(name: str) -> list[tuple[str, list[str], str]]:
    """Return (path below the dataset folder, addresses to try, MD5) of each file to fetch."""
    kind = SOURCES[name]
    if kind is CIFAR10:
        return [(kind.filename, [kind.url], kind.tgz_md5)]
    return [(f"{kind.__name__}/raw/{file}", [mirror + file for mirror in kind.mirrors], md5) for file, md5 in kind.resources]


def expected(name: str) -> list[str]:
    """Return the unpacked files that make the dataset complete, below the dataset folder."""
    kind = SOURCES[name]
    if kind is CIFAR10:
        return [f"{kind.base_folder}/{file}" for file, _ in (*kind.train_list, *kind.test_list)]
    return [path.removesuffix(".gz") for path, _, _ in archives(name)]


def fetch(name: str, folder: Path, report: Report) -> None:
    """Download and unpack into this folder; raises OSError where that cannot be done."""
    done = 0
    for path, addresses, md5 in archives(name):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        done = _first(addresses, file, md5, done, report)
        extract_archive(str(file), str(file.parent))


def _first(addresses: list[str], file: Path, md5: str, done: int, report: Report) -> int:
    failures = []
    for address in addresses:
        try:
            return download(address, file, hashlib.md5(usedforsecurity=False), md5, done, report)
        except OSError as error:  # also what urllib raises
            failures.append(f"{address}: {error}")
    raise OSError("; ".join(failures))


def download(address: str, file: Path, digest: Any, begins: str, done: int, report: Report) -> int:
    """Write what is there into this file and return the bytes done by then; OSError unless its digest begins like this."""
    with urllib.request.urlopen(address, timeout=TIMEOUT) as response, file.open("wb") as out:
        while chunk := response.read(CHUNK):
            out.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            report(done)
    if not digest.hexdigest().startswith(begins):
        raise OSError("what was downloaded has the wrong checksum")
    return done

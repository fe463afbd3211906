"""Which files a page's scripts import, so that the browser can ask for all of them at once instead of one after the other."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from .vendor import MODULES

IMPORT = re.compile(r"""(?:^|[;\s}])(?:import|export)\b[^;'"()]*?["']([^"'\n]+)["']""")


class Modules:
    """The imports of all modules below `static`, and of the packages of the import map."""

    def __init__(self, static: Path) -> None:
        self._static = static
        self._map: dict[str, str] = json.loads(static.joinpath("lib", "importmap.json").read_text())["imports"]
        self.of = cache(self._of)

    def _of(self, components: tuple[str, ...]) -> list[str]:
        """Return the address of every module that these components need, they themselves included."""
        found: dict[str, None] = {}
        waiting = [f"/static/{name}/{name}.js" for name in components]
        while waiting:
            address = waiting.pop(0)
            if address not in found:
                found[address] = None
                waiting += self._imports(address)
        return list(found)

    def _imports(self, address: str) -> list[str]:
        text = self._file(address).read_text(encoding="utf-8")
        return [one for name in IMPORT.findall(text) if (one := self._address(name, address))]

    def _file(self, address: str) -> Path:
        _, root, *parts = address.split("/")
        return (self._static if root == "static" else MODULES).joinpath(*parts)

    def _address(self, name: str, importer: str) -> str | None:
        """Return where a module is found under this name; None where it is no module of ours."""
        if name.startswith("."):
            parts = importer.split("/")[:-1]
            for part in name.split("/"):
                parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
            address: str | None = "/".join(parts)
        else:
            folder = max((one for one in self._map if one.endswith("/") and name.startswith(one)), key=len, default=None)
            address = self._map.get(name) or (self._map[folder] + name.removeprefix(folder) if folder else None)
        return address if address and self._file(address).is_file() else None

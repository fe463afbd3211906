"""Definitions taken word for word out of Python source, with all that they need of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

Definition = ast.ClassDef | ast.FunctionDef | ast.Assign | ast.AnnAssign
KNOWN = ("import torch", "from torch import Tensor, nn")  # imports that stand in every script


def definitions(source: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the imports, and the definitions in their order, that these names need; LookupError: one is not there."""
    tree = ast.parse(source)
    known = {name: node for node in tree.body if isinstance(node, Definition) for name in _defined(node)}
    needed = _closure(known, set(names))
    used = {word for name in needed for word in _words(known[name])}
    nodes = [node for node in tree.body if isinstance(node, Definition) and not needed.isdisjoint(_defined(node))]
    lines = source.splitlines()
    return _imports(tree, used), ["\n".join(lines[_first(node) - 1:node.end_lineno]) for node in nodes]


def _closure(known: dict[str, Definition], waiting: set[str]) -> set[str]:
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise LookupError(f"the source does not define {name}")
        found.add(name)
        waiting |= {word for word in _words(known[name]) if word in known} - found
    return found


def _defined(node: Definition) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _words(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _first(node: Definition) -> int:
    decorators = node.decorator_list if isinstance(node, ast.ClassDef | ast.FunctionDef) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _imports(tree: ast.Module, used: set[str]) -> list[str]:
    """Return the imports that bind a word which is used."""
    found = []
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or ast.unparse(node) in KNOWN:
            continue
        node.names = [one for one in node.names if (one.asname or one.name).partition(".")[0] in used]
        if node.names:
            found.append(ast.unparse(node))
    return found


def import_lines(imports: Iterable[str]) -> list[str]:
    """Return imports in their usual order, one for each module."""
    plain = {line for line in imports if line.startswith("import ")}
    names: dict[str, set[str]] = {}
    for line in set(imports) - plain:
        module, _, words = line.removeprefix("from ").partition(" import ")
        names.setdefault(module, set()).update(words.split(", "))
    return sorted(plain) + [f"from {module} import {', '.join(sorted(names[module], key=_rank))}" for module in sorted(names)]


def _rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2), name

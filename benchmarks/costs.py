"""What a CPU profile of Chromium says: milliseconds per frame of each component and function."""

from __future__ import annotations

from collections import Counter
from typing import Any

MOST = 18  # functions


def costs(profile: dict[str, Any], frames: int) -> list[str]:
    """Return lines: first what each file of the page cost with all it called, then the functions by their own time."""
    parents = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}
    names = {node["id"]: _name(node["callFrame"]) for node in profile["nodes"]}
    files, own = Counter[str](), Counter[str]()
    for node, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
        own[names[node]] += delta
        for file in {names[one].rpartition(" ")[2].partition(":")[0] for one in _stack(node, parents)}:
            files[file] += delta
    lines = ["    ms per frame, with everything called from there:"]
    lines += [f"      {time / 1000 / frames:7.3f}  {file}" for file, time in files.most_common() if file.startswith("/static/")]
    lines.append("    ms per frame, by themselves:")
    return lines + [f"      {time / 1000 / frames:7.3f}  {name}" for name, time in own.most_common(MOST)]


def _name(frame: dict[str, Any]) -> str:
    path = "/" + frame["url"].partition("://")[2].partition("/")[2] if frame["url"] else "-"
    return f"{frame['functionName'] or '(anonymous)'} {path}:{frame['lineNumber'] + 1}"


def _stack(node: int, parents: dict[int, int]) -> list[int]:
    found = [node]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found

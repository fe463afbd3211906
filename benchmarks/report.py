"""How a number is printed: median and spread, and whether its target was reached."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def told(what: str, values: Sequence[float], unit: str, target: float, share: float = 0.5, most: bool = True) -> None:
    """Print the quantile `share` of the values with min, median and max beside it; `most`: the target is an upper bound."""
    found = quantile(values, share)
    name = "median" if share == 0.5 else f"p{share * 100:.0f}"
    spread = f"(min {min(values):.3g}, median {quantile(values, 0.5):.3g}, max {max(values):.3g}; n={len(values)})"
    say(f"  {what}: {name} {found:.3g} {unit}  {spread}  {verdict(found, target, most)}")


def verdict(found: float, target: float, most: bool = True) -> str:
    reached = found <= target if most else found >= target
    return f"target {'≤' if most else '≥'} {target:g}: {'reached' if reached else 'MISSED'}"

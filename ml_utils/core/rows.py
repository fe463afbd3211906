"""What every row of the table of settings is made with, and how strictly what comes from outside is read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


def words(label: tuple[str, str], help: tuple[str, str], group: str, unit: str = "", scale: str = "linear", step: float = 0,
           choices: dict[str, tuple[str, str]] | None = None, only: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Words of a row as (English, German); `scale` is that of the slider, `step` its grain (0: free).

    `group` is where the row stands on the page; `only` are the values of other settings with which it matters.
    """
    row: dict[str, Any] = {"label": _both(label), "help": _both(help), "group": group, "unit": unit, "scale": scale,
                           "step": step}
    if choices:
        row["choices"] = {value: _both(words) for value, words in choices.items()}
    return {**row, "only": only} if only else row


def _both(words: tuple[str, str]) -> dict[str, str]:
    return {"en": words[0], "de": words[1]}


class Strict(BaseModel):
    """What comes from outside: no unknown fields, no conversions, no NaN or infinity, never edited."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

"""The one error shape: what was asked, why not, what would work."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

SHOWN = 80  # characters of a refused value that are shown back
TOLD = 400  # characters of what pydantic says, which names all that would be right


class Refused(Exception):
    """A wish that cannot be fulfilled, told to the one who asked; nothing has changed."""

    def __init__(self, code: str, message: str, hint: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.field = code, message, hint, field

    def as_answer(self) -> dict[str, Any]:
        """Return ``{ok: false, error: {code, message, hint, field?}}``."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.field:
            error["field"] = self.field
        return {"ok": False, "error": error}


def refusal(error: ValidationError, code: str = "invalid") -> Refused:
    """Turn the first complaint of pydantic into a refusal that names the field."""
    return refusal_of(error.errors(include_url=False)[0], code)


def refusal_of(first: Any, code: str = "invalid") -> Refused:
    """Turn one complaint of pydantic into a refusal that names the field."""
    field = ".".join(_clean(str(part)) for part in first["loc"] if not str(part).startswith("function-")) or None
    what = f"{field}: {_message(first)}" if field else _message(first)
    return Refused(code, f"{what} (asked: {shown(first.get('input'))})", _hint(first["type"], field), field)


def parse(kind: type[Any], payload: object) -> Any:
    """Return what came from outside as a message of this kind; raise `Refused` where it is none."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise refusal(error) from None


def shown(value: Any) -> str:
    """Return a short printable form of any hostile value."""
    try:
        text = repr(value)
    except Exception:  # a value may refuse even to be printed (integers above 4300 digits)
        text = type(value).__name__
    return _clean(text)


def _clean(text: str) -> str:
    clean = "".join(ch if ch.isprintable() else "?" for ch in text[: SHOWN + 1])
    return clean if len(clean) <= SHOWN else clean[:SHOWN] + "…"


def _message(complaint: Any) -> str:
    kind, context = complaint["type"], complaint.get("ctx", {})
    text = str(complaint["msg"]).removeprefix("Value error, ")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        text = "should be names with values"
    elif kind in ("too_short", "too_long"):  # else named after what Python calls it
        bound = ("at least", context["min_length"]) if kind == "too_short" else ("at most", context["max_length"])
        text = f"should have {bound[0]} {bound[1]} item{'s' * (bound[1] != 1)}"
    elif kind == "union_tag_invalid":  # the only text of pydantic that repeats what was sent, at any length
        text = f"{context['discriminator']} should be one of {context['expected_tags']}"
    return text if len(text) <= TOLD else f"{text[:TOLD]}…"


def _hint(kind: str, field: str | None) -> str:
    hints = {
        "extra_forbidden": "Leave this field out.",
        "missing": "Add this field.",
        "greater_than_equal": "Use a larger value.",
        "less_than_equal": "Use a smaller value.",
        "finite_number": "Use an ordinary, finite number.",
    }
    page = "layers" if "layers." in (field or "") else "messages"
    return hints.get(kind, f"Correct this field; docs/{page}.md lists every field with its range.")

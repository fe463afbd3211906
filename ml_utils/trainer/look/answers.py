"""Every question by its name, and who answers it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch

from ...core.errors import Refused
from ...core.questions import SENT_ON
from ...line import Frame
from .augmented import augmented
from .classify import classify
from .convolve import convolve
from .explain import explain
from .filters import filters
from .gallery import gallery
from .maps import maps
from .neurons import neurons
from .parts import parts
from .passport import passport
from .picture import picture
from .plots import plot
from .scene import Scene
from .way import way

log = logging.getLogger(__name__)
Answer = dict[str, Any]

ANSWERS: dict[str, Callable[[Scene, Any], Answer]] = {
    "classify": classify, "explain": explain, "parts": parts, "filters": filters, "maps": maps, "convolve": convolve,
    "way": way, "neurons": neurons, "gallery": gallery, "passport": passport, "augmented": augmented}
INTERNAL: dict[str, Callable[[Scene, Any], Answer]] = {"picture": picture, "plot": plot}  # asked by the web process only


def reply(frame: Frame, scene_of: Callable[[], Scene]) -> Frame:
    """Return the answer to a question: of the scene, or the error shape; whatever is asked, nothing is disturbed."""
    try:
        internal = INTERNAL.get(frame["name"])
        asked = frame["args"] if internal else SENT_ON[frame["name"]].model_validate(frame["args"])
        answered, scene = internal or ANSWERS[frame["name"]], scene_of()
        with torch.inference_mode(False), torch.enable_grad():  # it may be asked in the middle of an evaluation
            answer = {"ok": True, **answered(scene, asked), "place": scene.place}
    except Refused as refused:
        answer = refused.as_answer()
    except Exception as error:
        log.exception("question %s", frame["name"])
        answer = Refused("no_answer", _words(error), "Ask something smaller, or of a smaller network.").as_answer()
    return {"t": "answer", "id": frame["id"], "answer": answer}


def _words(error: Exception) -> str:
    text = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text or "out of memory" in text:
        return "The answer needed more memory than it may use."
    return f"The lab could not work this out ({type(error).__name__})."

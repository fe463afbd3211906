"""What a question about augmented images needs of the room: its Settings, as far as the question has none of its own."""

from __future__ import annotations

from ..core.augmentation import Augmentation
from ..core.questions import Augmented, AugmentedOf, Question
from ..core.settings import Settings
from .ledger import Room


def with_settings(room: Room, question: Question) -> Question:
    """Give a question about augmented images the Settings that they are changed by, and the size of a batch."""
    if not isinstance(question, Augmented):
        return question
    present = Settings.model_validate(room.state["settings"])
    settings = question.settings or Augmentation.model_validate(present.model_dump(include=set(Augmentation.model_fields)))
    return AugmentedOf(settings=settings, epoch=question.epoch, count=question.count, batch_size=present.batch_size)

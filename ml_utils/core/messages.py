"""The index of the system: every Command and every Event by name.

Checks, docs/messages.md and the tests of bad input are made from these classes: a new message is covered by
standing here.
"""

from __future__ import annotations

from . import events
from .commands import Command, Continue, Interrupt, NewRun, SetSettings, Start
from .events import EventData

COMMANDS: dict[str, type[Command]] = {kind.name: kind for kind in (NewRun, Start, Interrupt, Continue, SetSettings)}
EVENTS: dict[str, type[EventData]] = {
    kind.name: kind
    for kind in (
        events.RunStarted, events.TrainingRequested, events.TrainingQueued, events.TrainerStarted, events.DatasetProgress,
        events.TrainingStarted, events.TrainingPaused, events.SettingsChanged, events.Metrics, events.EpochFinished,
        events.CheckpointSaved, events.CheckpointDamaged, events.SessionFailed, events.TrainerLost, events.TrainerRecovered)
}

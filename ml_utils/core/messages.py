"""The index of the system: every Command and every Event by name.

Checks, docs/messages.md and the tests of bad input are made from these classes: a new message is covered by
standing here.
"""

from __future__ import annotations

from . import commands, commands_inside, events, events_draft, events_files, events_inside, events_seen, events_tree
from .commands import Command
from .events import EventData

COMMANDS: dict[str, type[Command]] = {
    kind.name: kind
    for kind in (
        commands.NewRun, commands.Start, commands.Interrupt, commands.Continue, commands.Step, commands.SetSettings,
        commands.Freeze, commands.Unfreeze, commands.Revert, commands.MakeFork, commands.Twin, commands.Undo,
        commands.DropPlan, commands.RenameBranch, commands.Pin, commands.Unpin, commands.Prove,
        commands.EditDraft, commands.UndoEdit, commands.RedoEdit, commands.SaveBlueprint, commands.DropBlueprint,
        commands_inside.Evaluate, commands_inside.KeepDrawing, commands_inside.DropDrawing, commands_inside.MarkExample,
        commands_inside.ShowExample)
}
EVENTS: dict[str, type[EventData]] = {
    kind.name: kind
    for kind in (
        events.RunStarted, events.TrainingRequested, events.TrainingQueued, events.TrainerStarted, events.DatasetProgress,
        events.TrainingStarted, events.TrainingPaused, events.SettingsChanged, events.Metrics, events.EpochFinished,
        events.CheckpointSaved, events.CheckpointDamaged, events.SessionFailed, events.TrainerLost, events.TrainerRecovered,
        events_tree.BranchStarted, events_tree.BranchRenamed, events_tree.Reverted, events_tree.ForksPlanned,
        events_tree.PlanDropped, events_tree.EpochPinned, events_tree.EpochUnpinned, events_tree.CheckpointsThinned,
        events_tree.ProofRequested, events_tree.EpochProved, events_tree.ProofFailed,
        events_seen.LayersMeasured, events_seen.HistogramsMeasured, events_seen.BatchShown,
        events_draft.DraftEdited, events_draft.BlueprintSaved, events_draft.BlueprintDropped,
        events_inside.EvaluationRequested, events_inside.EvaluationProgress, events_inside.Evaluated,
        events_inside.EvaluationFailed, events_inside.DrawingKept, events_inside.DrawingDropped, events_inside.ExampleMarked,
        events_inside.ExampleShown, events_files.ImagesKept, events_files.ImagesDropped)
}

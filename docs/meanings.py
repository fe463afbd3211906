"""What each field of a message means, and each part of the Snapshot; `docs/generate.py` puts it on the page."""

from __future__ import annotations

from docs.meanings_inside import INSIDE, INSIDE_SNAPSHOT
from ml_utils.core.patches_draft import MOST_STEPS
from ml_utils.core.patches_seen import TREND_LIMIT
from ml_utils.core.series import SERIES_LIMIT

# By message and field, or by field alone where it means the same everywhere.
MEANINGS = {
    **INSIDE,
    "before": "Changes at the fork from this `seq` on do not come along (undo); null: all that were made before it began.",
    "Envelope.id": "Made by the sender, unique; a repeat of the same Command gets the first answer again.",
    "Envelope.name": "Which Command.", "Envelope.args": "Its args, see below.",
    "Join.room": "Code of the room.", "Join.name": "Display name.",
    "Join.since": "`seq` of the last Event seen; null: none.",
    "Event.name": "Which Event.", "Event.data": "Its data, see below.", "seq": "Number in the room, without gaps.",
    "Event.position": "Where it took effect; null before the first Run.", "at": "When, in Unix seconds.",
    "by": "Who asked; null: the lab itself.",
    "Person.id": "Public id.", "Person.name": "The name the person gave.",
    "reason": "Why, in the words of the person who asked; null: nothing was said.",

    # what is trained
    "blueprint": "What fixes the Run.", "layers": "The network, from input to output.",
    "task": "Kind of thing that is learned.", "dataset": "Which dataset.",
    "images": "What is known of own images; left out where the dataset is one of the lab's.",
    "validation": "Share of the training examples that is held back to validate; left out where it is 0.",
    "Images.title": "Name that people gave.", "Images.shape": "Channels, height and width in pixels.",
    "Images.classes": "Names of the classes, in the order of their numbers.",
    "Images.train": "Training examples.", "Images.test": "Test examples.",
    "seed": "Where all random numbers of the Run come from.",
    "new_run.settings": "Settings of the new Run where they differ from the room's present ones.",
    "settings": "All Settings, from here on.", "changes": "`{from, to}` of each setting that differs, by its name.",
    "layer": "Name of a layer such as `conv1`, or a group: `conv*`, `linear*`, or `*` for all that learn.",

    # where
    "run": "Id of the Run.", "branch": "Id of the Branch.", "epoch": "Finished epochs.",
    "batch": "Finished batches of the next epoch.",
    "batches": "Batches in an epoch.", "x": "The same in epochs, as a fraction.",
    "parent": "Id of the Branch that it leaves.",

    # training
    "threads": "Threads of its trainer; they stay, as results depend on them.",
    "warm": "The trained weights it begins with, of a Checkpoint (with `branch`) or of a file (with `file`); null: fresh ones.",
    "new_run.weights": "Begin with [weights that were brought in](export.md#weights-brought-in): their digest, as checked.",
    "new_run.warm": "Take over the present weights where a layer has the same name and the same shapes.",
    "Brought.file": "SHA-256 of the file, which lies in `weights/` of the instance.",
    "Brought.layers": "The layers that have their weights from there; the others are fresh.",
    "Warm.layers": "The layers that have their weights from there; the others are fresh.",
    "until": "The epoch at whose end training stops.", "settings_changed.until": "New end, where `epochs` was changed.",
    "step.batches": "How many batches to train.",
    "steps": "How many batches to train; null: up to `until`.",
    "stop": "Batch of the Run at whose end training stops, where it was asked for by the batch; else null.",
    "place": "Place in the queue; 1 is next.", "attempt": "Number of the trainer process of this room.",
    "what": "What is fetched.", "done": "Bytes so far.", "total": "Bytes in all; 0: not known.",
    "training_paused.reason": "Why.", "trainer_lost.reason": "How it was noticed.",
    "settings_changed.replays": "`seq` of the Event that made this change first, where a Branch makes it again; else null.",

    # measurements
    "metrics.x": "Position after each batch, in epochs.",
    "train_loss": "Loss of each batch, before its step.",
    "train_accuracy": "Share of each batch that was right, before its step.",
    "rate": "Images per second.", "train": "Mean over the epoch's training batches.", "test": "On the test split.",
    "epoch_finished.validation": "On the examples that are held back to validate; null: there are none.",
    "metrics.step": "Batches trained since the Run began, at the last row.",
    "metrics.took": "Seconds of training since the report before.",
    "learning_rate": "Learning rate of the last batch, as the schedule has it.",
    "seconds": "How long it took.",
    "message": "What happened, in words for students.", "hint": "What would work.", "code": "The same for programs.",
    "loss": "Mean loss; null where it is not a finite number.", "accuracy": "Share that was right, 0 to 1.",
    "examples": "How many examples it was measured on.",

    # Checkpoints
    "bytes": "Size of the file.", "digest": "SHA-256 of the content.",
    "checkpoint_saved.kind": "Why it was written; those in between (`interval`) are kept only for recovery.",
    "checkpoint_saved.finite": "Whether every weight in it is a finite number.",
    "checkpoint_saved.build": "What it was computed with; another build may round in another way.",
    "dropped": "Those that are no longer kept.",
    "quota": "What the Checkpoints of a room may take, in bytes.",

    # the tree
    "revert.epoch": "Go to the end of this epoch; 0: the start, null: the tip of the Branch.",
    "revert.keep_settings": "Whether the present Settings stay; else those that held there come back.",
    "fork.branch": "Id of the Branch to leave.", "twin.branch": "Id of the Branch to leave.",
    "fork.epoch": "Leave it at the end of this epoch; 0: the start.",
    "twin.epoch": "Leave it at the end of this epoch; 0: the start.",
    "fork.settings": "Settings of the new Branch where they differ from those that held there.",
    "fork.epochs": "Epochs to go; null: the setting `epochs`.",
    "twin.epochs": "Epochs to go, the same for both.",
    "twin.setting": "Name of the setting in which the two differ.", "values": "Its value in the first and in the second.",
    "undo.seq": "Number of the `settings_changed` Event.",
    "undo.epochs": "Epochs to go; null: as far as the Branch was trained.",
    "title": "The name; empty: none of its own.",
    "pin.epoch": "At the end of this epoch.", "unpin.epoch": "At the end of this epoch.",
    "prove.epoch": "The epoch that ends here, 1 or more.",
    "forks": "What is to be trained, in this order; the first one begins now.",
    "Fork.epoch": "Where it leaves its parent: the end of this epoch.",
    "Fork.epochs": "How many epochs to train.", "Fork.settings": "All Settings it begins with.",
    "Fork.kind": "How it came about.", "branch_started.kind": "How it came about.",
    "branch_started.epoch": "Where it leaves its parent: the end of this epoch.",
    "replay": "Changes to be made again on the way.",
    "of": "`seq` of the Event that is undone; null where none is.",
    "group": "The same text for Branches that were asked for together, as twins are; else null.",
    "planned": "Whether it was the first of the plan, and leaves it now.",
    "Replayed.seq": "Number of the Event that made it first.",
    "Replayed.x": "Where it is made again, in epochs, as a fraction.",

    # proofs
    "start": "Where the Checkpoint stands from which it was trained again (x).",
    "same": "Whether both digests are the same.", "because": "What may have made them differ; null where they do not.",
    "epoch_proved.digest": "What the second training gave.", "expected": "What is in the log.",

    # the draft and the libraries
    "edits": "What is done to the draft, one after the other.",
    "edit_draft.seq": "The draft's `seq` that the edits are based on; 0: there is none yet. Another one is refused as `stale`.",
    "continues": "Goes on with the change before, as when a number is typed: no step of its own to take back. Only where that "
                 "was one change of the same fields of the same layer by the same person.",
    "save_blueprint.title": "The name, another one than those in the library.",
    "blueprint_saved.title": "The name.", "blueprint_saved.id": "Under which it stands in the library.",
    "blueprint_dropped.id": "Under which it stood in the library.",
    "drop_blueprint.blueprint": "Its id in the library.",
    "new_run.blueprint": "What fixes the Run.", "draft_edited.blueprint": "The whole draft.",
    "blueprint_saved.blueprint": "The network that is kept.",
    "draft_edited.edits": "What was asked; empty where a step was taken back or made again.",
    "step": "How it came about: begin (the present Run's Blueprint, before the first edit), edit, continue (typing on), undo "
            "or redo.",
    "op": "Which edit.",
    **dict.fromkeys(("Add.at", "Remove.at", "Duplicate.at", "Move.at", "ChangeLayer.at"), "Index path: `[3]` is the fourth "
                    "layer, `[3, 0]` the first one inside of it, where it is a block."),
    "Move.to": "Index path in the list without the layer.",
    "Add.layer": "The new layer.", "ChangeLayer.fields": "New values by the name of the field.",
    "Load.blueprint": "The other Blueprint.", "FromTemplate.name": "Name of the ready network.",
    "options": "What can be chosen of it, by name; left out: the usual.",

    # seen inside the network
    "layers_measured.layers": "By the name of the layer.", "histograms_measured.layers": "By the name of the layer.",
    "batch_shown.layers": "What the step did, by the name of the layer.",
    "LayerLook.kind": "Which kind of layer, such as `conv`.",
    "gradient_norm": "Norm of the gradient, as the optimizer got it; null without weights and where frozen.",
    "weight_norm": "Norm of weights and biases after the step; null without weights.",
    "update_ratio": "Norm of the step by that of the weights before it; 0 where frozen, null without weights.",
    "dead": "ReLU: share of units that are zero for every example of the batch; else null.",
    "saturated": "Tanh and sigmoid: share of outputs within 3 % of their range from one of its ends; else null.",
    "mean": "Mean of all outputs over the batch.", "spread": "Standard deviation of the same.",
    "units": "Mean output of each of the first 16 units: channels of images, else features; none for words, and in old logs; "
             "null where one is not finite.",
    "sample": "How the first inputs of the layer act on its first outputs; null where no single number stands for a pair, as "
              "in an LSTM or a block, where one is not finite, and in old logs.",
    "kernels": "Of the first convolution, with a kernel of at most 7×7: the weights of its first 16 outputs for the first "
               "input channel, rows from the top; null elsewhere, and in old logs.",
    "WeightSample.of": "How many outputs and inputs the layer has: at most 12 of each are sent.",
    "WeightSample.values": "A row for each output, a number for each input: of a linear layer the weight; of a convolution the "
                           "norm of the kernel between the two, with the sign of its sum.",
    "low": "Where the first bin begins: the smallest value.", "high": "Where the last bin ends: the largest value.",
    "counts": "How many values fall into each bin.",
    "weights": "Of all weights and biases; null where one is not finite.",
    "gradients": "Of their gradients in the last batch; null where frozen, or where one is not finite.",
    "width": "Of an image, in pixels.", "height": "Of an image, in pixels.",
    "batch_shown.channels": "1: grey, 3: red, green and blue.",
    "shown": "How many images are sent: the first ones of the batch.", "batch_shown.size": "Images in the batch.",
    "pixels": "Bytes in base64: one image after the other, rows from the top, the channels of a pixel together.",
    "labels": "Class of each shown image.", "predictions": "Class that the network gave it, before the step.",
    "confidences": "Softmax share of that class; null where it is not finite.",
    "losses": "Loss of each shown image; null where it is not finite.",
    "batch_shown.loss": "Mean over the whole batch; null where it is not finite.",
    "batch_shown.accuracy": "Share of the whole batch that was right, 0 to 1.",
    "batch_shown.gradient_norm": "Norm of the gradient over all layers that learn; null where it is not finite.",
    "step_norm": "Norm of weights after the step minus weights before it.",
}

SNAPSHOT = {
    "seq": "Number of the last Event in it.",
    "room": "`code`, and `mode`: who may steer.",
    "session": "`status` idle, training, paused or failed; `reason` of a pause (interrupted, finished, stopped_early, "
               "loss_not_finite, stepped, or reverted: somebody went back); what it is `waiting` for (`{reason}`: "
               "starting, queued with `place`, preparing with `dataset`, `done`, `total`, or recovering), else null; "
               "`position`; "
               "`begun` (x) and `until` (epoch) of this stretch of training; `steps`, the number of batches that were asked "
               "for, and `stop`, the batch of the Run after which it pauses for that, else null; `rate` in images per second; "
               "`error` `{code, message, hint}` where it failed; "
               "`moved`, the `seq` of the Event by which the Session came to this Branch or place: what a trainer tells of an "
               "earlier stand is out of date; "
               "`held`, a list of markers while the Position is not the tip of its Branch: changes made there belong to the "
               "Branch that starts when training goes on (at a tip: null); "
               "`shown`, the data of the last `batch_shown` with its `position`, null where there is none.",
    "blueprint": "Of the present Run; before the first, the default one.",
    "settings": "In force now.",
    "runs": "`{id: {blueprint, settings, threads, warm, at, by}}`, the settings it began with.",
    "branches": "`{id: {run, parent, epoch, name, changes, kind, of, group, before, seq, by, at, tip, last, replay}}`: "
                "its `parent` (the first of a Run: null) and the `epoch` at whose end it left it; the `name` somebody gave it; "
                "`changes`, what is other than in the parent `{setting: {from, to}}`; `kind` first, fork, twin or undo; `of` "
                "the `seq` of the Event undone; `group`, which twins share; `seq`, `by`, `at` of the Event that began it; "
                "`tip`, how far it was trained `{epoch, batch, x}`; `last`, the newest finished epoch `{epoch, train, test, "
                "validation, seconds}`; `replay`, the changes to be made again on it `[{seq, x, changes}]`; and, where a "
                "training stopped early on it, `stops` `[{epoch, seq}]`: from there the patience is counted anew.",
    "checkpoints": "Those that are kept: `[{seq, branch, epoch, batch, x, digest, kind, bytes, finite}]`, in the order of the "
                   "log; at the end of an epoch `batch` is 0. What they take is the sum of `bytes`.",
    "passing": "The newest two of those in between, for recovery only.",
    "pinned": "`[{branch, epoch}]`: Checkpoints that stay, whatever the room's quota.",
    "proofs": "`[{branch, epoch, state, because, seconds, at, by}]`, the newest for each epoch; `state` running, same, differs "
              "or failed; `because`, what may have made it differ or fail, else null.",
    "plan": "Forks still to be trained, one after another: `[{parent, epoch, epochs, settings, kind, replay, of, group, "
            "reason, by}]`.",
    "markers": "`[{seq, branch, epoch, batch, x, changes, by, at, reason}]`, one for each change of Settings on a Branch, with "
               "`replays` where it is an earlier one made again: the `seq` of that. All are kept.",
    "series": f"`{{branch: {{name: [[x, y], …]}}}}`, x in epochs and rising, at most {SERIES_LIMIT:,} points each. "
              "`train_loss` and `train_accuracy` are single batches; `epoch_…` is the mean over an epoch's training, "
              "`test_…` the test split, `validation_…` what is held back, `drawings_…` the room's drawings. One point a "
              "report: `learning_rate` as the schedule has it; `step` and `seconds`, the "
              "batches and the seconds of training from the start of the Run to x. A Branch has its own points only; those "
              "before its `epoch` are its parent's.",
    "layers": "The present network as last seen: `{name: {kind, gradient_norm, weight_norm, update_ratio, dead, saturated, "
              "mean, spread, units, weights, gradients, sample, kernels}}`, null where a number does not apply; the last four "
              "are there once they were measured; `weights` and `gradients` are histograms `{low, high, counts}`.",
    "trends": "`{layer: {name: [[x, y], …]}}` for `gradient_norm`, `weight_norm`, `update_ratio`, `dead`, `saturated`, `mean` "
              "and `spread` "
              f"on the line that is trained now, at most {TREND_LIMIT} points each.",
    "draft": "The network that the room is making; null: nobody has changed anything yet, and the present `blueprint` is "
             "shown. `{blueprint, report, seq, by, at, edits, step, undo, redo}`: `report`, what the rules say of it; `seq`, "
             "`by`, `at` and `step` of the Event that made it, and the `edits` that were asked; `undo` and `redo`, the `seq` "
             f"of the Events to whose Blueprints one can go back, at most {MOST_STEPS}, or forth, the next one last.",
    "library": "Networks that are kept in the room: `{id: {title, blueprint, by, at}}`.",
    **INSIDE_SNAPSHOT,
}

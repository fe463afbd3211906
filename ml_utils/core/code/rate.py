"""The learning rate as Python: torch's scheduler where it has the same thing, else a function of the epochs done."""

from __future__ import annotations

from dataclasses import dataclass

from ..kinds.base import call
from ..schedule import BETTER, COLD, COSINE_END, CYCLE_BEGIN, CYCLE_END, CYCLE_TOP, LEAST
from ..settings import Settings
from .lines import Word, lines_of

Lines = tuple[str, ...]

GLIDE = '''def glide(first: float, last: float, part: float) -> float:
    """Return a value on half a cosine wave between two; `part` 1 and beyond is the last."""
    return last + (first - last) * (1 + math.cos(math.pi * part)) / 2 if part < 1 else last'''
OPTIMIZER, TORCH = Word("optimizer"), "torch.optim.lr_scheduler"
COUNTED = "    # This counts batches, the lab counts images: the last batch of an epoch has another size."
RATE = '''def rate(epochs: float) -> float:
    """Return the learning rate after so many epochs; torch has no scheduler of just this shape."""
{lines}'''
NOW = ('optimizer.param_groups[0]["lr"] = rate(epoch + number * BATCH_SIZE / len(order))',)


@dataclass(frozen=True)
class Rate:
    """Functions; lines for when the optimizer is made (indented), before and after each step, after each epoch."""

    functions: Lines = ()
    made: Lines = ()
    before: Lines = ()
    after: Lines = ()
    epoch: Lines = ()


def rate_of(settings: Settings, batches: int) -> Rate:
    """Return how the rate goes on where an epoch has so many batches."""
    if settings.scheduler == "plateau":
        return _plateau(settings, batches)
    if settings.warmup:
        return _by_function(settings)
    if settings.scheduler == "constant":
        return Rate()
    if settings.scheduler == "step":
        steps = call(f"{TORCH}.StepLR", OPTIMIZER, settings.schedule_epochs, gamma=settings.schedule_factor)
        return Rate(made=(*lines_of(steps, 4, "scheduler = "),), epoch=("scheduler.step()",))
    return _by_function(settings)


def _plateau(settings: Settings, batches: int) -> Rate:
    plateau = call(f"{TORCH}.ReduceLROnPlateau", OPTIMIZER, factor=settings.schedule_factor,
                   patience=settings.schedule_epochs - 1, threshold=BETTER, min_lr=LEAST * settings.learning_rate, eps=0.0)
    made, epoch = lines_of(plateau, 4, "plateau = "), ("plateau.step(total / len(order))",)
    if settings.warmup == 0:
        return Rate(made=(*made,), epoch=epoch)
    warming = call(f"{TORCH}.LinearLR", OPTIMIZER, COLD, total_iters=max(1, round(settings.warmup * batches)))
    return Rate(made=(*made, COUNTED, *lines_of(warming, 4, "warming = ")), after=("warming.step()",), epoch=epoch)


def _by_function(settings: Settings) -> Rate:
    lines, factors = [], [repr(settings.learning_rate)]
    if settings.warmup:
        lines.append(f"warmth = min(1.0, {COLD} + {1 - COLD} * epochs / {settings.warmup})")
        factors.append("warmth")
    if settings.scheduler != "constant":
        lines += _shape(settings)
        factors.append("shape")
    text = RATE.format(lines="\n".join(f"    {line}" for line in [*lines, f"return {' * '.join(factors)}"]))
    return Rate(functions=(GLIDE, text) if "glide(" in text else (text,), before=NOW)


def _shape(settings: Settings) -> list[str]:
    length = settings.schedule_epochs
    if settings.scheduler == "step":
        return [f"shape = max({LEAST}, {settings.schedule_factor} ** (epochs // {length}))"]
    if settings.scheduler == "cosine":
        return [f"shape = glide(1.0, {COSINE_END}, epochs / {length})"]
    return [f"done = epochs / {length}", f"if done < {CYCLE_TOP}:",
            f"    shape = glide({CYCLE_BEGIN}, 1.0, done / {CYCLE_TOP})",
            "else:", f"    shape = glide(1.0, {CYCLE_END}, (done - {CYCLE_TOP}) / {1 - CYCLE_TOP})"]

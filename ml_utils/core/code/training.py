"""Settings as Python: the loss, the optimizer, and what happens in an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..batches import count
from ..blueprint import Blueprint
from ..kinds.base import Call, call
from ..settings import Settings
from .lines import lines_of
from .rate import Rate, rate_of
from .steps import colour_lines, forward, loss_lines, unseen_lines, validates

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}

FREEZE = '''def freeze(model: nn.Sequential) -> None:
    """Let layers rest: their weights, and the statistics of their batch norms."""
    for name in FROZEN:
        for part in model.get_submodule(name).modules():
            part.requires_grad_(False)
            if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
                part.eval()'''
MAIN = '''def main() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    {train}, test_images, test_labels = (part.to(device) for part in load())
    model = build(){published}.to(device)
'''
PUBLISHED = '''
    published = get_model_weights("{model}")["DEFAULT"].get_state_dict(progress=True)
    model.get_submodule("{name}").take(published)
    model = model'''
NOTHING = '''    # There is nothing to learn: every layer rests, or has no weights.
    print(f"test accuracy {accuracy(model, test_images, test_labels):.1%}")'''
ORDER = "order = np.random.default_rng([SEED, epoch, 1]).permutation(len(train_labels))"
FEWER = "order = order[~np.isin(order, unseen)]"
BATCHES = "batches = list(torch.from_numpy(order).to(device).split(BATCH_SIZE))"
JOIN = "batches[-2:] = [torch.cat(batches[-2:])]  # else the last would be a single image"
TOLD = ("right = accuracy(model, test_images, test_labels)",
        'print(f"epoch {epoch + 1}: loss {total / len(order):.4f}, test accuracy {right:.1%}")')
VALIDATED = ("valid = accuracy(model, train_images[held], train_labels[held])", TOLD[0],
             'print(f"epoch {epoch + 1}: loss {total / len(order):.4f}, validation accuracy {valid:.1%}, "',
             '      f"test accuracy {right:.1%}")')


def training_text(settings: Settings, blueprint: Blueprint, learning: list[str], pretrained: dict[str, str]) -> list[str]:
    """Return what trains, `main` last; `learning` are the layers with weights, `pretrained` the models of some by name."""
    examples = blueprint.examples
    frozen = frozen_of(settings, learning)
    published = "".join(PUBLISHED.format(name=name, model=model) for name, model in pretrained.items())
    if len(frozen) == len(learning):
        return [MAIN.format(train="_, _", published=published) + NOTHING]
    main = MAIN.format(train="train_images, train_labels", published=published)
    rate = rate_of(settings, count(examples, settings.batch_size))
    unseen, told = unseen_lines(blueprint), VALIDATED if validates(blueprint) else TOLD
    made = [*_indented(4, [*unseen, *colour_lines(settings), *loss_lines(settings, len(blueprint.row.classes), bool(unseen))]),
            *lines_of(_optimizer(settings), 4, "optimizer = "), *rate.made, "    for epoch in range(EPOCHS):"]
    begin = ["model.train()", *(["freeze(model)"] if frozen else []), ORDER, *([FEWER] if unseen else []), BATCHES,
             *([JOIN] if examples % settings.batch_size == 1 else []), "total = 0.0",
             "for number, batch in enumerate(batches):" if rate.before or settings.augments else "for batch in batches:"]
    loop = [*made, *_indented(8, begin), *_indented(12, _step(settings, rate)), *_indented(8, [*rate.epoch, *told])]
    return [*([FREEZE] if frozen else []), *rate.functions, main + "\n".join(loop)]


def frozen_of(settings: Settings, learning: Iterable[str]) -> tuple[str, ...]:
    """Return which of the layers with weights rest."""
    return tuple(name for name in learning if name in settings.frozen)


def _step(settings: Settings, rate: Rate) -> list[str]:
    clip = [f"nn.utils.clip_grad_norm_(model.parameters(), {settings.clipping})"] if settings.clipping else []
    return [*rate.before, *forward(settings), "optimizer.zero_grad()", "loss.backward()", *clip,
            "optimizer.step()", *rate.after, "total += loss.item() * len(batch)"]


def _optimizer(settings: Settings) -> Call:
    """Return it with the numbers that the trainer gives it; the weight decay is always said, for torch's is not always zero."""
    numbers: dict[str, Any] = {"momentum": settings.momentum}
    if settings.optimizer == "sgd" and settings.nesterov and settings.momentum:  # without momentum torch refuses it
        numbers["nesterov"] = True
    if settings.optimizer == "rmsprop":
        numbers |= {"alpha": settings.alpha, "eps": settings.epsilon}
    if settings.optimizer in ("adam", "adamw"):
        numbers = {"betas": (settings.momentum, settings.beta2), "eps": settings.epsilon}
    return call(f"torch.optim.{OPTIMIZERS[settings.optimizer]}", call("model.parameters"), lr=settings.learning_rate, **numbers,
                weight_decay=settings.weight_decay)


def _indented(indent: int, lines: Iterable[str]) -> list[str]:
    return [" " * indent + line for line in lines]

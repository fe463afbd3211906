"""A dataset as Python: how a script without the lab loads it, split and normalised as the lab does."""

from __future__ import annotations

from ..datasets import Dataset

TORCHVISION = {
    "mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST", "cifar10": "CIFAR10"}

LOAD = '''def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return images and labels to learn from, and those of the test.

    Images: float (examples, channels, height, width); each channel has mean 0 and spread 1.
    """
{read}
    deviation, mean = torch.std_mean(train, (0, 2, 3), keepdim=True, correction=0)
    train.sub_(mean).div_(deviation)
    test.sub_(mean).div_(deviation)
    return train, train_labels, test, test_labels'''

DIGITS = '''    pixels, classes = load_digits(return_X_y=True)
    order = np.random.default_rng([SEED, 0, 2]).permutation(len(classes))
    images = torch.from_numpy(pixels[order]).float().view(-1, {shape})
    labels = torch.from_numpy(classes[order])
    train, test = images[:{train}], images[{train}:]
    train_labels, test_labels = labels[:{train}], labels[{train}:]'''

FETCHED = '''    splits = [datasets.{name}("data", train=part, download=True) for part in (True, False)]
    train, test = ({images} for split in splits)
    train_labels, test_labels = (torch.as_tensor(split.targets) for split in splits)'''
GREY = "split.data.unsqueeze(1).float()"
COLOUR = "torch.from_numpy(split.data).permute(0, 3, 1, 2).float()"


def load_text(row: Dataset) -> str:
    """Return the function that loads it."""
    return LOAD.format(read=_digits(row) if row.name == "digits" else _fetched(row))


def load_import(row: Dataset) -> str:
    """Return the import that loading needs."""
    return "from sklearn.datasets import load_digits" if row.name == "digits" else "from torchvision import datasets"


def _digits(row: Dataset) -> str:
    return DIGITS.format(shape=", ".join(map(str, row.shape)), train=row.train)


def _fetched(row: Dataset) -> str:
    return FETCHED.format(name=TORCHVISION[row.name], images=COLOUR if row.shape[0] == 3 else GREY)

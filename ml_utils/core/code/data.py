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
OWN = '''    # The folder datasets/{name} of the lab's instance folder, put below data/ here.
    train, train_labels, test, test_labels = (
        torch.from_numpy(np.load(f"data/{name}/{{part}}.npy"))
        for part in ("train_images", "train_labels", "test_images", "test_labels"))
    train, test = (images.permute(0, 3, 1, 2).float() for images in (train, test))'''
GREY = "split.data.unsqueeze(1).float()"
COLOUR = "torch.from_numpy(split.data).permute(0, 3, 1, 2).float()"


def load_text(row: Dataset) -> str:
    """Return the function that loads it."""
    if row.name == "digits":
        return LOAD.format(read=_digits(row))
    return LOAD.format(read=_fetched(row) if row.name in TORCHVISION else OWN.format(name=row.name))


def load_imports(row: Dataset) -> list[str]:
    """Return the imports that loading needs, beside torch and NumPy."""
    if row.name == "digits":
        return ["from sklearn.datasets import load_digits"]
    return ["from torchvision import datasets"] if row.name in TORCHVISION else []


def _digits(row: Dataset) -> str:
    return DIGITS.format(shape=", ".join(map(str, row.shape)), train=row.train)


def _fetched(row: Dataset) -> str:
    return FETCHED.format(name=TORCHVISION[row.name], images=COLOUR if row.shape[0] == 3 else GREY)

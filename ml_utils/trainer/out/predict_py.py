"""predict.py: one Python file that builds the network, loads the weights beside it and classifies pictures, without the lab."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from ...core.code import ORDERED, PACKAGES, SOURCES
from ...core.code.lines import network_lines
from ...core.code.network import called, network
from ...core.code.parts import definitions, import_lines
from ..data import Data
from . import safe
from .files import replaced
from .model_pt import facts
from .stored import Stored

WEIGHTS = "model.safetensors"
TRAINER = Path(__file__).parents[1]  # read as text: what the file uses of it
STANDARD = ("import json", "import sys", ORDERED, "from pathlib import Path")
OTHERS = ("import torch", "from PIL import Image, ImageOps", "from torch import Tensor, nn")
HEAD = '''"""Says what pictures show: python predict.py [--invert] PICTURE...

Needs {packages}. The weights lie beside this file, in {weights} or model.pt. A picture is cut
to its middle square and scaled; --invert swaps bright and dark.
"""'''
TAIL = '''def read(file: Path) -> dict[str, Tensor]:
    """Return the weights by name, of a safetensors file or of a model.pt; nothing in either is executed."""
    if file.suffix == ".pt":
        return torch.load(file, map_location="cpu", weights_only=True)["model_state_dict"]
    data = file.read_bytes()
    first = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, row in json.loads(data[8:first]).items():
        if name != "__metadata__":
            begin, end = row["data_offsets"]
            part = bytearray(data[first + begin:first + end])
            found[name] = torch.frombuffer(part, dtype=KINDS[row["dtype"]]).reshape(row["shape"])
    return found


def load() -> nn.Sequential:
    """Return the network with its weights, in eval mode."""
    files = [Path(__file__).with_name(name) for name in ("model.safetensors", "model.pt")]
    file = next((one for one in files if one.is_file()), None)
    if file is None:
        sys.exit("Put model.safetensors or model.pt beside this file.")
    model = build()
    model.load_state_dict(read(file))
    return model.eval()


def opaque(image: Image.Image) -> Image.Image:
    """Return any kind of picture as RGB, on white where it is transparent."""
    if image.mode.startswith(("I", "F")):  # 16 bits a pixel
        image = image.convert("F")
        values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.float32).double()
        grey = (values / 257).round().clamp(0, 255).to(torch.uint8)
        return Image.frombytes("L", image.size, bytes(grey.tolist())).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")


def pixels(file: str, invert: bool) -> Tensor:
    """Return a picture as the network takes it: float (1, channels, height, width), normalised."""
    channels, height, width = SHAPE
    image = opaque(ImageOps.exif_transpose(Image.open(file)))
    side = min(image.size)
    left, top = ((size - side) / 2 for size in image.size)
    image = image.resize((width, height), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    image = image.convert("L" if channels == 1 else "RGB")
    values = torch.frombuffer(bytearray((ImageOps.invert(image) if invert else image).tobytes()), dtype=torch.uint8)
    values = (values.reshape(1, height, width, channels).permute(0, 3, 1, 2).float() * (WHITE / 255)).round()
    mean, std = (torch.tensor(one).reshape(1, -1, 1, 1) for one in (MEAN, STD))
    return (values - mean) / std


@torch.inference_mode()
def main() -> None:
    files = [one for one in sys.argv[1:] if one != "--invert"]
    if not files:
        sys.exit(__doc__)
    model = load()
    for file in files:
        shares = model(pixels(file, "--invert" in sys.argv)).softmax(1)[0]
        best = shares.topk(min(3, len(CLASSES)))
        told = ", ".join(f"{CLASSES[at]} {share:.4f}" for share, at in zip(*map(Tensor.tolist, best)))
        print(f"{file}: {told}")


if __name__ == "__main__":
    main()
'''
BUILD = '''def build() -> nn.Sequential:
    """Return the network with fresh weights; behind a layer: what comes out."""
'''
TYPES = 'KINDS = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}'


def text(found: Stored, data: Data) -> str:
    """Return the file."""
    layers = network(found.blueprint, found.settings)
    source = "\n".join((TRAINER / name).read_text(encoding="utf-8") for name in SOURCES)
    imports, own = definitions(source, {name for name in called(one.call for one in layers) if not name.startswith("nn.")})
    outside = [line for line in imports if line.split()[1].partition(".")[0] in PACKAGES]
    standard = [line for line in imports if line not in outside]
    packages = ", ".join(["torch", *(["torchvision"] if outside else []), "Pillow"])
    top = "\n\n".join([HEAD.format(packages=packages, weights=WEIGHTS), "\n".join(import_lines([*STANDARD, *standard])),
                       "\n".join(import_lines([*OTHERS, *outside])), "\n".join(_constants(found, data))])
    return "\n\n\n".join([top, *own, BUILD + "\n".join(network_lines(layers, 4, "return ")), TAIL])


def _constants(found: Stored, data: Data) -> list[str]:
    """Return them as Python; `repr` makes of every class name a text that is only one."""
    known = facts(found, data)
    classes = ["CLASSES = [", *(f"    {name!r}," for name in known["class_names"]), "]"]
    return [*classes, f"SHAPE = {tuple(known['input_shape'])}  # channels, height, width",
            f"WHITE = {known['brightest']}  # in the dataset's own values; the next two are of these",
            f"MEAN = {known['mean']}", f"STD = {known['std']}", TYPES]


def write(file: Path, found: Stored, data: Data) -> None:
    """Write a ZIP with predict.py and the weights, whole or not at all."""
    weights = file.with_name(f".{file.stem}.safetensors")
    try:
        safe.write(weights, found, data)
        with replaced(file) as temp, ZipFile(temp, "w", ZIP_STORED) as archive:
            archive.writestr("predict.py", text(found, data))
            archive.write(weights, WEIGHTS)
    finally:
        weights.unlink(missing_ok=True)

"""The ways to explain what a network said: what each does, how to read it, and what it costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .kinds.base import Words


@dataclass(frozen=True)
class Method:
    """One way to explain. `text`: what it does; `reading`: how to read the picture, two sentences each."""

    name: str
    label: Words
    text: Words
    reading: Words
    passes: Words  # through the network, for one image
    signed: bool = True  # has values below zero
    layer: bool = False  # looks at one convolution, which can be chosen
    black: bool = False  # compares with a black image


_ONE = ("one pass and one back", "ein Durchlauf und einer zurück")

METHODS: dict[str, Method] = {row.name: row for row in (
    Method("saliency", ("Saliency", "Saliency"), (
        "The gradient of the class's logit with respect to each pixel, as it is at this image. It says what a tiny change of "
        "the pixel would do, not what the pixel has done.",
        "Der Gradient des Logits der Klasse nach jedem Pixel, genau bei diesem Bild. Er sagt, was eine winzige Änderung des "
        "Pixels bewirken würde, nicht, was das Pixel bewirkt hat."), (
        "Blue: brighter here would raise the logit; orange: brighter here would lower it. Single pixels are noisy, look for "
        "regions.",
        "Blau: heller hier würde den Logit heben; orange: heller hier würde ihn senken. Einzelne Pixel rauschen, achte auf "
        "Gegenden."), _ONE),
    Method("input_x_gradient", ("Input × gradient", "Eingabe × Gradient"), (
        "The gradient of each pixel times the normalised value that the network got there. In a network without bends it is "
        "exactly what each pixel adds to the logit.",
        "Der Gradient jedes Pixels mal dem normalisierten Wert, den das Netz dort bekam. In einem Netz ohne Knicke ist das "
        "genau, was jedes Pixel zum Logit beiträgt."), (
        "Blue speaks for the class, orange against it. Zero is the mean brightness of the dataset, so dark pixels have a value "
        "too, and can speak.",
        "Blau spricht für die Klasse, orange dagegen. Null ist die mittlere Helligkeit des Datensatzes, also haben auch dunkle "
        "Pixel einen Wert und können mitreden."), _ONE),
    Method("integrated_gradients", ("Integrated gradients", "Integrierte Gradienten"), (
        "Adds up the gradients while the image fades in from black, and multiplies them by how far each pixel came. All values "
        "together are the difference between the logit of the image and that of the black image.",
        "Summiert die Gradienten, während das Bild aus Schwarz eingeblendet wird, mal dem Weg jedes Pixels. Alle Werte "
        "zusammen sind der Unterschied zwischen dem Logit des Bildes und dem des schwarzen Bildes."), (
        "Blue speaks for the class, orange against it; black pixels are always zero. The error says how far the sum of all "
        "values is from the difference it should be.",
        "Blau spricht für die Klasse, orange dagegen; schwarze Pixel sind immer null. Der Fehler sagt, wie weit die Summe "
        "aller Werte von dem Unterschied entfernt ist, der sie sein sollte."),
        ("50 passes and 50 back; fewer in very large networks", "50 Durchläufe und 50 zurück; weniger in sehr großen Netzen"),
        black=True),
    Method("deep_lift", ("DeepLIFT", "DeepLIFT"), (
        "Compares each layer with what it gives for a black image, and passes the difference back from layer to layer. Unlike "
        "a gradient it sees through layers that are saturated.",
        "Vergleicht jede Schicht mit dem, was sie bei einem schwarzen Bild gibt, und reicht den Unterschied von Schicht zu "
        "Schicht zurück. Anders als ein Gradient sieht es durch gesättigte Schichten hindurch."), (
        "Blue speaks for the class, orange against it; black pixels are always zero. All values together are the difference "
        "between the two logits, and the error says how nearly.",
        "Blau spricht für die Klasse, orange dagegen; schwarze Pixel sind immer null. Alle Werte zusammen sind der Unterschied "
        "der beiden Logits, und der Fehler sagt, wie genau."),
        ("one pass of two images and one back", "ein Durchlauf mit zwei Bildern und einer zurück"), black=True),
    Method("guided_backprop", ("Guided backprop", "Guided Backprop"), (
        "The gradient, but at each ReLU on the way back all that is negative is dropped. It draws sharp edges, and draws them "
        "almost alike for every class.",
        "Der Gradient, aber an jedem ReLU auf dem Rückweg fällt alles Negative weg. Es zeichnet scharfe Kanten, und zwar für "
        "jede Klasse fast dieselben."), (
        "Shows what the network sees at all rather than why it chose this class. Compare it with the untrained network: what "
        "looks the same there was not learned.",
        "Zeigt eher, was das Netz überhaupt sieht, als warum es diese Klasse wählte. Vergleiche mit dem untrainierten Netz: "
        "Was dort gleich aussieht, wurde nicht gelernt."), _ONE),
    Method("occlusion", ("Occlusion", "Verdeckung"), (
        "Covers the image with a small black square, one place after another, and notes how far the logit falls. It needs "
        "nothing but the answers of the network, so it works for every network.",
        "Verdeckt das Bild mit einem kleinen schwarzen Quadrat, eine Stelle nach der anderen, und notiert, wie weit der Logit "
        "fällt. Es braucht nur die Antworten des Netzes und geht darum bei jedem Netz."), (
        "Blue: the class loses when this is covered; orange: it wins. What is black anyway cannot be covered and stays near "
        "zero.",
        "Blau: Die Klasse verliert, wenn man das verdeckt; orange: Sie gewinnt. Was ohnehin schwarz ist, lässt sich nicht "
        "verdecken und bleibt nahe null."),
        ("one pass for each place, about 200; fewer in very large networks",
         "ein Durchlauf je Stelle, etwa 200; weniger in sehr großen Netzen"), black=True),
    Method("grad_cam", ("Grad-CAM", "Grad-CAM"), (
        "Adds up the feature maps of one convolution, each weighted by the mean gradient of the logit with respect to it. The "
        "result is as coarse as these maps, and is enlarged to the image.",
        "Summiert die Merkmalskarten einer Faltung, jede gewichtet mit dem mittleren Gradienten des Logits nach ihr. Das "
        "Ergebnis ist so grob wie diese Karten und wird auf das Bild vergrößert."), (
        "Blue regions speak for the class, orange ones against it. The last convolution says where the network looked, an "
        "early one rather at which edges.",
        "Blaue Gegenden sprechen für die Klasse, orange dagegen. Die letzte Faltung sagt, wohin das Netz sah, eine frühe eher, "
        "auf welche Kanten."), _ONE, layer=True),
)}


def methods_table() -> list[dict[str, Any]]:
    """Return the table as plain JSON: name, label, text, reading, passes, signed, layer, black."""
    return [{name: {"en": value[0], "de": value[1]} if isinstance(value, tuple) else value
             for name, value in asdict(row).items()} for row in METHODS.values()]

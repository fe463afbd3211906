"""Looking inside a trained network: explanations, the convolution step by step, the playground, the way, the neurons."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ml_utils.core.explanations import METHODS
from tests.browser.conftest import PHONE, People, room_of
from tests.browser.test_room import AXE, act, change
from tests.waiting import until

NEAR = 1e-4  # float32 numbers, added in another order
COLOURS = """canvas => {
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let at = 0; at < data.length; at += 4) {
    const pixel = data.slice(at, at + 3);
    coloured += Math.max(...pixel) - Math.min(...pixel) > 12;
  }
  return coloured;
}"""
NUMBERS = """stepped => {
  const cells = part => [...stepped.querySelectorAll(`[data-part=${part}] td`)].map(one => Number(one.dataset.value));
  const sums = [...stepped.querySelectorAll("[data-sum]")].map(one => [one.dataset.sum, Number(one.dataset.value)]);
  return { value: cells("value"), weight: cells("weight"), product: cells("product"), sums: Object.fromEntries(sums) };
}"""
MLP = [{"kind": "flatten"}, {"kind": "linear", "features": 24}, {"kind": "relu"}, {"kind": "linear", "features": 10}]
GROUPED = [{"kind": "conv", "channels": 4},
           {"kind": "conv", "channels": 6, "groups": 2, "stride": 2, "dilation": 2, "padding": 1}, {"kind": "flatten"},
           {"kind": "linear", "features": 10}]


def trained(people: People, layers: list[dict[str, Any]] | None = None, **options: Any) -> Page:
    """Return the page that looks inside a network after one epoch."""
    ada = people.person(**options)
    if layers:
        asked = """async layers => { const room = document.querySelector("lab-room");
            return room.send("new_run", { blueprint: { ...room.state.blueprint, layers } }); }"""
        assert ada.evaluate(asked, layers)["ok"]
    change(ada, "epochs", "1")
    act(ada, "Start")
    expect(ada.locator("lab-status .status")).to_have_attribute("data-kind", "finished")
    ada.goto(f"{people.server.url}/room/{room_of(ada)}/inside")
    ada.locator("lab-explain").scroll_into_view_if_needed()
    expect(heat(ada)).to_be_visible()
    return ada


def heat(page: Page, figure: str = "own") -> Locator:
    return page.locator(f"lab-explain [data-figure={figure}] canvas")


def chosen(page: Page, component: str, name: str) -> Locator:
    return page.locator(f"{component} select[name={name}]")


def number(place: Locator) -> float:
    return float(place.get_attribute("data-value") or "nan")


def stepper(page: Page) -> Locator:
    """The trained convolution's; the playground below has one of its own, which may be there before."""
    return page.locator("lab-convolution .convolving > lab-stepper")


def adds_up(stepped: Locator) -> float:
    """The products of the window, the other channels and the bias are the output pixel; and so are the products themselves."""
    expect(stepped.locator(".total.agrees")).to_be_visible()
    found = stepped.evaluate(NUMBERS)  # at one moment: another answer may be on its way
    for value, weight, product in zip(found["value"], found["weight"], found["product"], strict=True):
        assert value * weight == pytest.approx(product, abs=1e-12)
    output: float = found["sums"].pop("output")
    assert found["sums"]["window"] == pytest.approx(sum(found["product"]), abs=1e-9)
    assert sum(found["sums"].values()) == pytest.approx(output, abs=NEAR)
    return output


def test_every_method_explains_any_class_beside_the_untrained_network(people: People) -> None:
    ada = trained(people)
    explain = ada.locator("lab-explain")
    for method in METHODS:
        chosen(ada, "lab-explain", "method").select_option(method)
        for figure in ("own", "untrained"):
            expect(heat(ada, figure)).to_have_attribute("data-method", method)
        until(lambda: heat(ada).evaluate(COLOURS) > 3, 10, f"colours of {method}")
    expect(explain.locator(".sanity")).to_contain_text("untrained network has learned nothing")
    said = explain.locator(".softmax .said").get_attribute("data-class")
    other = explain.locator(f".softmax li:not(.said)[data-class='{(int(said or 0) + 1) % 10}'] button")
    other.click()
    expect(other).to_have_attribute("aria-pressed", "true")
    expect(explain.locator("[data-figure=own]")).to_contain_text(f"explained: {(int(said or 0) + 1) % 10}")
    chosen(ada, "lab-explain", "method").select_option("grad_cam")
    chosen(ada, "lab-explain", "layer").select_option("conv1")
    expect(explain).to_contain_text("seen at conv1")
    ada.locator("lab-convolution").scroll_into_view_if_needed()
    expect(chosen(ada, "lab-convolution", "layer")).to_have_value("conv1")


def test_a_pixel_is_read_by_keyboard_and_another_example_is_chosen(people: People) -> None:
    ada = trained(people)
    expect(ada.locator("lab-explain .thumb[aria-pressed=true]")).to_have_count(1)
    ada.locator("lab-explain [data-figure=own] .heat").focus()
    for key in ("Home", "ArrowDown", "ArrowRight", "ArrowRight"):
        ada.keyboard.press(key)
    read = ada.locator("lab-explain .read")
    expect(read).to_contain_text("Row 2, column 3")
    shown = ada.evaluate("""async () => (await document.querySelector("lab-room").ask("classify",
        { model: "now", image: { kind: "example", split: "test", number: 0 } })).image""")
    byte = int(read.locator("[data-read=byte]").inner_text())
    assert byte == ada.evaluate("text => atob(text).charCodeAt(10)", shown["pixels"])
    got = float(read.locator("[data-read=number]").inner_text())
    assert got == pytest.approx((byte - shown["mean"][0]) * shown["scale"][0], abs=0.006)
    before = heat(ada).get_attribute("data-most") or ""
    field = ada.locator("lab-explain .by-number input")
    field.fill("99999")
    field.press("Enter")
    expect(field).to_have_value("359")
    expect(heat(ada)).not_to_have_attribute("data-most", before)
    expect(ada.locator("lab-explain .thumb[aria-pressed=true]")).to_have_count(0)


def test_a_convolution_is_stepped_by_keyboard_and_adds_up(people: People) -> None:
    ada = trained(people)
    ada.locator("lab-convolution").scroll_into_view_if_needed()
    stepped = stepper(ada)
    expect(stepped.locator(".total")).to_be_visible()
    stepped.locator(".output .plane").focus()
    seen = {adds_up(stepped)}
    for step, key in enumerate(["ArrowRight", "ArrowDown", "ArrowDown", "End"]):
        ada.keyboard.press(key)
        expect(stepped.locator(".sums")).to_have_attribute("data-at", ["1,0", "1,1", "1,2", "7,7"][step])
        seen.add(adds_up(stepped))
    assert len(seen) == 5
    stepped.get_by_role("button", name="Next").press("Enter")
    expect(stepped.locator(".sums")).to_have_attribute("data-at", "0,0")
    chosen(ada, "lab-convolution", "layer").select_option("conv2")
    expect(stepped).to_contain_text("the other 15 input channels")
    before = adds_up(stepped)
    ada.locator("lab-convolution .maps .thumb").nth(5).click()
    until(lambda: number(stepped.locator("[data-sum=output]")) != before, 10, "the other channel")
    expect(chosen(ada, "lab-convolution", "output")).to_have_value("5")
    chosen(ada, "lab-convolution", "input").select_option("7")
    stepped.locator(".output .plane").hover(position={"x": 60, "y": 60})
    adds_up(stepped)


def test_groups_stride_and_dilation_are_stepped(people: People) -> None:
    ada = trained(people, GROUPED)
    ada.locator("lab-convolution").scroll_into_view_if_needed()
    chosen(ada, "lab-convolution", "layer").select_option("conv2")
    stepped = stepper(ada)
    expect(stepped).to_contain_text("the other input channel")
    expect(chosen(ada, "lab-convolution", "input").locator("option")).to_have_count(2)
    chosen(ada, "lab-convolution", "output").select_option("4")
    chosen(ada, "lab-convolution", "input").select_option("1")
    expect(stepped.locator(".output figcaption")).to_contain_text("3×3")
    for key in ("Home", "ArrowDown", "End"):
        stepped.locator(".output .plane").press(key)
        adds_up(stepped)


def test_the_playground_cannot_be_set_to_the_impossible(people: People) -> None:
    ada = trained(people)
    play = ada.locator("lab-playground")
    play.scroll_into_view_if_needed()
    stepped = play.locator("lab-stepper")
    chosen(ada, "lab-playground", "padding").select_option("0")
    chosen(ada, "lab-playground", "kernel").select_option("7")
    expect(stepped.locator(".output figcaption")).to_contain_text("2×2")
    off = chosen(ada, "lab-playground", "dilation").locator("option:disabled")
    expect(off).to_have_count(3)
    expect(play.locator("[data-knob=dilation]")).to_contain_text("At most 1")
    chosen(ada, "lab-playground", "kernel").select_option("3")
    chosen(ada, "lab-playground", "padding").select_option("1")
    chosen(ada, "lab-playground", "known").select_option("identity")
    stepped.locator(".output .plane").hover(position={"x": 90, "y": 90})
    expect(stepped.locator("[data-part=weight] td[data-value='1']")).to_have_count(1)
    middle = number(stepped.locator("[data-part=value] td").nth(4))
    assert adds_up(stepped) == pytest.approx(middle)
    weight = play.get_by_label("Weight, row 2, column 2")
    weight.fill("-2.5")
    weight.press("Enter")
    expect(chosen(ada, "lab-playground", "known")).to_have_value("own")
    assert adds_up(stepped) == pytest.approx(-2.5 * middle, abs=1e-5)


def test_the_way_to_the_softmax_and_the_neurons(people: People) -> None:
    ada = trained(people)
    way = ada.locator("lab-way")
    way.scroll_into_view_if_needed()
    expect(way.locator("[data-step]")).to_have_count(12)
    expect(way.locator("[data-step=conv1] canvas")).to_have_count(8)
    terms = [number(one) for one in way.locator("[data-term]:not([data-term=logit])").all()]
    assert len(terms) == 12
    logit = number(way.locator("[data-term=logit]"))
    assert sum(terms) == pytest.approx(logit, abs=NEAR)
    best = way.locator(".shares .best")
    assert number(best.locator("td").first) == pytest.approx(logit, abs=NEAR)
    assert sum(number(one) for one in way.locator(".shares .share").all()) == pytest.approx(1, abs=1e-3)
    table = ada.locator("lab-neurons .units")
    table.scroll_into_view_if_needed()
    expect(table.locator("tbody tr")).to_have_count(12)
    expect(table.locator("thead th")).to_have_count(12)
    ada.get_by_role("button", name="Show all 64").click()
    expect(table.locator("tbody tr")).to_have_count(64)
    chosen(ada, "lab-neurons", "layer").select_option("conv1")
    expect(table.locator("tbody tr")).to_have_count(16)


def test_of_an_mlp_the_first_weights_are_images(people: People) -> None:
    ada = trained(people, MLP)
    expect(chosen(ada, "lab-explain", "method").locator("option[value=grad_cam]")).to_be_disabled()
    ada.locator("lab-convolution").scroll_into_view_if_needed()
    expect(ada.locator("lab-convolution .filters canvas")).to_have_count(24)
    until(lambda: ada.locator("lab-convolution .filters canvas").first.evaluate(COLOURS) > 3, 10, "weights in colours")
    expect(ada.locator("lab-convolution")).to_contain_text("Each image is one neuron")
    expect(ada.locator("lab-playground lab-stepper .total")).to_be_visible()


def test_an_image_of_a_former_dataset_is_not_looked_at_any_more(people: People) -> None:
    ada = trained(people, MLP)
    look = "document.querySelector('lab-explain').chosen.image"
    ada.evaluate("document.querySelector('lab-explain').choose({ image: { kind: 'example', split: 'train', number: 1400 } })")
    until(lambda: ada.evaluate(look)["number"] == 1400, what="the choice")
    asked = """async () => { const room = document.querySelector("lab-room");
        return room.send("new_run", { blueprint: { ...room.state.blueprint, dataset: "mnist" } }); }"""
    assert ada.evaluate(asked)["ok"]
    until(lambda: ada.evaluate(look) == {"kind": "example", "split": "test", "number": 0}, what="an image of the new one")
    until(lambda: heat(ada).evaluate("canvas => canvas.width") == 28, 30, "its explanation")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everybody_can_use_it(people: People, scheme: str) -> None:
    ada = trained(people, viewport=PHONE, color_scheme=scheme, has_touch=True)
    for place in ("lab-convolution", "lab-playground .total", "lab-way .formula", "lab-neurons .units"):
        ada.locator(place).scroll_into_view_if_needed()
        expect(ada.locator(place)).to_be_visible()
    assert ada.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ada.locator("lab-playground .output .plane").tap(position={"x": 40, "y": 40})
    adds_up(ada.locator("lab-playground lab-stepper"))
    ada.evaluate(AXE.read_text(encoding="utf-8"))
    for tag in ("lab-explain", "lab-convolution", "lab-way"):
        found = ada.evaluate(f"axe.run('{tag}', {{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']}})")
        assert not found["violations"], [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]

// What this page looks at: an image and a model. Components meet at their room, so choosing anywhere chooses everywhere.
//   image: {kind: "example", split, number} · {kind: "drawing", drawing} · {kind: "pad", pixels, invert} · {kind: "pixels", pixels}
//   model: "now" · "untrained" · {branch, epoch}      beside: a second model to compare with, or null      layer: a path or null
const START = Object.freeze({ image: null, model: "now", beside: null, layer: null, label: null });
const kept = new WeakMap();

/** What is chosen where these components meet. */
export function chosenAt(meeting) {
  return kept.get(meeting) ?? START;
}

/** Choose some of it; everybody who meets there hears of it by `lab-chosen`. */
export function chooseAt(meeting, changes, from) {
  if (!meeting) return;
  kept.set(meeting, { ...chosenAt(meeting), ...changes });
  meeting.dispatchEvent(new CustomEvent("lab-chosen", { detail: { changes, from } }));
}

/** Whether two images, or two models, are the same. */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

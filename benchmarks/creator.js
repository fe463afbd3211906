// How long an edit takes in the creator: from the hand until it is painted, and from the arrival of its Event on.
globalThis.edits = (() => {
  const room = document.querySelector("lab-room");
  const creator = document.querySelector("lab-creator");
  const diagram = document.querySelector("lab-diagram");

  const painted = () => new Promise((go) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => go(performance.now()); // it comes when the frame is painted
    port2.postMessage(null);
  }));

  function arrival(seq) {
    return new Promise((go) => room.addEventListener("change", function look() {
      if (room.state.draft.seq === seq) return;
      room.removeEventListener("change", look);
      go(performance.now());
    }));
  }

  /** Do something with the hand; resolves with [milliseconds in all, milliseconds since its Event was here]. */
  async function time(act) {
    await painted();
    const begun = performance.now();
    const here = arrival(room.state.draft.seq);
    act();
    const came = await here;
    await Promise.all([creator.updateComplete, diagram?.updateComplete]);
    const done = await painted();
    return [done - begun, done - came];
  }

  const layer = (name) => creator.querySelector(`[data-name=${name}]`);

  return {
    type: (name, field, value) => time(() => {
      const input = layer(name).querySelector(`[data-field=${field}]`);
      input.value = String(value);
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }),
    add: (kind) => time(() => creator.querySelector(`.chip[data-kind=${kind}]`).click()),
    undo: () => time(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }))),
    unfold: async () => {
      const folded = [...creator.querySelectorAll("[data-do=fold][aria-expanded=false]")];
      for (const fold of folded) fold.click();
      await creator.updateComplete;
      await painted();
      return folded.length;
    },
    rows: () => creator.querySelectorAll(".layer").length,
  };
})();

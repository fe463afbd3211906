import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseAt, chosenAt, same } from "../../static/lib/chosen.js";
import { Asking } from "../../static/room/asking.js";

class Line {
  connected = true;
  sent = [];
  emit(name, payload, taken) {
    this.sent.push({ name, ...payload, taken });
  }
}

test("a question resolves with its own answer", async () => {
  const asking = new Asking(), line = new Line();
  const one = asking.ask(line, "classify", { image: 1 });
  const two = asking.ask(line, "classify", { image: 2 });
  line.sent.forEach(({ taken }) => taken({ ok: true }));
  asking.settle({ id: line.sent[1].args && line.sent[1].id, answer: { ok: true, n: 2 } });
  asking.settle({ id: line.sent[0].id, answer: { ok: true, n: 1 } });
  assert.deepEqual([await one, await two], [{ ok: true, n: 1 }, { ok: true, n: 2 }]);
});

test("what is not taken resolves with the refusal", async () => {
  const asking = new Asking(), line = new Line();
  const one = asking.ask(line, "dream", {});
  line.sent[0].taken({ ok: false, error: { code: "unknown_question" } });
  assert.equal((await one).error.code, "unknown_question");
});

test("a broken line ends every question, and a late answer is nobody's", async () => {
  const asking = new Asking(), line = new Line();
  const one = asking.ask(line, "classify", {});
  asking.lose();
  asking.settle({ id: line.sent[0].id, answer: { ok: true } });
  assert.equal((await one).error.code, "offline");
  line.connected = false;
  assert.equal((await asking.ask(line, "classify", {})).ok, false);
  assert.equal((await asking.ask(null, "classify", {})).ok, false);
});

test("choosing anywhere chooses everywhere that meets there", () => {
  const here = new EventTarget(), there = new EventTarget(), heard = [];
  here.addEventListener("lab-chosen", ({ detail }) => heard.push(detail.changes));
  chooseAt(here, { model: "untrained" }, null);
  chooseAt(here, { image: { kind: "example", split: "test", number: 3 } }, null);
  assert.deepEqual(heard.length, 2);
  assert.deepEqual([chosenAt(here).model, chosenAt(here).image.number], ["untrained", 3]);
  assert.deepEqual([chosenAt(there).model, chosenAt(there).image], ["now", null]);
  chooseAt(null, { model: "now" }, null);
  assert.ok(same({ branch: "b1", epoch: 2 }, { branch: "b1", epoch: 2 }) && !same("now", { branch: "b1", epoch: 2 }));
});

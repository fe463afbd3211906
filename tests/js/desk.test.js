import assert from "node:assert/strict";
import test from "node:test";
import { Desk } from "../../static/creator/desk.js";

const turn = () => new Promise((go) => setImmediate(go));

/** A page whose server answers when told to. */
class Page {
  base = { seq: 5 };
  seen = 5;
  sent = [];
  refused = null;
  desk = new Desk(this);
  room = { send: (name, args) => new Promise((answer) => this.sent.push({ name, args, answer })) };

  requestUpdate() {}

  refuse(error) {
    this.refused = error;
  }

  /** The server takes the newest wish; its Event is drawn. */
  async take(seq) {
    this.sent.at(-1).answer({ ok: true, seq });
    await turn();
    await this.draw(seq);
  }

  async draw(seq) {
    this.base = { seq };
    this.seen = seq;
    this.desk.arrived();
    await turn();
  }

  type(value, more = {}) {
    this.desk.ask({ command: "edit_draft", key: "l1.channels", value, make: () => [{ op: "change", value }], ...more });
  }

  get values() {
    return this.sent.map(({ args }) => args.edits[0].value);
  }
}

test("One wish is on its way at a time; of those about the same field the last wins", async () => {
  const page = new Page();
  for (const value of [3, 32, 321, 3210]) page.type(value);
  assert.deepEqual(page.values, [3]);
  assert.equal(page.desk.wanted("l1.channels"), 3210);
  await page.take(6);
  assert.deepEqual(page.values, [3, 3210]);
  await page.take(7);
  assert.ok(!page.desk.busy && !page.desk.has("l1.channels"));
});

test("A wish ends when its Event is drawn, not when it is answered", async () => {
  const page = new Page();
  const ends = [];
  page.type(3, { done: (ok) => ends.push(ok) });
  page.sent[0].answer({ ok: true, seq: 6 });
  await turn();
  assert.deepEqual([ends, page.desk.has("l1.channels")], [[], true]);
  await page.draw(6);
  assert.deepEqual([ends, page.desk.has("l1.channels")], [[true], false]);
});

test("Typing on is one step of undo, until the hand leaves the field or somebody else changes the network", async () => {
  const page = new Page();
  const continues = () => page.sent.at(-1).args.continues ?? false;
  page.type(3);
  assert.deepEqual([page.sent[0].args.seq, continues()], [5, false]);
  await page.take(6);
  page.type(32);
  assert.deepEqual([page.sent.at(-1).args.seq, continues()], [6, true]);
  await page.take(7);
  page.desk.rest();
  page.type(33);
  assert.equal(continues(), false);
  page.desk.rest(); // before the Event is here
  await page.take(8);
  page.type(35);
  assert.equal(continues(), false);
  await page.take(9);
  await page.draw(10);
  page.type(34);
  assert.deepEqual([page.sent.at(-1).args.seq, continues()], [10, false]);
});

test("A value that came too late is asked for once more upon the newer network; other wishes are refused", async () => {
  const page = new Page();
  const stale = { ok: false, error: { code: "stale" } };
  page.type(3, { again: true });
  page.sent[0].answer(stale);
  await turn();
  assert.equal(page.sent.length, 1); // the newer one is not here yet
  await page.draw(6);
  assert.deepEqual([page.sent.length, page.sent[1].args.seq], [2, 6]);
  page.sent[1].answer(stale);
  await turn();
  assert.deepEqual([page.refused.code, page.desk.busy], ["stale", false]);
});

test("After a refusal nothing that was waiting is sent", async () => {
  const page = new Page();
  const ends = [];
  const ask = (make) => page.desk.ask({ command: "edit_draft", make, done: (ok) => ends.push(ok) });
  ask(() => [{ op: "remove" }]);
  ask(() => [{ op: "remove" }]);
  page.sent[0].answer({ ok: false, error: { code: "no_such_place" } });
  await turn();
  assert.deepEqual([page.sent.length, ends, page.refused.code], [1, [false, false], "no_such_place"]);
  ask(() => null); // no longer makes sense
  await turn();
  assert.deepEqual([page.sent.length, ends.at(-1)], [1, false]);
});

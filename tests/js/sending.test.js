import assert from "node:assert/strict";
import test from "node:test";
import { Outbox, uniqueId } from "../../static/lib/outbox.js";
import { Pending } from "../../static/lib/pending.js";

test("a Command waits until it is answered, over as many reconnects as it takes", async () => {
  const outbox = new Outbox();
  const envelope = { id: "a", name: "start", args: {} };
  const answered = outbox.add(envelope);
  assert.deepEqual(outbox.unanswered(), [envelope]);
  assert.deepEqual(outbox.unanswered(), [envelope]);
  outbox.settle("a", { ok: true, seq: 3 });
  assert.deepEqual(await answered, { ok: true, seq: 3 });
  assert.deepEqual(outbox.unanswered(), []);
  outbox.settle("a", { ok: false }); // a second answer to a repeat is nothing
});

test("ids have the form the server asks for and differ", () => {
  const ids = Array.from({ length: 200 }, () => uniqueId());
  assert.ok(ids.every((id) => /^[A-Za-z0-9_-]{8,64}$/.test(id)));
  assert.equal(new Set(ids).size, 200);
});

const asked = (changes) => {
  const pending = new Pending();
  pending.ask("a", changes);
  return pending;
};

test("a value is pending until its Event", () => {
  const pending = asked({ dropout: 0.5 });
  pending.answer("a", true, { dropout: 0.1 });
  assert.equal(pending.get("dropout"), 0.5);
  pending.changed({ dropout: { from: 0.1, to: 0.5 } });
  assert.equal(pending.has("dropout"), false);
});

test("another person's earlier change does not end the wait, a later one does", () => {
  const pending = asked({ dropout: 0.5 });
  pending.changed({ dropout: { from: 0.1, to: 0.3 } });
  assert.equal(pending.has("dropout"), true);
  pending.answer("a", true, { dropout: 0.3 });
  pending.changed({ dropout: { from: 0.3, to: 0.7 } });
  assert.equal(pending.has("dropout"), false);
});

test("a refusal ends the wait; so does a value that holds already", () => {
  const refused = asked({ dropout: 5 });
  refused.answer("a", false, { dropout: 0.1 });
  assert.equal(refused.size, 0);
  const same = asked({ dropout: 0.1 });
  same.answer("a", true, { dropout: 0.1 });
  assert.equal(same.size, 0);
});

test("a newer wish is not ended by the answer to the older one", () => {
  const pending = asked({ dropout: 0.5 });
  pending.ask("b", { dropout: 0.6 });
  pending.answer("a", false, { dropout: 0.1 });
  assert.equal(pending.get("dropout"), 0.6);
});

test("a Snapshot in which the value holds ends the wait", () => {
  const pending = asked({ dropout: 0.5, momentum: 0.8 });
  pending.compare({ dropout: 0.5, momentum: 0.9 });
  assert.equal(pending.has("dropout"), false);
  assert.equal(pending.has("momentum"), true);
});

test("lists and maps of settings settle when they hold, and a reason is not waited for", () => {
  const pending = new Pending();
  pending.ask("a", { frozen: ["conv1"], dropouts: { dropout1: 0.3, dropout2: null }, reason: "why not" });
  assert.equal(pending.size, 2);
  pending.compare({ frozen: [], dropouts: { dropout1: 0.3, dropout2: 0.1 } });
  assert.equal(pending.size, 2);
  pending.compare({ frozen: ["conv1"], dropouts: { dropout1: 0.3, dropout3: 0.9 } });
  assert.equal(pending.size, 0);
});

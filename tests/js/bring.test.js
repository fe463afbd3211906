import assert from "node:assert/strict";
import test from "node:test";
import { Bring } from "../../static/take/bring.js";

/** The room's page; its server takes a file at once, `ask` answers what asks for a check of weights. */
function pageWith(t, ask) {
  const upload = { ok: true, id: "u1", have: 3, bytes: 3 };
  t.mock.method(globalThis, "fetch", async (path) => ({ json: async () => (path.endsWith("/weights") ? ask() : upload) }));
  return { room: { code: "aaaaaaaa", getAttribute: () => "token" }, requestUpdate() {} };
}

test("a refusal that comes when another file is on its way does not concern that one", async (t) => {
  const asked = [];
  const bring = new Bring(pageWith(t, () => new Promise((answer) => { asked.push(answer); })));
  const first = bring.take(new File(["abc"], "one.safetensors"));
  while (!asked.length) await new Promise(setImmediate);
  const second = bring.take(new File(["abc"], "two.safetensors"));
  asked[0]({ ok: false, error: { code: "busy", message: "late", hint: "" } });
  await first;
  assert.equal(bring.refused, null);
  assert.equal(bring.step, "sending");
  while (asked.length < 2) await new Promise(setImmediate);
  asked[1]({ ok: false, error: { code: "busy", message: "its own", hint: "" } });
  await second;
  assert.equal(bring.refused.message, "its own");
});

import assert from "node:assert/strict";
import test from "node:test";
import { Query } from "../../static/lib/queries.js";

/** A component in a room whose answers come when they are given. */
function stage() {
  const asked = [];
  const room = { ask: (name, args) => new Promise((give) => asked.push({ name, args, give })) };
  const host = { room, isConnected: true, requestUpdate() {} };
  return { asked, host };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one question at a time, then the newest that is wanted", async () => {
  const { asked, host } = stage();
  const query = new Query(host, "maps");
  for (const layer of ["a", "b", "c"]) query.want({ layer });
  assert.deepEqual(asked.map(({ args }) => args.layer), ["a"]);
  assert.ok(query.busy);
  asked[0].give({ ok: true, of: "a" });
  await settled();
  assert.deepEqual(asked.map(({ args }) => args.layer), ["a", "c"]);
  assert.equal(query.answer.of, "a");
  asked[1].give({ ok: true, of: "c" });
  await settled();
  assert.equal(query.answer.of, "c");
  assert.ok(!query.busy);
});

test("the same is not asked twice, another moment is; components share what they ask", async () => {
  const { asked, host } = stage();
  const [one, two] = [new Query(host, "parts"), new Query(host, "parts")];
  one.want({ model: "now" }, "1");
  two.want({ model: "now" }, "1");
  asked[0].give({ ok: true });
  await settled();
  one.want({ model: "now" }, "1");
  assert.equal(asked.length, 1);
  assert.ok(one.answer && two.answer);
  one.want({ model: "now" }, "2");
  assert.equal(asked.length, 2);
});

test("an error stands where the answer stood, and is not kept for others", async () => {
  const { asked, host } = stage();
  const query = new Query(host, "way");
  query.want({ model: "now" });
  asked[0].give({ ok: false, error: { code: "not_kept", message: "no", hint: "" } });
  await settled();
  assert.equal(query.error.code, "not_kept");
  assert.equal(query.answer, null);
  new Query(host, "way").want({ model: "now" });
  assert.equal(asked.length, 2);
});

test("an overtaken question is asked again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, host } = stage();
  const query = new Query(host, "way");
  query.want({ model: "now" });
  asked[0].give({ ok: false, error: { code: "overtaken" } });
  await settled();
  assert.ok(query.busy && !query.error);
  context.mock.timers.tick(1000);
  await settled();
  assert.equal(asked.length, 2);
  asked[1].give({ ok: true });
  await settled();
  assert.ok(query.answer);
});

test("a question whose process has ended is asked again, but not for ever", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, host } = stage();
  const query = new Query(host, "way");
  query.want({ model: "now" });
  for (let number = 0; number < 3; number += 1) {
    assert.equal(query.error, null);
    asked[number].give({ ok: false, error: { code: "no_answer", message: "ended" } });
    await settled();
    context.mock.timers.tick(1000);
    await settled();
  }
  assert.equal(asked.length, 3);
  assert.equal(query.error.message, "ended");
  query.want({ model: "untrained" });
  asked[3].give({ ok: false, error: { code: "no_answer", message: "ended" } });
  await settled();
  context.mock.timers.tick(1000);
  await settled();
  asked[4]?.give({ ok: true });
  await settled();
  assert.ok(query.answer);
});

test("what is wanted no more leaves nothing behind", async () => {
  const { asked, host } = stage();
  const query = new Query(host, "way");
  query.want({ model: "now" });
  query.want(null);
  asked[0].give({ ok: true });
  await settled();
  assert.equal(query.answer, null);
  assert.ok(!query.busy);
});

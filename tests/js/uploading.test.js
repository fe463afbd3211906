import assert from "node:assert/strict";
import { test } from "node:test";
import { Uploading, pauseAfter, printOf, secondsLeft } from "../../static/lib/uploading.js";

const CHUNK = 1000;

function fileOf(bytes, name = "cats.zip") {
  return new File([Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8)) % 251)], name, { lastModified: 5 });
}

/** A server that keeps what arrives; `script(method, number)` may break a request: "lost" before, "deaf" after it was obeyed, or a refusal. */
class Server {
  stored = [];
  known = false;
  asked = [];
  waited = [];
  renewed = 0;
  time = 0;

  constructor(script = () => null) {
    this.script = script;
  }

  token = () => `t${this.renewed}`;
  renew = async () => { this.renewed += 1; };
  wait = async (ms) => { this.waited.push(ms); };
  now = () => (this.time += 100);

  fetch = async (path, { method, body, headers, signal }) => {
    signal.throwIfAborted();
    const number = this.asked.push({ method, path, token: headers["X-Lockstep-Token"] }) - 1;
    const trouble = this.script(method, number, this);
    if (trouble === "lost") throw new TypeError("network");
    if (trouble && trouble !== "deaf") return { json: async () => ({ ok: false, error: { code: trouble, message: "m", hint: "h" } }) };
    const answer = await this.obey(method, path, body);
    if (trouble === "deaf") throw new TypeError("network");
    return { json: async () => answer };
  };

  async obey(method, path, body) {
    if (method === "POST") {
      this.known = true;
      this.wanted = JSON.parse(body);
      return { ok: true, id: "u1", have: this.stored.length, chunk: CHUNK };
    }
    if (!this.known) return { ok: false, error: { code: "not_found", message: "", hint: "" } };
    if (method === "GET") return { ok: true, have: this.stored.length, bytes: this.wanted.bytes };
    const at = Number(new URL(path, "http://x").searchParams.get("at"));
    if (at !== this.stored.length) return { ok: false, error: { code: "wrong_offset", message: "", hint: "" } };
    this.stored.push(...new Uint8Array(await body.arrayBuffer()));
    return { ok: true, have: this.stored.length };
  }
}

async function whole(server, file, more = {}) {
  const answer = await new Uploading(file, server, more).go();
  assert.deepEqual(answer, { ok: true, id: "u1" });
  assert.deepEqual(Uint8Array.from(server.stored), new Uint8Array(await file.arrayBuffer()));
  return server;
}

test("a file goes in chunks, and how far it is is told", async () => {
  const told = [];
  const server = await whole(new Server(), fileOf(4500), { tell: (one) => told.push(one) });
  assert.deepEqual(server.asked.map(({ method }) => method), ["POST", "PUT", "PUT", "PUT", "PUT", "PUT"]);
  assert.deepEqual(told.map(({ have }) => have), [0, 1000, 2000, 3000, 4000, 4500]);
  assert.ok(told.every(({ broken, bytes }) => !broken && bytes === 4500));
  assert.ok(Math.abs(told[3].left - 0.15) < 1e-9 && server.waited.length === 0); // 1000 bytes in 0.1 s
});

test("after a break it asks how much is there and goes on from that byte", async () => {
  const told = [];
  const server = await whole(new Server((method, number) => (number >= 3 && number <= 6 ? "lost" : null)), fileOf(5000), {
    tell: (one) => told.push(one) });
  assert.deepEqual(server.asked.slice(3).map(({ method }) => method), ["PUT", "GET", "PUT", "GET", "PUT", "PUT", "PUT"]);
  assert.deepEqual(server.waited, [500, 1000]);
  assert.ok(told.some(({ broken }) => broken?.code === "offline") && told.at(-1).broken === null);
});

test("a chunk whose answer is lost is not sent again", async () => {
  const server = await whole(new Server((method, number) => (method === "PUT" && number % 3 === 1 ? "deaf" : null)), fileOf(6000));
  assert.ok(server.asked.filter(({ method }) => method === "PUT").length === 6);
});

test("where the server has more or less than we thought, its word counts", async () => {
  const server = new Server((method, number, it) => {
    if (number === 3) it.stored.length = 1200; // it lost some
    return null;
  });
  await whole(server, fileOf(4000));
  assert.ok(server.asked.some(({ method }) => method === "GET"));
});

test("an upload that was begun earlier is gone on with", async () => {
  const [server, file] = [new Server(), fileOf(3000)];
  server.stored = [...new Uint8Array(await file.slice(0, 2000).arrayBuffer())];
  await whole(server, file);
  assert.deepEqual(server.asked.map(({ path }) => path), ["/api/uploads", "/api/uploads/u1?at=2000"]);
});

test("what the server has forgotten is begun anew, but not for ever", async () => {
  const forget = (times) => new Server((method, number, it) => {
    if (method === "PUT" && times-- > 0) [it.known, it.stored] = [false, []];
    return null;
  });
  await whole(forget(2), fileOf(2500));
  const answer = await new Uploading(fileOf(2500), forget(99)).go().catch((error) => error);
  assert.equal(answer.error?.code ?? answer, "not_found");
});

test("an old token is renewed", async () => {
  const server = await whole(new Server((method, number, it) => (it.renewed ? null : "no_token")), fileOf(1500));
  assert.deepEqual([server.renewed, server.asked.at(-1).token], [1, "t1"]);
});

test("a refusal ends it with its words, a full disk is waited for and told", async () => {
  const told = [];
  const full = await whole(new Server((method, number) => (number < 3 ? "storage_failed" : null)), fileOf(500), {
    tell: ({ broken }) => told.push(broken?.code ?? null) });
  assert.deepEqual(told, ["storage_failed", "storage_failed", "storage_failed", "storage_failed", null]);
  assert.deepEqual(full.waited, [500, 1000, 2000]);
  const server = new Server(() => "too_large");
  assert.deepEqual(await new Uploading(fileOf(500), server).go(), { ok: false, error: { code: "too_large", message: "m", hint: "h" } });
  assert.equal(server.asked.length, 1);
});

test("who cancels is obeyed at once, also while waiting for the line", async () => {
  const stop = new AbortController();
  const server = new Server((method, number) => {
    if (number === 2) stop.abort();
    return "lost";
  });
  const answer = await new Uploading(fileOf(5000), server, { signal: stop.signal }).go();
  assert.equal(answer.error.code, "cancelled");
  assert.equal(server.asked.length, 3);
  const before = new AbortController();
  before.abort();
  assert.equal((await new Uploading(fileOf(10), new Server(), { signal: before.signal }).go()).error.code, "cancelled");
});

test("an answer that is none counts as a break", async () => {
  const server = new Server();
  const fetch = server.fetch;
  let number = 0;
  server.fetch = async (...all) => (++number === 2 ? { json: async () => { throw new SyntaxError("<html>"); } } : fetch(...all));
  await whole(server, fileOf(1500));
  assert.deepEqual(server.waited, [500]);
});

test("pauses grow up to ten seconds; the print of a file is its own", async () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 60].map(pauseAfter), [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  const prints = await Promise.all([fileOf(9000), fileOf(9000), fileOf(9001), fileOf(9000, "dogs.zip"), new File([new Uint8Array(9000)], "cats.zip", { lastModified: 5 })].map(printOf));
  assert.match(prints[0], /^[0-9a-f]{16}$/);
  assert.equal(new Set(prints).size, 4);
  assert.equal(prints[0], prints[1]);
});

test("time left is counted from the newest chunks", () => {
  assert.equal(secondsLeft([[0, 0], [1000, 500]], 1500), 2);
  assert.ok(Number.isNaN(secondsLeft([[0, 0]], 1500)) && Number.isNaN(secondsLeft([], 1)) && Number.isNaN(secondsLeft([[0, 5], [9, 5]], 10)));
});

test("a folder, or a file that changes on its way, is told to be unreadable and not waited for", { timeout: 5000 }, async () => {
  const gone = () => Promise.reject(new DOMException("gone", "NotReadableError"));
  const folder = Object.assign(fileOf(10), { slice: () => ({ arrayBuffer: gone }) });
  const never = new Server();
  assert.equal((await new Uploading(folder, never).go()).error.code, "unreadable");
  assert.deepEqual(never.asked, []);

  const file = fileOf(3 * CHUNK);
  const whole = file.slice.bind(file);
  const broken = () => Object.assign(new Blob(["x"]), { slice: () => ({ arrayBuffer: gone }) });
  const server = new Server((method) => {
    if (method === "PUT") return "lost";
    file.slice = broken; // after it was begun
    return null;
  });
  file.slice = whole;
  assert.equal((await new Uploading(file, server).go()).error.code, "unreadable");
  assert.deepEqual(server.waited, []);
});

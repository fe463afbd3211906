import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { afterEach, test } from "node:test";
import { Flow } from "../../static/images/flow.js";
import { CATALOGUE } from "../../static/lib/catalogue.js";
import { Own, networkFor } from "../../static/lib/own.js";

const ROOM = { code: "abcd2345", person: "p", getAttribute: () => "token" };
const page = new EventTarget();
const before = { fetch: globalThis.fetch, addEventListener: globalThis.addEventListener };
globalThis.addEventListener = page.addEventListener.bind(page);
afterEach(() => { globalThis.fetch = before.fetch; });

/** What the server answers to each request, by method and the end of its path; what was asked is kept. */
class Lab {
  asked = [];
  jobs = [];
  answers = {};

  constructor(answers = {}) {
    globalThis.fetch = (path, { method = "GET", body } = {}) => this.#answer(method, path.split("?")[0], body);
    Object.assign(this.answers, answers);
  }

  async #answer(method, path, body) {
    const sent = typeof body === "string" ? JSON.parse(body) : body;
    this.asked.push(`${method} ${path.replace("/api/rooms/abcd2345", "")}`);
    if (path === "/api/uploads") return this.#json({ ok: true, id: "u1", have: 0, chunk: 1e6 });
    if (method === "PUT") return this.#json({ ok: true, have: sent.size });
    if (method === "POST" && path.endsWith("/images")) return this.#json({ ok: true, job: `j${this.jobs.push(sent)}` });
    const found = this.answers[`${method} ${path.split("/").at(-1)}`];
    return this.#json(found ? await found() : { ok: true });
  }

  #json(answer) {
    return { json: async () => answer };
  }
}

const PIXEL = { width: 1, height: 1, channels: 3, pixels: btoa(String.fromCharCode(1, 2, 3)) };

function result(side = 32, channels = 3, more = {}) {
  const images = { title: "t", shape: [channels, side, side], classes: ["a", "b"], train: 20, test: 4 };
  return { name: "own_0123456789abcdef", images, sizes: { "32×32": 24 }, samples: [[PIXEL], [PIXEL]], ...more };
}

const done = (found) => () => ({ ok: true, job: { state: "done", result: found } });
const zip = () => new File([new Uint8Array(50)], "my-pets_2.zip");

function flow() {
  const seen = [];
  const host = { room: ROOM, requestUpdate: () => seen.push(made.step) };
  const made = new Flow(host);
  return [made, seen];
}

test("a ZIP is sent, checked and reported; then it is kept and its upload given back", async () => {
  const lab = new Lab({ "GET j1": done(result()), "POST keep": () => ({ ok: true, name: "own_0123456789abcdef" }) });
  const [one, seen] = flow();
  await one.take(zip());
  assert.deepEqual([one.step, one.wish.title, one.wish.side, one.wish.channels], ["report", "my pets 2", 32, 3]);
  assert.ok(["uploading", "checking", "report"].every((step) => seen.includes(step)));
  assert.deepEqual(lab.jobs, [{ upload: "u1", side: 32, channels: 3, title: "my pets 2" }]);
  assert.equal(await one.keep(), "own_0123456789abcdef");
  assert.deepEqual([one.step, one.found, lab.asked.at(-1)], ["choose", null, "DELETE /api/uploads/u1"]);
});

test("where most images have another size, they are looked at once more, but never twice", async () => {
  const sizes = { "60×70": 9 };
  const lab = new Lab({ "GET j1": done(result(32, 3, { sizes })), "GET j2": done(result(64, 3, { sizes: { "8×8": 1 } })) });
  const [one] = flow();
  await one.take(zip());
  assert.deepEqual(lab.jobs.map(({ side }) => side), [32, 64]);
  assert.deepEqual([one.step, one.wish.side], ["report", 64]);
});

test("another size needs no other upload, and the check before it is given up", async () => {
  let answer = null;
  const lab = new Lab({ "GET j1": done(result()), "GET j3": done(result(16)), "GET j2": () => new Promise((go) => { answer = go; }) });
  const [one] = flow();
  await one.take(zip());
  const late = one.change({ side: 28 });
  while (!answer) await new Promise(setImmediate);
  await one.change({ side: 16 });
  answer(done(result(28))());
  await late;
  assert.equal(one.found.images.shape[1], 16);
  assert.ok(lab.asked.includes("DELETE /jobs/j2"));
  assert.equal(lab.asked.filter((one) => one === "POST /api/uploads").length, 1);
});

test("grey images may be larger than coloured ones", async () => {
  const lab = new Lab({ "GET j1": done(result()), "GET j2": done(result(128, 1)), "GET j3": done(result(64, 3)) });
  const [one] = flow();
  await one.take(zip());
  await one.change({ channels: 1, side: 128 });
  await one.change({ channels: 3 });
  assert.deepEqual(lab.jobs.map(({ side, channels }) => [side, channels]), [[32, 3], [128, 1], [64, 3]]);
});

test("a refused ZIP leads back to the choice with its words; a refused second look to the report", async () => {
  const refuse = () => ({ ok: true, job: { state: "failed", error: { code: "bad_archive", message: "m", hint: "h" } } });
  const lab = new Lab({ "GET j1": refuse });
  const [one] = flow();
  await one.take(zip());
  assert.deepEqual([one.step, one.refused.message, lab.asked.at(-1)], ["choose", "m", "DELETE /api/uploads/u1"]);
  const [two] = (new Lab({ "GET j1": done(result()), "GET j2": refuse }), flow());
  await two.take(zip());
  await two.change({ side: 64 });
  assert.deepEqual([two.step, two.refused.message, two.wish.side], ["report", "m", 32]);
});

test("who cancels gives up job and upload, and hears no more of them", async () => {
  let answer = null;
  const lab = new Lab({ "GET j1": () => new Promise((go) => { answer = go; }) });
  const [one] = flow();
  const going = one.take(zip());
  while (!answer) await new Promise(setImmediate);
  one.cancel();
  answer(done(result())());
  await going;
  assert.deepEqual([one.step, one.found], ["choose", null]);
  assert.ok(lab.asked.includes("DELETE /jobs/j1") && lab.asked.includes("DELETE /api/uploads/u1"));
});

test("what is refused when it is kept stays in the report", async () => {
  new Lab({ "GET j1": done(result()), "POST keep": () => ({ ok: false, error: { code: "quota", message: "full", hint: "" } }) });
  const [one] = flow();
  await one.take(zip());
  assert.equal(await one.keep(), null);
  assert.deepEqual([one.step, one.refused.message, one.busy], ["report", "full", false]);
});

test("the list of own images is asked for where it is wanted, and anew when the room's change", async () => {
  const { images } = result();
  const row = { name: "own_0123456789abcdef", images, networks: { cnn: { blueprint: { layers: [] }, out: [] } }, by: null };
  const lab = new Lab({ "GET images": () => ({ ok: true, own: [row], shared: [row, { ...row, name: "own_other" }], quota: null }) });
  const host = { room: ROOM, state: {}, online: true, catalogue: { datasets: [{ name: "digits" }] }, requestUpdate: () => {} };
  const own = new Own(host);
  own.follow();
  assert.equal(lab.asked.length, 0);
  await own.want();
  own.follow();
  assert.equal(lab.asked.length, 1);
  assert.deepEqual(own.all().map(({ name }) => name), ["digits", row.name, "own_other"]);
  assert.deepEqual(own.all({ dataset: "own_gone", images }).at(-1).title, "t");
  host.state = { images: { [row.name]: row } };
  await own.follow();
  assert.equal(lab.asked.length, 2);
  assert.deepEqual(networkFor({}, "cnn", own.find(row.name)), { blueprint: { layers: [] }, out: [] });
  const known = { digits: { blueprint: { layers: [1] }, out: [[1]] } };
  assert.equal(networkFor({ cnn: known }, "cnn", { name: "digits" }), known.digits);
});

test("a list that is overtaken is none: whoever waits for it gets the newer one", async () => {
  const { images } = result();
  const row = { name: "own_0123456789abcdef", images, networks: {}, by: null };
  const waiting = [];
  new Lab({ "GET images": () => new Promise((go) => waiting.push((own) => go({ ok: true, own, shared: [], quota: null }))) });
  const host = { room: ROOM, state: {}, online: true, catalogue: null, requestUpdate: () => {} };
  const own = new Own(host);
  const wanted = own.want().then(() => own.find(row.name));
  host.state = { images: { [row.name]: row } };
  own.follow();
  waiting[0]([]);
  await new Promise(setImmediate);
  waiting[1]([row]);
  assert.equal((await wanted)?.name, row.name);
  host.online = false;
  assert.equal(await own.want(), null);
});

test("every kind of problem has words", () => {
  const folder = new URL("../../ml_utils/trainer/images/", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".py")).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const kinds = new Set([...sources.join("\n").matchAll(/(?:problems\.add|Unreadable)\("(\w+)"/g)].map(([, kind]) => kind));
  assert.ok(kinds.size > 5);
  for (const kind of kinds) assert.ok(`own_problem_${kind}` in CATALOGUE, kind);
});

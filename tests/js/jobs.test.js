import assert from "node:assert/strict";
import test from "node:test";
import { fileOf, follow, pause } from "../../static/lib/jobs.js";

/** Answers one after another, and what was told on the way. */
async function followed(answers, options = {}) {
  const told = [];
  const paths = [];
  const look = async (path) => {
    paths.push(path);
    return answers.shift();
  };
  const job = await follow("abcdefgh", "77", { look, wait: async () => {}, tell: (one) => told.push(one), ...options });
  return { job, told, paths };
}

const running = (done) => ({ ok: true, job: { state: "running", progress: { done } } });
const lost = { ok: false, error: { code: "offline" } };

test("a job is followed to its end, through a broken line", async () => {
  const done = { ok: true, job: { state: "done", result: { file: "x" } } };
  const { job, told, paths } = await followed([running(1), lost, running(2), done]);
  assert.deepEqual(job.result, { file: "x" });
  assert.deepEqual(told.map(({ lost: broken, progress: { done: at } }) => [broken, at]), [[false, 1], [true, 1], [false, 2]]);
  assert.ok(paths.every((path) => path === "/api/rooms/abcdefgh/jobs/77"));
});

test("a job that failed, or that the server has forgotten, says why", async () => {
  const failed = { ok: true, job: { state: "failed", error: { code: "too_blue" } } };
  assert.equal((await followed([failed])).job.error.code, "too_blue");
  const { job } = await followed([running(1), { ok: false, error: { code: "not_found", message: "gone" } }]);
  assert.deepEqual([job.state, job.error.message], ["failed", "gone"]);
});

test("what is no longer wanted is not waited for", async () => {
  const stop = new AbortController();
  const wait = async () => stop.abort();
  assert.equal((await followed([running(1), running(2)], { signal: stop.signal, wait })).job, null);
  await pause(60_000, stop.signal);
  const late = new AbortController();
  const other = pause(60_000, late.signal);
  late.abort();
  await other;
});

test("a file lies beside its job", () => {
  assert.equal(fileOf("abcdefgh", "77"), "/api/rooms/abcdefgh/jobs/77/file");
});

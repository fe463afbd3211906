// Jobs of the server: processes that make or check one file. Asking for one, following it to its end, giving it up.
import { ask } from "./ask.js";

const LOOKS = 400; // ms between two looks

/** What changes something, in the name of this page; `room` is the lab-room. Resolves with the answer or the error shape. */
export function change(room, method, path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Lockstep-Token": room.getAttribute("token") };
  return ask(path, { method, headers, body: JSON.stringify(body) });
}

/** The job once it has ended, `{state: "done", result}` or `{state: "failed", error}`; null where `signal` says it is no longer wanted.
 *  `tell` hears {state, progress, lost}; lost: nobody answers at the moment. */
export async function follow(code, name, { tell = () => {}, signal = null, look = ask, wait = pause } = {}) {
  let told = { state: "waiting", progress: {} };
  for (;;) {
    const answer = await look(`/api/rooms/${code}/jobs/${name}`);
    if (signal?.aborted) return null;
    const { job } = answer;
    if (job?.state === "done" || job?.state === "failed") return job;
    if (answer.error?.code === "not_found") return { state: "failed", error: answer.error };
    told = { ...told, ...job, lost: !answer.ok };
    tell(told);
    await wait(LOOKS, signal);
  }
}

/** Where the file lies that a job has made. */
export function fileOf(code, name) {
  return `/api/rooms/${code}/jobs/${name}/file`;
}

/** Wait; shorter where the signal or the line comes. */
export async function pause(milliseconds, signal = null) {
  if (signal?.aborted) return;
  const over = new AbortController();
  let timer = null;
  await new Promise((go) => {
    timer = setTimeout(go, milliseconds);
    signal?.addEventListener("abort", go, { signal: over.signal });
    globalThis.addEventListener?.("online", go, { signal: over.signal });
  });
  clearTimeout(timer);
  over.abort();
}

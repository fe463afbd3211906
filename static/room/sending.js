// A file on its way from somebody's hand to the server: what is too large is not begun, what is given up need not be kept there.
import { change, pause } from "../lib/jobs.js";
import { text } from "../lib/texts.js";
import { Uploading } from "../lib/uploading.js";
import { Http } from "./http.js";

const LARGEST = 500_000_000; // bytes

/** What lib/uploading.js needs of the page: requests, the connect token, time. */
function lineOf(room) {
  return {
    fetch: (...all) => fetch(...all), now: () => performance.now(), wait: pause,
    token: () => room.getAttribute("token"), renew: () => new Http(room).renew(),
  };
}

/** Resolves with {ok: true, id}, with the refusal, or with null where `signal` says that it is no longer wanted.
 *  `tell` hears {have, bytes, left, broken}, the first time before anything is sent. */
export async function send(file, room, { signal, tell }) {
  tell({ have: 0, bytes: file.size, left: NaN, broken: null });
  if (!file.size || file.size > LARGEST) return { ok: false, error: { code: "bad_size", message: text("send_size"), hint: "" } };
  const uploading = new Uploading(file, lineOf(room), { signal, tell: (sent) => signal.aborted || tell(sent) });
  const answer = await uploading.go();
  const unreadable = answer.error?.code === "unreadable";
  if (signal.aborted || unreadable) forget(room, uploading.id);
  if (signal.aborted) return null;
  return unreadable ? { ok: false, error: { ...answer.error, message: text("send_unreadable") } } : answer;
}

/** The server need not keep the file any longer; it would forget it by itself some time. */
export function forget(room, upload) {
  if (upload) change(room, "DELETE", `/api/uploads/${upload}`);
}

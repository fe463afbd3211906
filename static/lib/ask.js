/** A request for this server's JSON, GET unless `options` say otherwise; resolves with the answer or the error shape, also where nobody answers. */
export async function ask(path, options) {
  try {
    const answer = await (await fetch(path, options)).json();
    return typeof answer?.ok === "boolean" ? answer : nobody();
  } catch {
    return nobody();
  }
}

export const OFFLINE = { code: "offline", message: "", hint: "" };

/** What says that a question was not looked at, and may be asked again; no_room: the line is back, the room not yet joined. */
export const PASSED_OVER = ["overtaken", "too_often", "no_room"];

function nobody() {
  return { ok: false, error: OFFLINE };
}

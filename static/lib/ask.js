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

function nobody() {
  return { ok: false, error: OFFLINE };
}

/** A GET of this server's JSON; resolves with the answer or the error shape, also where nobody answers. */
export async function ask(path) {
  try {
    const answer = await (await fetch(path)).json();
    return typeof answer?.ok === "boolean" ? answer : OFFLINE;
  } catch {
    return OFFLINE;
  }
}

const OFFLINE = { ok: false, error: { code: "offline", message: "", hint: "" } };

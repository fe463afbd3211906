import { CATALOGUE } from "./catalogue.js";

export const LANGUAGES = ["en", "de"];

/** The language of the page; it is kept in the document and nowhere else. */
export function language() {
  return globalThis.document?.documentElement.lang === "de" ? "de" : "en";
}

/** The text of `key`, `{name}` replaced by values. */
export function text(key, values = {}, lang = language()) {
  const words = CATALOGUE[key]?.[LANGUAGES.indexOf(lang)] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Words of the server's tables, `{en, de}`. */
export function words(both, lang = language()) {
  return both?.[lang] ?? both?.en ?? "";
}

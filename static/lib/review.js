// Marks of the people on examples, and what became of an example over the epochs. Pure.
import { wayOf } from "./tree.js";

export const MARKS = ["wrong_label", "ambiguous", "model_fault"];
export const KEYS = { 1: "wrong_label", 2: "ambiguous", 3: "model_fault", 0: null };
export const LONGEST_NOTE = 280; // letters
export const MOST_ONLY = 2000; // numbers in one question

/** Marks on one example, the oldest first: [{person, mark, note, name, at}]. */
export function marksOn(state, key, example) {
  const rows = Object.entries(state?.marks?.[key]?.[example] ?? {});
  return rows.map(([person, row]) => ({ person, ...row })).sort((one, other) => one.at - other.at);
}

/** Numbers of a split that carry a mark: one of MARKS, "any", or "mine"; what is held back are training examples. */
export function numbersWith(state, key, split, filter, person) {
  const fits = (by, { mark }) => (filter === "mine" ? by === person : filter === "any" || mark === filter);
  const some = (rows) => Object.entries(rows).some(([by, row]) => fits(by, row));
  const marked = Object.entries(state?.marks?.[key] ?? {}).filter(([, rows]) => some(rows));
  const numbers = marked.map(([example]) => example.split("-")).filter(([of]) => of === (split === "validation" ? "train" : split));
  return numbers.map(([, number]) => Number(number)).sort((one, other) => one - other);
}

/** How many examples of a split carry each mark, any, or one's own. */
export function countsOf(state, key, split, person) {
  const count = (filter) => numbersWith(state, key, split, filter, person).length;
  return Object.fromEntries([...MARKS, "any", "mine"].map((filter) => [filter, count(filter)]));
}

/** Training examples marked as labelled wrongly that the present Run still has: [{number, by, others}]; `others` marked otherwise. */
export function wronglyLabelled(state, key) {
  const gone = new Set(state?.blueprint?.without ?? []);
  const numbers = numbersWith(state, key, "train", "wrong_label").filter((number) => !gone.has(number));
  return numbers.map((number) => {
    const rows = marksOn(state, key, `train-${number}`);
    const agree = rows.filter(({ mark }) => mark === "wrong_label");
    return { number, by: agree.map(({ person, name }) => ({ id: person, name })), others: rows.length - agree.length };
  });
}

/** A Blueprint without these training examples, and without those it leaves out already. */
export function leaveOut(blueprint, numbers) {
  const without = [...new Set([...(blueprint.without ?? []), ...numbers])].sort((one, other) => one - other);
  return { ...blueprint, without };
}

/** The epochs of an example on the way to a Branch, rising: those of its ancestors up to each fork, then its own. */
export function historyOf(state, runs, branch) {
  const byEpoch = new Map();
  for (const part of wayOf(state, branch)) {
    const rows = runs.find((one) => one.branch === part.branch)?.epochs ?? [];
    for (const row of rows) if (row.epoch <= part.to) byEpoch.set(row.epoch, row);
  }
  return [...byEpoch.values()].sort((one, other) => one.epoch - other.epoch);
}

/** {first, forgotten, last}: the first epoch right (or null), how often right became wrong, and the newest row (or null). */
export function standingOf(epochs) {
  const first = epochs.find(({ right }) => right)?.epoch ?? null;
  const forgotten = epochs.filter(({ right }, place) => place > 0 && !right && epochs[place - 1].right).length;
  return { first, forgotten, last: epochs.at(-1) ?? null };
}

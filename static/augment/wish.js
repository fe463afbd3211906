// What is asked about augmented images. Nothing here touches the page.

/** The rows of the table that change images. */
function rowsOf(rows) {
  return rows.filter(({ group }) => group === "augmentation");
}

/** The value of a row: the one being tried where it is one of the row's values, else the one in effect. */
function valueOf(row, settings, trying) {
  const tried = trying[row.name];
  if (row.kind === "boolean" && typeof tried === "boolean") return tried;
  if (Number.isFinite(tried) && tried >= row.minimum && tried <= row.maximum) return tried;
  return settings[row.name] ?? row.default;
}

/** The args of the question: images of the epoch that the room is in, `further` ones for others; the same while a slider moves. */
export function asked(rows, { settings, session }, trying, further, count) {
  const values = rowsOf(rows).map((row) => [row.name, valueOf(row, settings, trying ?? {})]);
  return { settings: Object.fromEntries(values), epoch: (session.position?.epoch ?? 0) + further, count };
}

/** Whether any image is changed by these settings. */
export function changesAny(settings) {
  return Object.values(settings).some(Boolean);
}

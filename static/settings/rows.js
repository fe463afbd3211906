// Which rows of the server's table are drawn, and their values. Nothing here touches the page.

/** Whether a row matters: `only` names values of other settings with which it does. */
export function matters(row, settings) {
  return Object.entries(row.only ?? {}).every(([name, values]) => values.includes(settings[name]));
}

/** The rows that matter, `[[group, rows], …]`, in the order of the table. */
export function grouped(rows, settings) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row.group)) groups.set(row.group, []);
    if (matters(row, settings)) groups.get(row.group).push(row);
  }
  return [...groups].filter(([, found]) => found.length);
}

/** The value in effect; a room from before the row was invented has the default. */
export function inEffect(row, settings) {
  return settings[row.name] ?? row.default;
}

/** What a closed group tells of itself: its choices, and what differs from the default. */
export function telling(rows, settings) {
  return rows.filter((row) => row.kind === "choice" || inEffect(row, settings) !== row.default);
}

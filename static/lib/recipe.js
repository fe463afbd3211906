// A recipe out of a file, and what it would make of the Settings of a room. Pure.

/** {name: {from, to}} of all Settings that become others. */
export function changed(now, then) {
  const others = Object.entries(then).filter(([name, to]) => JSON.stringify(now[name]) !== JSON.stringify(to));
  return Object.fromEntries(others.map(([name, to]) => [name, { from: now[name], to }]));
}

/** What `new_run` is asked for. Maps would be merged into what the room has: null takes those out. */
export function wishOf({ blueprint, settings }, now) {
  if (!settings) return { blueprint };
  const whole = (name, value) => (isMap(value) ? { ...emptied(now[name]), ...value } : value);
  const asked = Object.entries(settings).map(([name, value]) => [name, whole(name, value)]);
  return { blueprint, settings: Object.fromEntries(asked) };
}

function emptied(map) {
  return Object.fromEntries(Object.keys(map ?? {}).map((key) => [key, null]));
}

function isMap(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

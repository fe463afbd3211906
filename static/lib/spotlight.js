// The example that somebody shows to the room: what a page does with it. Pure.

/** `none`, `mine`, `other` (of another dataset), `new` (shown while this page is open, not yet dealt with), or `known`. */
export function lightOf(spotlight, { me, key, since, dealt }) {
  if (!spotlight) return "none";
  if (spotlight.dataset !== key) return "other";
  if (spotlight.by?.id === me) return "mine";
  return spotlight.seq > since && spotlight.seq > dealt ? "new" : "known";
}

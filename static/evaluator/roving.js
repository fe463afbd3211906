const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Arrow keys, Home and End among the elements with `data-at="row:column"` below; one of them is in the order of Tab. */
export function rove(event) {
  const from = event.target.closest("[data-at]");
  const [row, column] = from?.dataset.at.split(":").map(Number) ?? [];
  const move = MOVES[event.key];
  const to = from && (move ? at(event, row + move[0], column + move[1]) : edge(event, row));
  if (!to) return;
  event.preventDefault();
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

function at({ currentTarget }, row, column) {
  return currentTarget.querySelector(`[data-at="${row}:${column}"]`);
}

function edge({ currentTarget, key }, row) {
  const line = [...currentTarget.querySelectorAll(`[data-at^="${row}:"]`)];
  return { Home: line[0], End: line.at(-1) }[key];
}

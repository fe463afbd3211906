const GAP = 8; // px between the box, what it belongs to, and the edge of the window
const EDGE = 48; // px; what is nearer to an edge is not in sight

/** Put a box that is shown in the top layer beside an element, inside the window. */
export function place(box, element) {
  const near = element.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const below = near.bottom + GAP + height < innerHeight;
  box.style.left = `${Math.max(GAP, Math.min(near.left + near.width / 2 - width / 2, innerWidth - width - GAP))}px`;
  box.style.top = `${below ? near.bottom + GAP : Math.max(GAP, near.top - GAP - height)}px`;
}

/** Scroll a box so that a place in it is in sight; `covered` px at its left are not. */
export function reveal(box, left, top, covered) {
  const { clientWidth, clientHeight, scrollLeft, scrollTop } = box;
  const wide = clientWidth - covered;
  if (left < scrollLeft + EDGE || left > scrollLeft + wide - EDGE) box.scrollLeft = left - wide / 2;
  if (top < scrollTop || top > scrollTop + clientHeight - 2 * EDGE) box.scrollTop = top - clientHeight / 2;
}

/** Of everything one can stand on, only `wanted` is reached by the tab key. */
export function oneStop(host, wanted) {
  for (const old of host.querySelectorAll('[data-stop][tabindex="0"]')) if (old !== wanted) old.setAttribute("tabindex", "-1");
  wanted?.setAttribute("tabindex", "0");
}

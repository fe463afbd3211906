// Dragging by mouse, pen or finger: a ghost follows the pointer, a line shows the place. Only the drop asks for anything.

const SLACK = 5; // px; less is a click
const EDGE = 70; // px from the edge of the window where the page scrolls along
const PACE = 14; // px a frame

/** Begin with a pointerdown; `list`: the rows; `drop(gap)` gets the path before which it was let go, or nothing happens. */
export class Drag {
  #start;
  #list;
  #name;
  #drop;
  #ghost = null;
  #line = null;
  #gap = null;
  #y = 0;
  #frame = 0;
  #ears = new AbortController();

  constructor(event, { list, name, drop }) {
    this.#start = event;
    this.#list = list;
    this.#name = name;
    this.#drop = drop;
    const { signal } = this.#ears;
    addEventListener("pointermove", (moved) => this.#move(moved), { signal });
    addEventListener("pointerup", () => this.#end(true), { signal });
    addEventListener("pointercancel", () => this.#end(false), { signal });
    addEventListener("keydown", (key) => key.key === "Escape" && this.#end(false), { signal });
  }

  #move({ clientX, clientY, pointerId }) {
    if (pointerId !== this.#start.pointerId) return;
    const far = Math.hypot(clientX - this.#start.clientX, clientY - this.#start.clientY);
    if (!this.#ghost && far < SLACK) return;
    this.#ghost ??= this.#lift();
    this.#ghost.style.translate = `${clientX + 12}px ${clientY + 8}px`;
    this.#y = clientY;
    this.#show(clientX, clientY);
  }

  #lift() {
    const ghost = document.createElement("div");
    ghost.className = "drag-ghost";
    ghost.textContent = this.#name;
    this.#line = document.createElement("div");
    this.#line.className = "drag-line";
    this.#list.closest("lab-creator").append(ghost);
    this.#list.parentElement.append(this.#line);
    this.#scroll();
    return ghost;
  }

  /** Near an edge of the window the page moves along. */
  #scroll() {
    const by = this.#y < EDGE ? -PACE : this.#y > innerHeight - EDGE ? PACE : 0;
    if (by && this.#gap) scrollBy(0, by);
    this.#frame = requestAnimationFrame(() => this.#scroll());
  }

  #show(x, y) {
    const box = this.#list.parentElement.getBoundingClientRect();
    const over = x >= box.left - SLACK && x <= box.right + SLACK && y >= box.top - EDGE && y <= box.bottom + EDGE;
    const found = over ? gapAt([...this.#list.children], y) : null;
    this.#gap = found?.gap ?? null;
    this.#line.hidden = !found;
    if (!found) return;
    this.#line.style.top = `${(found.y ?? box.top + 8) - box.top}px`;
    this.#line.dataset.depth = this.#gap.length - 1;
  }

  #end(dropped) {
    const gap = dropped && this.#ghost ? this.#gap : null;
    this.#ears.abort();
    cancelAnimationFrame(this.#frame);
    this.#ghost?.remove();
    this.#line?.remove();
    if (!this.#ghost) return;
    const signal = AbortSignal.timeout(80); // ms; the click that ends a drag is none
    addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true, signal });
    if (gap) this.#drop(gap);
  }
}

/** The place at a height: before a row in its upper half, after it in its lower half; an open block takes it in first. */
function gapAt(rows, y) {
  for (const row of rows) {
    const { top, bottom } = row.getBoundingClientRect();
    const path = row.dataset.path.split(".").map(Number);
    if (y < (top + bottom) / 2) return { gap: path, y: top };
    if (y >= bottom) continue;
    return { gap: row.dataset.open ? [...path, 0] : [...path.slice(0, -1), path.at(-1) + 1], y: bottom };
  }
  const tops = rows.filter((row) => row.dataset.depth === "0");
  return { gap: [tops.length], y: rows.at(-1)?.getBoundingClientRect().bottom };
}

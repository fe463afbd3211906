/** Which Branches and which parts of their curves a person wants to see; what was not chosen is as usual. Pure. */
export class Choice {
  #branches = new Map();
  #parts = new Map();

  /** Whether a Branch is shown; `usual` are those that are unless somebody chose otherwise. */
  branch(id, usual) {
    return this.#branches.get(id) ?? usual.has(id);
  }

  /** Whether a part is on: all of the present Branch, without single batches of the others. */
  part(curve) {
    return this.#parts.get(slot(curve)) ?? (curve.present || curve.part !== "train");
  }

  shows(curve, usual) {
    return this.branch(curve.branch, usual) && this.part(curve);
  }

  toggleBranch(id, usual) {
    this.#branches.set(id, !this.branch(id, usual));
  }

  /** A part of a hidden Branch brings the Branch back. */
  togglePart(curve, usual) {
    const shown = this.shows(curve, usual);
    this.#parts.set(slot(curve), !shown);
    if (!shown) this.#branches.set(curve.branch, true);
  }
}

/** What is chosen for the present Branch holds for the next one, too. */
function slot({ present, part, key }) {
  return present ? `present.${part}` : key;
}

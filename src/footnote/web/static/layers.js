// What the browser's Back and Forward go through: each thing that opens beside the text is a layer of the page's history.

/** @typedef {{kind: string, hash: string, [more: string]: any}} View what is open; `hash` is its address */

export class Layers {
  /**
   * @param {(view: View | null) => void} show opens what a moment of the history had open, or closes all
   * @param {(view: View) => void} opened told of each thing that opens
   */
  constructor(show, opened) {
    this.opened = opened;
    this.replaying = false;
    this.leaving = false;
    /** @type {View | null} */
    this.next = null;
    addEventListener("popstate", () => {
      if (this.leaving) {
        this.leaving = false;
        if (this.next) this.#push(this.next);
        this.next = null;
        return;
      }
      this.replaying = true;
      show(this.now());
      this.replaying = false;
    });
  }

  /** What the history has open now. @returns {View | null} */
  now() {
    return history.state?.view ?? null;
  }

  /**
   * Something opened: a new layer, or in place of the top one where that is of the same kind.
   * @param {View} view
   */
  open(view) {
    this.opened(view);
    if (this.replaying) return;
    if (this.leaving) this.next = view;
    else if (this.now()?.kind === view.kind) history.replaceState({ view, depth: this.#depth() }, "", view.hash);
    else this.#push(view);
  }

  /** What the address names itself opens without a layer of its own. @param {() => void} run opens it */
  asLinked(run) {
    this.replaying = true;
    run();
    this.replaying = false;
  }

  /** All was closed by hand: the history goes back to where nothing was open. */
  closed() {
    if (this.replaying || this.leaving) {
      this.next = null;
      return;
    }
    const depth = this.#depth();
    if (depth) {
      this.leaving = true;
      history.go(-depth);
    } else if (location.hash || this.now()) history.replaceState(null, "", location.pathname + location.search);
  }

  #depth() {
    return history.state?.depth ?? 0;
  }

  /** @param {View} view */
  #push(view) {
    history.pushState({ view, depth: this.#depth() + 1 }, "", view.hash);
  }
}

// The checking mode: which answer's quotes the reader stands at, stepping through them, and the verdicts on them.
import { showVerdict, tally, tintOf } from "./answers.js";
import { button, el } from "./dom.js";
import { fragment } from "./places.js";
import { Trouble } from "./server.js";
import { strings } from "./strings.js";

/** @type {Record<string, Verdict>} */
const VERDICT_KEYS = { s: "supports", y: "supports", d: "does not", u: "unclear" };

export class Desk {
  /** @type {HTMLButtonElement[]} */
  buttons;
  /** @type {HTMLElement} */
  count;
  /** @type {HTMLButtonElement} */
  keeper;

  /**
   * @param {import("./side.js").Side} side the place beside the text
   * @param {import("./reader.js").Reader} reader draws a document there
   * @param {import("./layers.js").Layers} layers the history of what is open
   * @param {{kept: () => void, turns: () => Turn[], tray: import("./tray.js").Tray}} events a verdict should outlive a reload; all turns of the conversation; the kept quotes
   */
  constructor(side, reader, layers, events) {
    this.side = side;
    this.reader = reader;
    this.layers = layers;
    this.events = events;
    /** @type {Turn | null} */
    this.turn = null;
    /** @type {Quote | null} */
    this.citation = null;
    this.bar = this.#bar();
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** Opens a citation of a turn in the reader. @param {Turn} turn @param {Quote} citation @param {HTMLElement | null} opener */
  async read(turn, citation, opener = null) {
    const { number, doc } = citation;
    this.layers.open({ kind: "read", hash: fragment(citation), turn: this.events.turns().indexOf(turn), number });
    this.#leave();
    this.turn = turn;
    this.citation = citation;
    const marks = turn.quotes.filter((each) => each.doc === doc).map((each) => ({ ...each, label: String(each.number), kind: "quote", tint: tintOf(each.number) }));
    const position = turn.answer?.standing === "nearest" ? strings.nearestMark : strings.position(turn.quotes.indexOf(citation) + 1, turn.quotes.length);
    this.#show();
    const steps = turn.quotes.length > 1 ? (/** @type {number} */ by) => this.step(by) : null;
    await this.reader.read({ doc, marks, active: String(number), opener, position, steps, foot: this.bar });
  }

  /** Opens a document at a place that is no quote of an answer, or at its beginning: a related passage, a heading, a link. @param {Place} place @param {HTMLElement | null} opener */
  async readAlone(place, opener = null, position = "") {
    this.layers.open({ kind: "read", hash: fragment(place) });
    this.#leave();
    const marks = place.start === undefined || place.heading ? [] : [{ ...place, start: place.start, end: place.end ?? place.start, label: "~", kind: "related" }];
    await this.reader.read({ doc: place.doc, marks, active: marks.length ? "~" : null, at: place.heading ? (place.start ?? null) : null, opener, position });
  }

  /** Opens what the history had open. @param {import("./layers.js").View} view @param {Place | null} place */
  restore({ turn, number, hash }, place) {
    const found = this.events.turns()[turn];
    const citation = found?.quotes.find((each) => each.number === number);
    const shown = citation && fragment(citation) === hash;
    if (shown) this.read(found, citation, /** @type {HTMLElement | null} */ (found.node.querySelector(`.fn-card[data-number="${number}"] .fn-cite`)));
    else if (place) this.readAlone(place, null, place.start === undefined || place.heading ? "" : strings.linkedMark);
  }

  /**
   * Opens two or more documents side by side.
   * @param {Turn} turn
   * @param {SideOfTwo[]} sides
   * @param {HTMLElement | null} opener
   */
  async compare(turn, sides, opener) {
    this.#leave();
    const read = (/** @type {string} */ doc, /** @type {string | null} */ label, /** @type {HTMLElement} */ from) => {
      const citation = turn.quotes.find((each) => each.doc === doc && String(each.number) === label);
      if (citation) this.read(turn, citation, opener ?? from);
      else this.readAlone({ doc, ...sides.find((each) => each.doc === doc)?.marks[0] }, opener ?? from, strings.relatedMark);
    };
    try {
      // Fetched when it is first wanted: few ever open it.
      const { comparison } = await import("./compare.js").catch(() => {
        throw new Trouble("offline");
      });
      const panel = await comparison(sides, { close: () => this.side.close(), read });
      this.layers.open({ kind: "compare", hash: location.pathname + location.search });
      this.reader.left();
      this.side.show(panel, opener, { wide: true });
      panel.querySelector("h2")?.focus();
      // The text is narrower now: what is compared stays in view.
      turn.node.scrollIntoView({ block: "start", behavior: "instant" });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      await this.readAlone({ doc: sides[0].doc }, opener);
    }
  }

  /** @param {number} by */
  step(by) {
    if (!this.turn) return;
    const { quotes } = this.turn;
    this.#go((quotes.findIndex((each) => each === this.citation) + by + quotes.length) % quotes.length);
  }

  /** Something else is open now, or nothing. */
  left() {
    this.#leave();
  }

  /** @param {number} at */
  #go(at) {
    const citation = this.turn?.quotes[at];
    if (this.turn && citation) this.read(this.turn, citation, /** @type {HTMLElement | null} */ (this.#cardOf(citation)?.querySelector(".fn-cite") ?? null));
  }

  /** @param {Quote} citation @returns {HTMLElement | null} */
  #cardOf({ number }) {
    return this.turn?.node.querySelector(`.fn-card[data-number="${number}"]`) ?? null;
  }

  #leave() {
    document.querySelector(".fn-card.is-open")?.classList.remove("is-open");
    this.turn = null;
    this.citation = null;
  }

  #bar() {
    this.buttons = Object.entries(strings.judging).map(([verdict, label]) =>
      el("button", { class: "fn-small", type: "button", "aria-pressed": "false", data: { verdict }, on: { click: () => this.#judge(/** @type {Verdict} */ (verdict)) } }, label));
    this.keeper = button(strings.keep, () => this.#keep(), { name: "fn-small fn-keeper", "aria-pressed": "false" });
    this.count = el("span", { class: "fn-tally", role: "status" });
    return el("div", { class: "fn-desk" },
      el("p", { id: "fn-desk-question" }, strings.checkQuestion),
      el("div", { class: "fn-desk-verdicts", role: "group", "aria-labelledby": "fn-desk-question", title: strings.checkKeys }, this.buttons),
      this.keeper,
      this.count);
  }

  #keep() {
    if (this.turn && this.citation) this.events.tray.toggle(this.citation, this.turn.question);
  }

  /** Says whether the quote that is open is kept. */
  kept() {
    if (!this.citation) return;
    const kept = this.events.tray.has(this.citation);
    this.keeper.setAttribute("aria-pressed", String(kept));
    this.keeper.textContent = kept ? strings.keptNow : strings.keep;
  }

  /** @param {Verdict} verdict */
  #judge(verdict) {
    if (!this.turn || !this.citation) return;
    const { number } = this.citation;
    // The same verdict again takes it back.
    if (this.turn.verdicts[number] === verdict) delete this.turn.verdicts[number];
    else this.turn.verdicts[number] = verdict;
    this.#show();
    this.events.kept();
  }

  #show() {
    const { turn, citation } = this;
    if (!turn || !citation) return;
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(turn.verdicts[citation.number] === button.dataset.verdict));
    }
    this.kept();
    this.count.textContent = tally(turn);
    document.querySelector(".fn-card.is-open")?.classList.remove("is-open");
    const card = this.#cardOf(citation);
    if (card) {
      card.classList.add("is-open");
      card.closest("details")?.setAttribute("open", "");
      showVerdict(card, turn.verdicts[citation.number]);
    }
    const line = /** @type {HTMLElement | null} */ (turn.node.querySelector(".fn-checkline"));
    if (!line) return;
    line.querySelector(".fn-tally")?.replaceChildren(tally(turn));
    line.hidden = !tally(turn);
  }

  // Single letters work only while focus is in the reader, so that they never surprise anyone who types or dictates.
  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.turn || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target instanceof Element ? event.target : null;
    if (!at?.closest("#fn-side") || at.closest("input, textarea")) return;
    const { key } = event;
    if (key === "n") this.step(1);
    else if (key === "p") this.step(-1);
    else if (/^[1-9]$/.test(key)) this.#go(Number(key) - 1);
    else if (key === "k") this.#keep();
    else if (VERDICT_KEYS[key]) this.#judge(VERDICT_KEYS[key]);
    else return;
    event.preventDefault();
  }
}

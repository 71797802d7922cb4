// The checking mode: which answer's quotes the reader stands at, stepping through them, and the verdicts on them.
import { showVerdict, tally } from "./cards.js";
import { comparison } from "./compare.js";
import { el } from "./dom.js";
import { setAddress } from "./links.js";
import { Trouble } from "./server.js";
import { strings } from "./strings.js";

const VERDICT_KEYS = { s: "supports", d: "does not", u: "unclear" };

export class Desk {
  /** @param kept called after a verdict, so that it outlives a reload */
  constructor(reader, kept) {
    this.reader = reader;
    this.kept = kept;
    this.turn = null;
    this.citation = null;
    this.bar = this.#bar();
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** Opens a citation of a turn in the reader. */
  async read(turn, citation, opener) {
    this.turn = turn;
    this.citation = citation;
    const marks = turn.quotes
      .filter((each) => each.doc === citation.doc)
      .map((each) => ({ ...each, label: String(each.number), kind: "quote" }));
    const position = turn.answer.standing === "nearest" ? strings.nearestMark : strings.position(turn.quotes.indexOf(citation) + 1, turn.quotes.length);
    this.#show();
    const steps = turn.quotes.length > 1 ? (by) => this.step(by) : null;
    await this.reader.read({ doc: citation.doc, marks, active: String(citation.number), opener, position, steps, foot: this.bar });
    setAddress(citation);
  }

  /** Opens a passage that is no quote of an answer: a related one, or one from a link. */
  async readAlone(place, opener, position) {
    this.#leave();
    const marks = place.start === undefined ? [] : [{ ...place, label: "~", kind: "related" }];
    await this.reader.read({ doc: place.doc, marks, active: marks.length ? "~" : null, opener, position });
    setAddress(place);
  }

  /**
   * Opens two or more documents side by side.
   * @param sides [{doc, title, marks}]
   */
  async compare(turn, sides, opener) {
    this.#leave();
    const read = (doc, label, from) => {
      const citation = turn.quotes.find((each) => each.doc === doc && String(each.number) === label);
      if (citation) this.read(turn, citation, opener ?? from);
      else this.readAlone({ doc, ...sides.find((each) => each.doc === doc).marks[0] }, opener ?? from, strings.relatedMark);
    };
    try {
      this.reader.showPanel(await comparison(sides, { close: () => this.reader.close(), read }), opener, { wide: true });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      await this.readAlone({ doc: sides[0].doc }, opener, "");
    }
  }

  step(by) {
    if (!this.turn) return;
    const { quotes } = this.turn;
    this.#go((quotes.indexOf(this.citation) + by + quotes.length) % quotes.length);
  }

  closed() {
    this.#leave();
    setAddress(null);
  }

  #go(at) {
    const citation = this.turn.quotes[at];
    if (citation) this.read(this.turn, citation, this.turn.node.querySelector(`.fn-card[data-number="${citation.number}"] .fn-cite`));
  }

  #leave() {
    this.turn?.node.querySelector(".fn-card.is-open")?.classList.remove("is-open");
    this.turn = null;
    this.citation = null;
  }

  #bar() {
    this.buttons = Object.entries(strings.verdicts).map(([verdict, label]) =>
      el("button", { class: "fn-small", type: "button", "aria-pressed": "false", data: { verdict }, on: { click: () => this.#judge(verdict) } }, label));
    this.count = el("span", { class: "fn-tally", role: "status" });
    return el("footer", { class: "fn-desk" },
      el("p", { id: "fn-desk-question" }, strings.checkQuestion),
      el("div", { class: "fn-desk-verdicts", role: "group", "aria-labelledby": "fn-desk-question", title: strings.checkKeys }, this.buttons),
      this.count);
  }

  #judge(verdict) {
    if (!this.turn) return;
    const { number } = this.citation;
    // The same verdict again takes it back.
    if (this.turn.verdicts[number] === verdict) delete this.turn.verdicts[number];
    else this.turn.verdicts[number] = verdict;
    this.#show();
    this.kept();
  }

  #show() {
    const { turn, citation } = this;
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(turn.verdicts[citation.number] === button.dataset.verdict));
    }
    this.count.textContent = strings.checked(turn.quotes.filter((each) => turn.verdicts[each.number]).length, turn.quotes.length);
    document.querySelector(".fn-card.is-open")?.classList.remove("is-open");
    const card = turn.node.querySelector(`.fn-card[data-number="${citation.number}"]`);
    card?.classList.add("is-open");
    if (card) showVerdict(card, turn.verdicts[citation.number]);
    const line = turn.node.querySelector(".fn-checkline .fn-tally");
    if (line) line.textContent = tally(turn);
  }

  // Single letters work only while focus is in the reader, so that they never surprise anyone who types or dictates.
  #key(event) {
    if (!this.turn || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.closest?.("#fn-side") || event.target.closest("input, textarea")) return;
    const { key } = event;
    if (key === "n") this.step(1);
    else if (key === "p") this.step(-1);
    else if (/^[1-9]$/.test(key)) this.#go(Number(key) - 1);
    else if (VERDICT_KEYS[key]) this.#judge(VERDICT_KEYS[key]);
    else return;
    event.preventDefault();
  }
}

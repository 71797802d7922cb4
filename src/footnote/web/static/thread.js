// The text column: questions and their answers, in order, and the asking of them.
import { answerNodes, careNotice, offerRows } from "./answers.js";
import { button, calm, el, heard } from "./dom.js";
import { feedbackLine } from "./feedback.js";
import { questionLink } from "./places.js";
import { copy, download, placeText, quoteText, sheetCsv, sheetMarkdown } from "./references.js";
import { Trouble, ask, check } from "./server.js";
import { strings } from "./strings.js";

const HISTORY_TURNS = 8;
const HISTORY_CHARS = 2000;
const SHOW_WAITING_MS = 300;
const SPOKEN_CHARS = 400;
/** @type {Checked} */
const GONE = { state: "gone", items: [] };

export class Thread {
  /**
   * @typedef {object} Events
   * @property {() => void} kept a turn changed in a way that should outlive a reload
   * @property {() => string[] | null} allowed ids of the documents to ask, or null for all
   * @property {(turn: Turn) => Promise<Offer[]>} next what can be asked or read next
   * @property {import("./tray.js").Tray} tray the kept quotes
   * @property {() => void} askAll the choice of documents is lifted
   * @property {(kind: string) => void} trouble the server was not reached
   */
  /** @param {HTMLElement} host @param {Events} events */
  constructor(host, events) {
    this.events = events;
    /** @type {Turn[]} */
    this.turns = [];
    this.documentsCount = 0;
    /** @type {import("./desk.js").Desk | null} */
    this.desk = null;
    // Not read aloud as a whole, with all that can be pressed: what came is said in one sentence.
    this.list = el("div", { class: "fn-turns", role: "log", "aria-live": "off", "aria-label": strings.chatLabel });
    this.spoken = heard("");
    this.spoken.setAttribute("role", "status");
    this.hello = el("section", { class: "fn-hello" });
    host.append(this.hello, this.list, this.spoken);
  }

  /** Shows the turns of a stored conversation, the newest first; every quote is re-read from the store before it is shown. @param {KeptTurn[]} stored */
  async restore(stored) {
    for (const turn of this.turns) turn.stopper?.abort();
    const turns = (this.turns = stored.map((each) => ({ ...each, shown: null, node: el("article", { class: "fn-turn" }) })));
    this.list.replaceChildren(...turns.map((turn) => turn.node));
    this.#started();
    for (const turn of turns) this.#drawHeading(turn);
    turns.at(-1)?.node.scrollIntoView({ block: "start", behavior: "instant" });
    for (const turn of turns.toReversed()) {
      if (!turn.answer) this.#drawNote(turn, strings.stopped, "is-quiet");
      else this.#settle(turn, turn.answer, await reshown(turn.answer, stored[turns.indexOf(turn)]));
      if (this.turns !== turns) return;
      // What is drawn above the newest turn must not push it down.
      turns.at(-1)?.node.scrollIntoView({ block: "start", behavior: "instant" });
    }
  }

  /**
   * Asks, and shows the answer as a new turn or in place of an old one.
   * @param {string} question
   * @param {{literal?: boolean, replacing?: Turn | null}} options literal: whether to search the words as they are: without what was said before, no subject put in, no spelling mended
   */
  async ask(question, { literal = false, replacing = null } = {}) {
    const text = question.trim();
    if (!text) return;
    const turn = replacing ?? /** @type {Turn} */ ({ node: el("article", { class: "fn-turn" }) });
    const documents = this.events.allowed();
    const all = documents && this.documentsCount ? this.documentsCount : 0;
    Object.assign(turn, { question: text, literal, answer: null, shown: null, quotes: [], verdicts: {}, feedback: undefined, scope: documents ? [documents.length, all] : null });
    const history = literal ? [] : this.#historyBefore(turn);
    turn.followed = history.length > 0;
    if (!replacing) {
      this.turns.push(turn);
      this.list.append(turn.node);
    }
    this.#started();
    turn.stopper?.abort();
    const stopper = (turn.stopper = new AbortController());
    if (documents?.length === 0) {
      this.#drawNote(turn, strings.askedNone);
      return;
    }
    this.#drawHeading(turn);
    turn.node.scrollIntoView({ block: "start", behavior: "instant" });
    // Nothing for a moment: most answers come before anything could be read.
    const waiting = setTimeout(() => stopper === turn.stopper && this.#drawWaiting(turn), SHOW_WAITING_MS);
    try {
      const result = await ask({ question: text, history, documents, literal }, stopper.signal);
      if (stopper !== turn.stopper) return;
      if (result.error) this.#drawNote(turn, [result.error.what, result.error.remedy].filter(Boolean).join("; "));
      else {
        turn.care = result.care;
        this.#settle(turn, result.answer, result.shown);
        this.spoken.textContent = spokenOf(/** @type {AnsweredTurn} */ (turn));
      }
    } catch (error) {
      if (stopper !== turn.stopper) return;
      if (error instanceof Error && error.name === "AbortError") this.#drawNote(turn, strings.stopped, "is-quiet");
      else if (error instanceof Trouble) {
        this.#drawNote(turn, strings[error.kind]);
        this.events.trouble(error.kind);
      } else throw error;
    } finally {
      clearTimeout(waiting);
    }
    this.events.kept();
    turn.node.scrollIntoView({ block: "start", behavior: calm() ? "instant" : "smooth" });
  }

  #started() {
    this.hello.hidden = this.turns.length > 0;
    document.body.classList.toggle("fn-begun", this.turns.length > 0);
  }

  /** @param {Turn} turn @returns {[string, string][]} */
  #historyBefore(turn) {
    const at = this.turns.indexOf(turn);
    return this.turns
      .slice(0, at < 0 ? undefined : at)
      .flatMap(({ answer }) => (answer ? [answer] : []))
      .slice(-HISTORY_TURNS)
      .map((answer) => [answer.interpreted_as, answer.citations.map((each) => each.quote).join(" ").slice(0, HISTORY_CHARS)]);
  }

  /** @param {Turn} asked @param {Answer} answer @param {Shown} shown */
  #settle(asked, answer, shown) {
    const turn = Object.assign(asked, { answer, shown });
    // Someone in danger who got no answer is told where help is, and nothing beside.
    const helpAlone = turn.care && !answer.answered;
    turn.quotes = helpAlone ? [] : quotesOf(answer, shown);
    this.#drawHeading(turn);
    if (turn.care) turn.node.append(careNotice());
    if (helpAlone) return;
    turn.node.append(...this.#understood(turn), ...answerNodes(turn, this.#events(turn)));
    if (turn.scope) turn.node.append(el("p", { class: "fn-scope" }, strings.askedOf(...turn.scope)));
    if (answer.standing === "reply") return;
    turn.node.append(feedbackLine(turn, this.events.kept));
    this.#offer(turn);
  }

  /** What can be asked or read next, beside the newest answer. @param {AnsweredTurn} turn */
  async #offer(turn) {
    const { answer } = turn;
    const asked = new Set(this.turns.map((each) => each.question.toLowerCase()));
    const offers = (await this.events.next(turn)).filter((each) => !asked.has(each.label.toLowerCase()));
    if (turn.answer !== answer) return;
    const rows = offerRows(answer.answered ? strings.nextLabel : strings.nextAnswered, offers, "fn-next");
    if (rows) turn.node.append(rows);
  }

  /** @param {AnsweredTurn} turn @returns {AnswerWays} */
  #events(turn) {
    return {
      read: (citation, opener) => this.desk?.read(turn, citation, opener),
      readRelated: (hit, opener) => this.desk?.readAlone({ ...hit, quote: hit.text }, opener, strings.relatedMark),
      compare: (opener) => this.desk?.compare(turn, sidesOf(turn.quotes), opener),
      compareWith: (hit, opener) => this.desk?.compare(turn, [...sidesOf(turn.quotes).slice(0, 1), { doc: hit.doc, title: hit.title, marks: [{ ...hit, quote: hit.text, label: "~", kind: "related" }] }], opener),
      check: (opener) => this.desk?.read(turn, turn.quotes.find((each) => !turn.verdicts[each.number]) ?? turn.quotes[0], opener),
      sheet: (kind) => (kind === "csv" ? download("checked-quotes.csv", "text/csv", sheetCsv([turn])) : download("checked-quotes.md", "text/markdown", sheetMarkdown([turn]))),
      keep: (quote) => this.events.tray.toggle(quote, turn.question),
      isKept: (quote) => this.events.tray.has(quote),
      edit: () => this.#drawEditor(turn),
      ask: (question) => this.ask(question, { literal: true }),
      link: () => copy(questionLink(turn.question)),
      askAll: () => {
        this.events.askAll();
        this.ask(turn.question, { replacing: turn, literal: turn.literal });
      },
    };
  }

  /** @param {Turn} turn */
  #drawHeading(turn) {
    turn.node.replaceChildren(el("h2", { class: "fn-asked", dir: "auto" }, turn.question));
  }

  /** @param {Turn} turn */
  #drawEditor(turn) {
    const line = /** @type {HTMLElement} */ (turn.node.querySelector(".fn-asked"));
    const box = el("textarea", { rows: "2", maxlength: "2000", "aria-label": strings.edit, dir: "auto" });
    box.value = turn.question;
    const back = () => {
      form.replaceWith(line);
      /** @type {HTMLElement | null} */ (turn.node.querySelector(".fn-answer-menu"))?.focus();
    };
    const send = () => this.ask(box.value, { replacing: turn });
    /** @type {HTMLFormElement} */
    const form = el("form", { class: "fn-editor", on: { submit: (event) => { event.preventDefault(); send(); } } },
      box,
      el("button", { class: "fn-button is-first" }, strings.save),
      button(strings.cancel, back));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") back();
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    line.replaceWith(form);
    box.focus();
    box.select();
  }

  /** Two lines where the quote will stand. @param {Turn} turn */
  #drawWaiting(turn) {
    turn.node.append(
      el("div", { class: "fn-waiting" },
        el("span", { class: "fn-bone", "aria-hidden": "true" }),
        el("span", { class: "fn-bone", "aria-hidden": "true" }),
        el("span", {}, strings.searching),
        button(strings.stop, () => turn.stopper?.abort(), { name: "fn-small fn-stop" })));
  }

  /** @param {Turn} turn @param {string} text */
  #drawNote(turn, text, state = "is-failed") {
    this.#drawHeading(turn);
    turn.node.append(
      el("div", { class: `fn-note ${state}` },
        el("p", { role: state === "is-failed" ? "alert" : null }, text),
        button(strings.askAgain, () => this.ask(turn.question, { replacing: turn, literal: turn.literal }))));
  }

  /** @param {AnsweredTurn} turn */
  #understood(turn) {
    if (turn.answer.interpreted_as === turn.answer.question) return [];
    return [
      el("p", { class: "fn-understood" }, `${strings.understood} `, el("q", { dir: "auto" }, turn.answer.interpreted_as), " ",
        turn.literal ? "" : button(strings.undo, () => this.ask(turn.question, { replacing: turn, literal: true }), { name: "fn-link" })),
    ];
  }
}

/** The numbered quotes of an answer, as they stand now: its citations, or the nearest one, which is no answer. @param {Answer} answer @param {Shown} shown @returns {Quote[]} */
const quotesOf = (answer, shown) =>
  answer.nearest && shown.nearest ? [asNow(answer.nearest, shown.nearest)] : answer.citations.map((citation, n) => asNow(citation, shown.citations[n]));

/** @template {Stretch} Then @template {Checked} Now @param {Then} then @param {Now} now */
const asNow = (then, now) => ({ ...then, ...now, start: now.start ?? then.start, end: now.end ?? then.end });

/** What came, for those who listen: how it stands, the first quote, and its place. @param {AnsweredTurn} turn */
function spokenOf({ answer, quotes: [first] }) {
  const told = answer.answered ? strings.answeredSpoken : answer.explanation || strings.refusal;
  return first ? `${told} ${quoteText(first).slice(0, SPOKEN_CHARS)} (${placeText(first)})` : told;
}

/** The quotes of an answer by document, in the order of the quotes. @param {Quote[]} quotes */
function sidesOf(quotes) {
  /** @type {Map<string, SideOfTwo>} */
  const sides = new Map();
  for (const each of quotes) {
    const side = sides.get(each.doc) ?? { doc: each.doc, title: each.title, marks: [] };
    sides.set(each.doc, side);
    side.marks.push({ ...each, label: String(each.number), kind: "quote" });
  }
  return [...sides.values()];
}

/** What a stored answer shows now. @param {Answer} answer @param {KeptTurn} kept @returns {Promise<Shown>} */
async function reshown(answer, { related, confidence }) {
  const { citations, nearest } = answer;
  const quotes = nearest ? [nearest] : citations;
  const stretches = nearest?.passage ? [{ doc: nearest.doc, ...nearest.passage }, ...related] : related;
  const claims = [
    ...quotes.map(({ doc, start, end, quote, before, after, context }) => ({ doc, start, end, quote, before, after, context })),
    ...stretches.map(({ doc, start, end, text }) => ({ doc, start, end, quote: text })),
  ];
  const checked = claims.length ? await check(claims) : [];
  const [shown, rest] = [checked.slice(0, quotes.length), checked.slice(quotes.length)];
  return {
    confidence,
    citations: nearest ? [] : shown,
    nearest: nearest?.passage ? { ...shown[0], passage: asNow(nearest.passage, rest.shift() ?? GONE) } : null,
    related: related.map((hit, n) => asNow(hit, rest[n])).filter((hit) => hit.items.length),
  };
}

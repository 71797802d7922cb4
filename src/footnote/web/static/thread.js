// The left-hand column: questions and their answers, in order, and the asking of them.
import { answerCards, careNotice, refusal } from "./cards.js";
import { calm, el, icon } from "./dom.js";
import { feedbackLine } from "./feedback.js";
import { download, sheetCsv, sheetMarkdown } from "./references.js";
import { Trouble, ask, check } from "./server.js";
import { strings } from "./strings.js";

const HISTORY_TURNS = 8;
const HISTORY_CHARS = 2000;

export class Thread {
  /**
   * @param kept called when a turn changed in a way that should outlive a reload
   * @param allowed gives the ids of the documents to ask, or null for all
   */
  constructor(host, kept, allowed) {
    this.kept = kept;
    this.allowed = allowed;
    this.turns = [];
    this.starters = [];
    this.list = el("div", { class: "fn-turns", role: "log", "aria-label": strings.chatLabel });
    this.hello = el("section", { class: "fn-hello" }, el("p", { class: "fn-hint", role: "status" }, strings.starting));
    host.append(this.hello, this.list);
  }

  /** The start screen: what this is, and questions that are sure to be answered. */
  greet(starters) {
    this.starters = starters;
    this.#hail();
  }

  #hail() {
    this.hello.replaceChildren(
      el("h1", {}, strings.startTitle),
      el("p", { class: "fn-lede" }, strings.startText),
      this.#chips(this.#open().slice(0, 5), strings.startersLabel) ?? "");
  }

  /** Starters whose documents are asked. */
  #open() {
    const allowed = this.allowed();
    return this.starters.filter((each) => allowed === null || allowed.includes(each.doc)).map((each) => each.question);
  }

  trouble(retry) {
    this.hello.replaceChildren(
      el("p", { class: "fn-hint", role: "alert" }, strings.startFailed),
      el("button", { class: "fn-button", type: "button", on: { click: retry } }, strings.tryAgain));
  }

  /** Shows the turns of a stored conversation; every quote is re-read from the store before it is shown. */
  async restore(stored) {
    for (const turn of this.turns) turn.stopper?.abort();
    this.turns = stored.map((each) => ({ ...each, node: el("article", { class: "fn-turn" }) }));
    this.list.replaceChildren(...this.turns.map((turn) => turn.node));
    this.#started();
    for (const turn of this.turns) this.#drawHeading(turn);
    for (const turn of this.turns) {
      if (!turn.answer) this.#drawNote(turn, strings.stopped, "is-quiet");
      else this.#settle(turn, turn.answer, await reshown(turn));
    }
    this.turns.at(-1)?.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  /**
   * Asks, and shows the answer as a new turn or in place of an old one.
   * @param literal whether to search the question as it stands, without what was said before
   */
  async ask(question, { literal = false, replacing = null } = {}) {
    const text = question.trim();
    if (!text) return;
    const turn = replacing ?? { node: el("article", { class: "fn-turn" }) };
    const documents = this.allowed();
    const all = documents && this.documentsCount ? this.documentsCount : 0;
    Object.assign(turn, { question: text, literal, answer: null, shown: null, citations: [], verdicts: {}, feedback: undefined, scope: documents ? [documents.length, all] : null });
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
    this.#drawWaiting(turn);
    try {
      const result = await ask({ question: text, history, documents }, stopper.signal);
      if (stopper !== turn.stopper) return;
      if (result.error) this.#drawNote(turn, [result.error.what, result.error.remedy].filter(Boolean).join("; "));
      else {
        turn.care = result.care;
        this.#settle(turn, result.answer, result.shown);
      }
    } catch (error) {
      if (stopper !== turn.stopper) return;
      if (error.name === "AbortError") this.#drawNote(turn, strings.stopped, "is-quiet");
      else if (error instanceof Trouble) this.#drawNote(turn, strings[error.kind]);
      else throw error;
    }
    this.kept();
    turn.node.scrollIntoView({ block: "start", behavior: calm() ? "instant" : "smooth" });
  }

  #started() {
    this.hello.hidden = this.turns.length > 0;
    document.body.classList.toggle("fn-begun", this.turns.length > 0);
  }

  #historyBefore(turn) {
    const at = this.turns.indexOf(turn);
    return this.turns
      .slice(0, at < 0 ? undefined : at)
      .filter((each) => each.answer)
      .slice(-HISTORY_TURNS)
      .map(({ answer }) => [answer.interpreted_as, answer.citations.map((each) => each.quote).join(" ").slice(0, HISTORY_CHARS)]);
  }

  #settle(turn, answer, shown) {
    turn.answer = answer;
    turn.shown = shown;
    turn.citations = answer.citations.map((citation, n) => ({ ...citation, ...shown.citations[n] }));
    this.#drawHeading(turn);
    if (turn.care) turn.node.append(careNotice());
    // Someone in danger is told where help is, and then an answer or nothing: no refusal, no rating, no other questions.
    if (turn.care && !answer.answered) return;
    turn.node.append(...this.#understood(turn), ...(answer.answered ? answerCards(turn, this.#events(turn)) : refusal(turn, this.#events(turn))));
    if (turn.scope) turn.node.append(el("p", { class: "fn-scope" }, strings.askedOf(...turn.scope)));
    if (answer.reason !== "small_talk") turn.node.append(feedbackLine(turn, this.kept));
    const next = this.#followUps(turn);
    if (next) turn.node.append(next);
  }

  #events(turn) {
    return {
      read: (citation, opener) => this.desk.read(turn, citation, opener),
      readRelated: (hit, opener) => this.desk.readAlone({ ...hit, quote: hit.text }, opener, strings.relatedMark),
      compare: (opener) => this.desk.compare(turn, sidesOf(turn.citations), opener),
      compareWith: (hit, opener) => this.desk.compare(turn, [...sidesOf(turn.citations).slice(0, 1), { doc: hit.doc, title: hit.title, marks: [{ ...hit, quote: hit.text, label: "~", kind: "related" }] }], opener),
      check: () => this.desk.read(turn, turn.citations.find((each) => !turn.verdicts[each.number]) ?? turn.citations[0], turn.node.querySelector(".fn-check")),
      sheet: (kind) => (kind === "csv" ? download("checked-quotes.csv", "text/csv", sheetCsv([turn])) : download("checked-quotes.md", "text/markdown", sheetMarkdown([turn]))),
    };
  }

  #drawHeading(turn) {
    const edit = el("button", { class: "fn-plain fn-edit", type: "button", "aria-label": strings.edit, title: strings.edit, on: { click: () => this.#drawEditor(turn) } }, icon("pen"));
    turn.node.replaceChildren(el("div", { class: "fn-asked-line" }, el("h2", { class: "fn-asked", dir: "auto" }, turn.question), edit));
  }

  #drawEditor(turn) {
    const box = el("textarea", { rows: "2", maxlength: "2000", "aria-label": strings.edit, dir: "auto" });
    box.value = turn.question;
    const back = () => {
      form.replaceWith(line);
      line.querySelector(".fn-edit").focus();
    };
    const send = () => this.ask(box.value, { replacing: turn });
    const form = el("form", { class: "fn-editor", on: { submit: (event) => { event.preventDefault(); send(); } } },
      box,
      el("button", { class: "fn-button is-first" }, strings.save),
      el("button", { class: "fn-button", type: "button", on: { click: back } }, strings.cancel));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") back();
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const line = turn.node.querySelector(".fn-asked-line");
    line.replaceWith(form);
    box.focus();
  }

  #drawWaiting(turn) {
    this.#drawHeading(turn);
    turn.node.append(
      el("div", { class: "fn-waiting" },
        el("span", { class: "fn-pulse", "aria-hidden": "true" }),
        el("span", {}, strings.searching),
        el("button", { class: "fn-small fn-stop", type: "button", on: { click: () => turn.stopper.abort() } }, strings.stop)));
    turn.node.scrollIntoView({ block: "start", behavior: "instant" });
  }

  #drawNote(turn, text, state = "is-failed") {
    this.#drawHeading(turn);
    turn.node.append(
      el("div", { class: `fn-note ${state}` },
        el("p", { role: state === "is-failed" ? "alert" : null }, text),
        el("button", { class: "fn-button", type: "button", on: { click: () => this.ask(turn.question, { replacing: turn }) } }, strings.askAgain)));
  }

  #understood(turn) {
    if (turn.answer.interpreted_as === turn.answer.question) return [];
    return [
      el("p", { class: "fn-understood" }, `${strings.understood} `, el("q", { dir: "auto" }, turn.answer.interpreted_as), " ",
        turn.followed ? el("button", { class: "fn-link", type: "button", on: { click: () => this.ask(turn.question, { replacing: turn, literal: true }) } }, strings.undo) : ""),
    ];
  }

  // Only questions that the index is known to answer are offered; those near to what was said come first.
  #followUps(turn) {
    const asked = new Set(this.turns.map((each) => each.question.toLowerCase()));
    const near = wordsOf([turn.question, ...turn.citations.flatMap((each) => [each.quote, ...each.heading_path])].join(" "));
    const open = this.#open()
      .filter((starter) => !asked.has(starter.toLowerCase()))
      .map((starter) => ({ starter, shared: [...wordsOf(starter)].filter((word) => near.has(word)).length }))
      .sort((a, b) => b.shared - a.shared);
    return this.#chips(open.slice(0, 3).map((each) => each.starter), strings.followUps, "fn-next");
  }

  #chips(questions, label, name = "") {
    if (!questions.length) return null;
    return el("ul", { class: `fn-chips ${name}`, "aria-label": label }, questions.map((question) =>
      el("li", {}, el("button", { class: "fn-chip", type: "button", dir: "auto", on: { click: () => this.ask(question) } }, question))));
  }
}

/** The quotes of an answer by document, in the order of the quotes. */
function sidesOf(citations) {
  const sides = new Map();
  for (const each of citations) {
    if (!sides.has(each.doc)) sides.set(each.doc, { doc: each.doc, title: each.title, marks: [] });
    sides.get(each.doc).marks.push({ ...each, label: String(each.number), kind: "quote" });
  }
  return [...sides.values()];
}

const wordsOf = (text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []);

/** What a stored answer shows now. */
async function reshown({ answer, related, confidence }) {
  const claims = answer.citations.map(({ doc, start, end, quote, before, after, context }) => ({ doc, start, end, quote, before, after, context }));
  const near = related.map(({ doc, start, end, text }) => ({ doc, start, end, quote: text }));
  const standing = claims.length + near.length ? await check([...claims, ...near]) : [];
  const rest = standing.slice(claims.length);
  return {
    confidence,
    citations: standing.slice(0, claims.length).map((each) => ({ ...each })),
    related: related.map((hit, n) => ({ ...hit, ...rest[n] })).filter((hit) => hit.items.length),
  };
}

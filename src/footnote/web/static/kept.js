// Conversations, kept in this browser alone. What is read back is checked as if it came from anyone.

const KEY = "footnote.conversations";
const MOST = 60;
/** Reasons of answers that are fixed replies. */
const REPLIES = new Set(["small_talk", "beyond_quoting", "care"]);

/** @param {unknown} value @returns {value is string} */
export const isText = (value, longest = 20_000) => typeof value === "string" && value.length <= longest;
/** @param {unknown} value @returns {value is number} */
const isCount = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
/** @param {unknown} value @returns {value is string[]} */
const isPath = (value) => Array.isArray(value) && value.length <= 32 && value.every((each) => isText(each, 2000));
/** What was stored: anything. @typedef {any} Stored */

const isPlace = (/** @type {Stored} */ value) =>
  value && isText(value.doc, 1000) && isText(value.title, 2000) && isCount(value.start) && isCount(value.end) && isPath(value.heading_path) && (value.page === null || isCount(value.page));
const isContext = (/** @type {Stored} */ value) => value === null || value === undefined || (isCount(value.start) && isCount(value.end) && isText(value.text));

/** @param {Stored} value @returns {Citation | null} */
export function citation(value) {
  if (!isPlace(value) || !isCount(value.number) || !isText(value.quote) || !isContext(value.context)) return null;
  const { number, doc, title, start, end, quote, heading_path, page, context = null } = value;
  const answer = isCount(value.answer?.start) && isCount(value.answer?.end) ? { start: value.answer.start, end: value.answer.end } : null;
  const [before, after] = [value.before, value.after].map((text) => (isText(text, 200) ? text : ""));
  return { number, doc, title, start, end, quote, heading_path, page, context, before, after, answer };
}

/** The nearest quote, and the passage that it is shown in. @param {Stored} value */
function nearest(value) {
  const made = value ? citation(value) : null;
  const passage = value?.passage;
  if (!made || !isCount(passage?.start) || !isCount(passage.end) || !isText(passage.text)) return null;
  return { ...made, passage: { start: passage.start, end: passage.end, text: passage.text } };
}

/** @param {Stored} value @returns {Hit | null} */
function hit(value) {
  if (!isPlace(value) || !isText(value.text)) return null;
  const { doc, title, start, end, text, heading_path, page } = value;
  return { doc, title, start, end, text, heading_path, page, also: value.also === true };
}

const LEVELS = ["very likely", "likely", "perhaps", "unsure"];
const KINDS = ["good", "bad", "wrong_passage", "not_answered", "should_have_abstained"];

/** @param {Stored} value @returns {Said | undefined} */
function said(value) {
  if (!value || !isText(value.turn, 60) || !KINDS.includes(value.kind)) return undefined;
  const right = (/** @type {Stored} */ each) => each && isText(each.doc, 1000) && isCount(each.start) && isCount(each.end) && isText(each.quote);
  const correct = (Array.isArray(value.correct) ? value.correct : []).filter(right).map((/** @type {Stored} */ { doc, start, end, quote }) => ({ doc, start, end, quote }));
  return { turn: value.turn, kind: value.kind, correct };
}

const VERDICTS = ["supports", "does not", "unclear"];

/** @param {Stored} value */
const isChoice = (value) => Boolean(value) && isText(value.label, 200) && isText(value.question, 4000) && (value.doc === null || isText(value.doc, 1000));

/** @param {Stored} value @returns {KeptTurn | null} */
function turn(value) {
  if (!value || !isText(value.question, 2000)) return null;
  /** @type {KeptTurn} */
  const made = { question: value.question, literal: value.literal === true, followed: value.followed === true, care: value.care === true, answer: null, related: [], verdicts: {}, quotes: [], confidence: "unsure" };
  const { answer } = value;
  if (!answer || !isText(answer.interpreted_as, 4000) || !Array.isArray(answer.citations)) return made;
  const citations = /** @type {(Citation | null)[]} */ (answer.citations.map(citation));
  if (!citations.every((each) => each !== null)) return made;
  const near = citations.length ? null : nearest(answer.nearest);
  made.answer = {
    question: isText(answer.question, 4000) ? answer.question : value.question,
    interpreted_as: answer.interpreted_as,
    answered: citations.length > 0,
    // From what is there, not as stored: conversations from before there were standings have none.
    standing: citations.length ? "answered" : REPLIES.has(answer.reason) ? "reply" : near ? "nearest" : "absent",
    confidence: Number.isFinite(answer.confidence) ? answer.confidence : 0,
    reason: isText(answer.reason, 40) ? /** @type {Answer["reason"]} */ (answer.reason) : null,
    explanation: isText(answer.explanation) ? answer.explanation : "",
    missing_words: isPath(answer.missing_words) ? answer.missing_words : [],
    choices: (Array.isArray(answer.choices) ? answer.choices : []).filter(isChoice),
    fingerprint: isText(answer.fingerprint, 200) ? answer.fingerprint : "",
    track_record: isCount(answer.track_record?.right) && isCount(answer.track_record?.of) ? { right: answer.track_record.right, of: answer.track_record.of } : null,
    citations,
    nearest: near,
  };
  made.related = (Array.isArray(value.related) ? value.related : []).map(hit).filter(Boolean);
  made.feedback = said(value.feedback);
  made.scope = Array.isArray(value.scope) && value.scope.length === 2 && value.scope.every(isCount) ? value.scope : null;
  made.confidence = LEVELS.includes(value.confidence) ? value.confidence : "unsure";
  for (const each of near ? [near] : citations) {
    const verdict = value.verdicts?.[each.number];
    if (VERDICTS.includes(verdict)) made.verdicts[each.number] = verdict;
  }
  return made;
}

/** @param {Stored} value @returns {Conversation | null} */
function conversation(value) {
  if (!value || !isText(value.id, 60) || !isText(value.name, 200) || !Array.isArray(value.turns)) return null;
  return { id: value.id, name: value.name, at: isCount(value.at) ? value.at : null, turns: value.turns.map(turn).filter(Boolean) };
}

/** What of a turn is kept: the answer and its places, never how it was drawn. @param {Turn} turn */
export function storable({ question, literal, followed, care, answer, shown, quotes, verdicts, feedback, scope }) {
  const related = (shown?.related ?? []).map(hit).filter(Boolean);
  if (!answer) return { question, literal, care };
  const { hits: _hits, related: _related, ...rest } = /** @type {Answer & {hits?: unknown, related?: unknown}} */ (answer);
  return { question, literal, followed, care, answer: { ...rest, citations: answer.answered ? quotes.map(citation) : [], nearest: nearest(quotes[0]) }, related, confidence: shown?.confidence, verdicts, feedback, scope };
}

export class Kept {
  constructor() {
    this.list = /** @type {Conversation[]} */ ([]);
    this.current = /** @type {Conversation | null} */ (null);
    this.#load();
  }

  #load() {
    let read = null;
    try {
      read = JSON.parse(localStorage.getItem(KEY) ?? "null");
    } catch {
      // Storage is switched off or holds something else: a fresh start.
    }
    this.list = (Array.isArray(read?.list) ? read.list : []).map(conversation).filter(Boolean).slice(0, MOST);
    this.current = this.list.find((each) => each.id === read?.current) ?? null;
  }

  /** Keeps the turns as the current conversation, which begins with its first question. @param {Turn[]} turns */
  keep(turns) {
    if (!this.current && turns.length) {
      this.current = { id: crypto.randomUUID?.() ?? String(Math.random()).slice(2), name: turns[0].question.slice(0, 120), at: null, turns: [] };
      this.list.unshift(this.current);
    }
    if (this.current) Object.assign(this.current, { turns: turns.map(storable), at: Date.now() });
    this.#save();
  }

  /** @param {string | null} id @returns {KeptTurn[]} */
  select(id) {
    this.current = this.list.find((each) => each.id === id) ?? null;
    this.#save();
    return this.current?.turns.map(turn).filter((each) => each !== null) ?? [];
  }

  /** @param {string} id @param {string} name */
  rename(id, name) {
    const found = this.list.find((each) => each.id === id);
    if (found && name.trim()) found.name = name.trim().slice(0, 120);
    this.#save();
  }

  /** @param {string} id */
  remove(id) {
    this.list = this.list.filter((each) => each.id !== id);
    if (this.current?.id === id) this.current = null;
    this.#save();
  }

  clear() {
    this.list = [];
    this.current = null;
    this.#save();
  }

  #save() {
    this.list = this.list.slice(0, MOST);
    for (;;) {
      try {
        localStorage.setItem(KEY, JSON.stringify({ current: this.current?.id ?? null, list: this.list }));
        return;
      } catch {
        // The browser's room is used up, or storage is off: the oldest conversation gives way, the current one stays.
        const oldest = this.list.findLast((each) => each !== this.current);
        if (!oldest) return;
        this.list.splice(this.list.indexOf(oldest), 1);
      }
    }
  }
}

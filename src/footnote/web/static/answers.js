// Draws what an answer shows: quotes with their one quiet line, the nearest passage, related passages, refusals. It decides nothing.
import { draw, textOf } from "./blocks.js";
import { bdi, button, el, heard, icon, place } from "./dom.js";
import { feedbackEntries, pointer } from "./feedback.js";
/** @import { Entry } from "./menu.js" */
import { menu } from "./menu.js";
import { permalink } from "./places.js";
import { copy, markdown, plain, quoteText } from "./references.js";
import { strings } from "./strings.js";
import { cited } from "./tray.js";

const SHORT_CHARS = 240; // what is longer is set at reading size
const TINTS = 4;
/** Text whose first letter is of a script that is written from right to left. */
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** The tint that a quote's number, its mark and its tick wear. @param {number} number */
export const tintOf = (number) => ((number - 1) % TINTS) + 1;

/**
 * What an answer shows, by how it stands.
 * @param {AnsweredTurn} turn
 * @param {AnswerWays} on
 * @returns {HTMLElement[]}
 */
export const answerNodes = (turn, on) => ({ answered, nearest, absent, reply })[turn.answer.standing](turn, on).filter((node) => node !== null);

/** @param {AnsweredTurn} turn @param {AnswerWays} on */
function answered(turn, on) {
  const { answer, quotes } = turn;
  const cards = quotes.map((quote) => card(turn, quote, on));
  // What has to be said with the quotes stands above them, and is of all of them: none is weaker.
  if (answer.explanation && !turn.care)
    return [el("p", { class: "fn-nearest-said" }, answer.explanation), el("ol", { class: "fn-cards" }, cards), meant(turn, on), related(turn, strings.related(turn.shown.related.length), on, { folded: false }), checkLine(turn, on)];
  const [first, ...weaker] = cards;
  const fold = weaker.length
    ? el("details", { class: "fn-weaker" }, el("summary", {}, strings.weaker(weaker.length)), el("ol", { class: "fn-cards" }, weaker))
    : null;
  return [el("ol", { class: "fn-cards" }, first), fold, meant(turn, on), related(turn, strings.related(turn.shown.related.length), on, { folded: false }), checkLine(turn, on)];
}

/** The best passage, open, under the word that it is no answer for certain. @param {AnsweredTurn} turn @param {AnswerWays} on */
function nearest(turn, on) {
  const { answer, shown, quotes } = turn;
  return [
    el("p", { class: "fn-nearest-said" }, answer.explanation),
    el("ol", { class: "fn-cards" }, card(turn, quotes[0], on)),
    meant(turn, on),
    turn.scope ? el("div", { class: "fn-ways" }, button(strings.askAll, on.askAll)) : null,
    related(turn, strings.related(shown.related.length), on),
  ];
}

/** What the question may mean, where it says not which: each is asked by a press. @param {AnsweredTurn} turn @param {AnswerWays} on */
function meant({ answer }, on) {
  if (!answer.choices.length) return null;
  return el("div", { class: "fn-meant", role: "group", "aria-label": strings.whichIsMeant },
    el("p", { class: "fn-label", "aria-hidden": "true" }, strings.whichIsMeant),
    answer.choices.map((choice) => button(choice.label, () => on.ask(choice.question), { name: "fn-button" })));
}

const reply = (/** @type {AnsweredTurn} */ { answer }) => [el("p", { class: "fn-reply" }, answer.explanation)];

/** @param {AnsweredTurn} turn @param {AnswerWays} on */
function absent(turn, on) {
  const { answer, shown } = turn;
  // The engine's sentence often names them already.
  const unsaid = answer.missing_words.every((word) => answer.explanation.includes(word)) ? [] : answer.missing_words;
  const words = unsaid.flatMap((word, n) => [n ? " " : null, el("span", { class: "fn-word", dir: "auto" }, word)]);
  return [
    el("div", { class: "fn-refusal" },
      el("p", { class: "fn-refusal-head" }, turn.scope ? strings.refusalIn(...turn.scope) : strings.refusal),
      answer.explanation ? el("p", {}, answer.explanation) : null,
      words.length ? el("p", { class: "fn-missing" }, `${strings.missing} `, words) : null),
    el("div", { class: "fn-ways" },
      turn.scope ? button(strings.askAll, on.askAll) : null,
      button(strings.edit, on.edit),
      menu(icon("more"), { class: "fn-plain fn-answer-menu", "aria-label": strings.moreOf }, () => [questionEntries(on).slice(1), feedbackEntries(turn)])),
    related(turn, strings.relatedNotAnswer(shown.related.length), on),
  ];
}

/** Where help is, before anything else is said. */
export function careNotice() {
  return el("section", { class: "fn-care", role: "note", "aria-label": strings.careTitle },
    el("p", { class: "fn-care-title" }, strings.careTitle),
    strings.care.map((line) => el("p", {}, line)));
}

const drawExcerpt = (/** @type {Item[]} */ items, /** @type {Mark[]} */ marks = []) => draw(items, marks, { excerpt: true });

/** The words of a quote that answer, where the engine names them. @param {Quote} quote */
const answering = ({ answer }) => (answer ? [{ ...answer, label: "", kind: "answer" }] : []);

const isTable = (/** @type {{items: Item[]}} */ { items }) => items[0]?.kind === "table";

/** What of a passage is drawn: the headings above it are left to its place. @param {{items: Item[]}} passage */
const bodyOf = ({ items }) => items.slice(Math.max(0, items.findIndex((item) => item.kind !== "heading")));

/** Whether a quote still stands, here or elsewhere in its document. @param {Quote} quote */
const stands = ({ state }) => state === "exact" || state === "moved";

/** The quote itself, or the nearest one marked inside its passage, where that still stands; rows of a table stand alone. @param {Quote} quote */
function quoted(quote) {
  if (!stands(quote)) return [el("p", { class: "fn-void", dir: "auto" }, quote.quote)];
  if (!quote.passage) return drawExcerpt(quote.items, quote.state === "exact" ? answering(quote) : []);
  const alone = isTable(quote) || !quote.passage.items.length;
  return drawExcerpt(alone ? quote.items : bodyOf(quote.passage), [{ start: quote.start, end: quote.end, label: "", kind: "nearest" }]);
}

/** How a quote is set: prose wears quotation marks, and is large where it is short. @param {Quote} quote */
function setting(quote) {
  const items = quote.passage && !isTable(quote) ? bodyOf(quote.passage) : quote.items;
  if (!stands(quote) || !items.length || items.some((item) => item.kind !== "paragraph")) return "fn-quote";
  return quoteText(quote).length > SHORT_CHARS ? "fn-quote is-prose" : "fn-quote is-prose is-short";
}

/** What has to be in view with a quote, unless it is drawn with it. @param {Quote} quote */
function leadOf({ items, context, context_items: lead, passage }) {
  const inside = context && passage && passage.start <= context.start && context.end <= passage.end;
  return inside || isTable({ items }) ? [] : drawExcerpt(lead ?? []);
}

/** Whether what would stand above a quote is the question itself, which stands there already. @param {string} question @param {Item[]} items */
const saysTheSame = (question, items = []) => items.length === 1 && "runs" in items[0] && lettersIn(textOf(items[0].runs)) === lettersIn(question);
const lettersIn = (/** @type {string} */ text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");

/** @param {AnsweredTurn} turn @param {Quote} citation @param {AnswerWays} on */
function card(turn, citation, on) {
  const { number, title, heading_path: path, page } = citation;
  const lead = saysTheSame(turn.question, citation.context_items) ? [] : leadOf(citation);
  const node = el("li", { dir: RIGHT_TO_LEFT.test(citation.quote) ? "rtl" : null, class: `fn-card is-${citation.state}${citation.passage ? " is-nearest" : ""}`, data: { number, tint: tintOf(number) } });
  /** @type {HTMLButtonElement} */
  const cite = el("button", { class: "fn-cite", type: "button", on: { click: () => { on.read(citation, cite); } } },
    heard(strings.openCitation(number)),
    el("span", { class: "fn-number", "aria-hidden": "true" }, number),
    el("span", { class: "fn-cite-place" }, place(title, path.slice(-1), page === null ? null : `, ${strings.page(page)}`)));
  const first = turn.quotes[0] === citation;
  node.append(
    lead.length ? el("div", { class: "fn-lead" }, lead) : "",
    el("blockquote", { class: setting(citation) }, quoted(citation)),
    el("div", { class: "fn-card-foot" },
      el("div", { class: "fn-card-place" }, cite, state(citation), verdictChip(turn, number)),
      el("div", { class: "fn-card-tools" },
        first && turn.answer.track_record ? sure(turn) : null,
        copyButton(citation),
        menu(icon("more"), { class: "fn-quiet fn-answer-menu", "aria-label": strings.moreOfQuote(number) }, () => entries(turn, citation, on, first)))));
  return node;
}

/** Confidence as a word, where there was a search to be sure of; its counts on pointing at it, or by keyboard. @param {AnsweredTurn} turn */
function sure({ answer, shown }) {
  const told = [strings.confidence[shown.confidence], strings.confidenceHint(answer.confidence), trackRecord(answer)].filter(Boolean);
  return el("span", { class: `fn-sure fn-hinted fn-level-${shown.confidence.replace(" ", "-")}`, tabindex: "0" },
    strings.confidenceWord[shown.confidence],
    el("span", { class: "fn-tip", role: "tooltip" }, `${told.join(". ")}.`));
}

/** How often quotes that were as sure as these proved right when the numbers were fitted. @param {Answer} answer */
const trackRecord = ({ track_record: record }) => (record ? strings.trackRecord(record.right, record.of) : "");

const verdictChip = (/** @type {Turn} */ turn, /** @type {number} */ number) => {
  const verdict = turn.verdicts[number];
  return el("span", { class: "fn-verdict", data: { verdict: verdict ?? "" } }, verdict ? strings.verdicts[verdict] : "");
};

/** @param {Element} node @param {Verdict | undefined} verdict */
export function showVerdict(node, verdict) {
  const chip = /** @type {HTMLElement} */ (node.querySelector(".fn-verdict"));
  chip.dataset.verdict = verdict ?? "";
  chip.textContent = verdict ? strings.verdicts[verdict] : "";
}

/** @param {Quote} citation */
function state(citation) {
  const outdated = citation.file && citation.file !== "same";
  if (citation.state === "exact" && outdated) return el("span", { class: "fn-altered" }, icon("alert"), strings.fileStates[citation.file ?? ""]);
  if (citation.state === "exact") return el("span", { class: "fn-exact", title: strings.exactHint }, icon("check"), heard(strings.exact));
  return el("span", { class: "fn-altered" }, icon("alert"), strings[citation.state]);
}

/** Author, date and address of the document, as far as it states them. @param {Quote} quote */
export function byline({ author, date, source }) {
  const address = /^https?:\/\//.test(source ?? "") ? source?.replace(/^https?:\/\/(www\.)?|\/$/g, "") : "";
  return [author, date, address].filter(Boolean).join(" · ");
}

/** @param {Quote} citation */
function copyButton(citation) {
  return button(strings.copy, (pressed) => copied(pressed, plain(citation)), { name: "fn-quiet fn-copy", "aria-label": strings.copyLabel(citation.number) });
}

/** @param {HTMLElement} pressed @param {string | Promise<string>} text */
async function copied(pressed, text) {
  const done = await Promise.resolve(text).then(copy, () => false);
  flash(pressed, done ? strings.copied : strings.copyFailed);
}

/** Says something for a moment in place of what a button shows. @param {HTMLElement} pressed @param {string} text */
function flash(pressed, text) {
  const before = pressed.firstChild;
  const told = document.createTextNode(text);
  before?.replaceWith(told);
  setTimeout(() => told.replaceWith(before ?? ""), 1600);
}

const questionEntries = (/** @type {AnswerWays} */ on) => [
  { label: strings.edit, run: on.edit },
  { label: strings.copyQuestionLink, run: on.link },
];

/** All else that can be done with a quote; with the first one, also with the whole answer. @param {AnsweredTurn} turn @param {Quote} citation @param {AnswerWays} on @param {boolean} first */
function entries(turn, citation, on, first) {
  /** @type {Entry[]} */
  const forms = [
    { label: on.isKept(citation) ? strings.letGoQuote : strings.keepQuote, run: (pressed) => { on.keep(citation); if (on.isKept(citation)) flash(pressed, strings.keptNow); }, name: "fn-keep" },
    { label: strings.copyMarkdown, run: (pressed) => copied(pressed, markdown(citation)) },
    { label: strings.copyApa, run: (pressed) => copied(pressed, cited("apa", [citation])) },
    { label: strings.copyBibtex, run: (pressed) => copied(pressed, cited("bibtex", [citation])) },
    { label: strings.copyLink, run: (pressed) => copied(pressed, permalink(citation)) },
  ];
  const about = byline(citation) ? [{ note: byline(citation) }] : [];
  if (!first) return [forms, about];
  const told = turn.answer.track_record ? [{ note: [strings.confidenceHint(turn.answer.confidence), trackRecord(turn.answer)].filter(Boolean).join(". ") }] : [];
  return [forms, [...beside(turn, on), ...furtherEntries(turn, on)], questionEntries(on), feedbackEntries(turn), [...about, ...told]];
}

/** @param {AnsweredTurn} turn @param {AnswerWays} on */
function furtherEntries(turn, on) {
  const { answer, shown, quotes } = turn;
  if (!answer.answered) return [];
  const fold = /** @type {HTMLDetailsElement} */ (turn.node.querySelector(".fn-related"));
  const show = () => {
    fold.hidden = false;
    fold.open = true;
    fold.querySelector("summary")?.focus();
  };
  return [
    { label: strings.check(quotes.length), run: on.check, name: "fn-check" },
    shown.related.length ? { label: strings.showRelated(shown.related.length), run: show, name: "fn-show-related" } : null,
  ];
}

/** The way to two documents side by side, where two answer. @param {AnsweredTurn} turn @param {AnswerWays} on @returns {Entry[]} */
function beside(turn, on) {
  if (new Set(turn.quotes.map((each) => each.doc)).size > 1) return [{ label: strings.sideBySide, run: on.compare, name: "fn-beside" }];
  const also = turn.shown.related.find((hit) => hit.also);
  return also ? [{ label: strings.alsoIn(also.title), run: (opener) => on.compareWith(also, opener), name: "fn-beside" }] : [];
}

/** @param {AnsweredTurn} turn @param {string} label @param {AnswerWays} on @param {{folded?: boolean}} options */
function related(turn, label, on, { folded = true } = {}) {
  const hits = turn.shown.related;
  if (!hits.length) return null;
  const elsewhere = (/** @type {Hit} */ hit) => turn.quotes.length && turn.quotes[0].doc !== hit.doc;
  return el("details", { class: "fn-related", hidden: !folded },
    el("summary", {}, label),
    el("ul", {}, hits.map((hit) =>
      el("li", {},
        el("div", { class: "fn-passage" }, drawExcerpt(bodyOf(hit))),
        el("p", { class: "fn-passage-tools" },
          el("button", { class: "fn-place", type: "button", on: { click: (event) => on.readRelated(hit, /** @type {HTMLElement} */ (event.currentTarget)) } },
            heard(`${strings.openPassage}: `), place(hit.title, hit.heading_path.slice(-1), hit.page === null ? null : `, ${strings.page(hit.page)}`)),
          elsewhere(hit) ? button(strings.besideQuote, (opener) => on.compareWith(hit, opener), { name: "fn-quiet" }) : null,
          pointer(turn, hit))))));
}

/** How far the checking has come, and its sheet; only once something was judged. @param {Turn} turn @param {AnswerWays} on */
function checkLine(turn, on) {
  return el("div", { class: "fn-checkline", hidden: !tally(turn) },
    el("span", { class: "fn-tally", role: "status" }, tally(turn)),
    menu(strings.exportSheet, { class: "fn-quiet" }, () => [[
      { label: strings.exportCsv, run: () => on.sheet("csv") },
      { label: strings.exportSheetMarkdown, run: () => on.sheet("markdown") },
    ]]));
}

/** @param {Turn} turn */
export function tally(turn) {
  const done = turn.quotes.filter((each) => turn.verdicts[each.number]).length;
  return done ? strings.checked(done, turn.quotes.length) : "";
}

/** The rows beside an answer: what can be asked or read next. @param {string} label @param {Offer[]} offers */
export function offerRows(label, offers, name = "") {
  if (!offers.length) return null;
  return el("nav", { class: name, "aria-label": label },
    el("p", { class: "fn-label", "aria-hidden": "true" }, label),
    el("ul", { class: "fn-rows" }, offers.map((each) =>
      el("li", {}, el("button", { class: "fn-offer", type: "button", on: { click: (event) => each.run(/** @type {HTMLElement} */ (event.currentTarget)) } }, bdi(each.label), each.note ? el("small", {}, each.note) : null)))));
}

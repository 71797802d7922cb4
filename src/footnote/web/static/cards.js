// Draws what an answer shows: cards, the nearest passage, related passages, refusals. It decides nothing and keeps nothing.
import { draw } from "./blocks.js";
import { bdi, el, icon, place } from "./dom.js";
import { pointer } from "./feedback.js";
import { permalink } from "./links.js";
import { menu } from "./menu.js";
import { bibtex, copy, markdown, plain } from "./references.js";
import { strings } from "./strings.js";

/**
 * What an answer shows, by how it stands.
 * @param on {read(quote, opener), readRelated(hit, opener), compare(opener), compareWith(hit, opener), check(), sheet(kind)}
 */
export const answerNodes = (turn, on) => ({ answered, nearest, absent, reply })[turn.answer.standing](turn, on).filter(Boolean);

function answered(turn, on) {
  const { shown, quotes } = turn;
  const documents = new Set(quotes.map((each) => each.doc)).size;
  return [
    el("div", { class: "fn-sure" },
      el("p", { title: strings.confidenceHint(turn.answer.confidence) },
        el("span", { class: `fn-level fn-level-${shown.confidence.replace(" ", "-")}`, "aria-hidden": "true" }),
        el("b", {}, strings.confidence[shown.confidence]), ` · ${strings.from(quotes.length, documents)}`),
      trackRecord(turn.answer.track_record),
      beside(turn, documents, on)),
    el("ol", { class: "fn-cards" }, quotes.map((quote) => card(turn, quote, on))),
    related(turn, strings.related(shown.related.length), on),
    checkLine(turn, on),
  ];
}

/** The best passage, open, under the word that it is no answer for certain. */
function nearest(turn, on) {
  const { answer, shown, quotes } = turn;
  return [
    el("p", { class: "fn-nearest-said" }, answer.explanation),
    el("ol", { class: "fn-cards" }, card(turn, quotes[0], on)),
    related(turn, strings.related(shown.related.length), on),
  ];
}

const reply = ({ answer }) => [el("p", { class: "fn-reply" }, answer.explanation)];

function absent(turn, on) {
  const { answer, shown } = turn;
  // The engine's sentence often names them already.
  const unsaid = answer.missing_words.every((word) => answer.explanation.includes(word)) ? [] : answer.missing_words;
  const words = unsaid.flatMap((word, n) => [n ? " " : null, el("span", { class: "fn-word", dir: "auto" }, word)]);
  return [
    el("div", { class: "fn-refusal" },
      el("p", { class: "fn-refusal-head" }, strings.refusal),
      answer.explanation ? el("p", {}, answer.explanation) : null,
      words.length ? el("p", { class: "fn-missing" }, `${strings.missing} `, words) : null),
    related(turn, strings.relatedNotAnswer(shown.related.length), on),
  ];
}

/** Where help is, before anything else is said. */
export function careNotice() {
  return el("section", { class: "fn-care", role: "note", "aria-label": strings.careTitle },
    el("p", { class: "fn-care-title" }, strings.careTitle),
    strings.care.map((line) => el("p", {}, line)));
}

/** The way to two documents side by side, where two answer. */
function beside(turn, documents, on) {
  const button = (label, run) => el("button", { class: "fn-small fn-beside", type: "button", on: { click: (event) => run(event.currentTarget) } }, icon("beside"), label);
  if (documents > 1) return button(strings.sideBySide, on.compare);
  const also = turn.shown.related.find((hit) => hit.also);
  return also ? button(strings.alsoIn(also.title), (opener) => on.compareWith(also, opener)) : null;
}

/** How often quotes that were as sure as these proved right when the numbers were fitted. */
const trackRecord = (record) => (record ? el("p", { class: "fn-record" }, strings.trackRecord(record.right, record.of)) : null);

const drawExcerpt = (items, marks = []) => draw(items, marks, { excerpt: true });

/** The words of a quote that answer, where the engine names them. */
const answering = ({ answer }) => (answer ? [{ ...answer, label: "", kind: "answer" }] : []);

const isTable = ({ items }) => items[0]?.kind === "table";

/** What of a passage is drawn: the headings above it are left to its place. */
const bodyOf = ({ items }) => items.slice(Math.max(0, items.findIndex((item) => item.kind !== "heading")));

/** The quote itself, or the nearest one marked inside its passage, where that still stands; rows of a table stand alone. */
function quoted(quote) {
  if (quote.state !== "exact" && quote.state !== "moved") return [el("p", { class: "fn-void", dir: "auto" }, quote.quote)];
  if (!quote.passage) return drawExcerpt(quote.items, quote.state === "exact" ? answering(quote) : []);
  const alone = isTable(quote) || !quote.passage.items.length;
  return drawExcerpt(alone ? quote.items : bodyOf(quote.passage), [{ start: quote.start, end: quote.end, label: "", kind: "nearest" }]);
}

/** What has to be in view with a quote, unless it is drawn with it. */
function leadOf({ items, context, context_items: lead, passage }) {
  const inside = context && passage && passage.start <= context.start && context.end <= passage.end;
  return inside || isTable({ items }) ? [] : drawExcerpt(lead ?? []);
}

function card(turn, citation, on) {
  const stands = citation.state === "exact" || citation.state === "moved";
  const lead = leadOf(citation);
  const node = el("li", { class: `fn-card is-${citation.state}${citation.passage ? " is-nearest" : ""}`, data: { number: citation.number } });
  const cite = el("button", { class: "fn-cite", type: "button", "aria-label": strings.openCitation(citation.number, citation.title), on: { click: () => on.read(citation, cite) } }, `[${citation.number}]`);
  node.append(
    cite,
    el("div", { class: "fn-card-body" },
      lead.length ? el("div", { class: "fn-lead" }, lead) : "",
      el("blockquote", { class: "fn-quote" }, quoted(citation)),
      el("div", { class: "fn-card-foot" },
        el("button", { class: "fn-place", type: "button", on: { click: () => on.read(citation, cite) } },
          place(citation.title, citation.heading_path, citation.page === null ? null : `, ${strings.page(citation.page)}`)),
        byline(citation),
        el("div", { class: "fn-card-tools" },
          state(citation),
          el("span", { class: "fn-verdict", data: { verdict: "" } }),
          stands ? copyMenu(citation) : null))));
  showVerdict(node, turn.verdicts[citation.number]);
  return node;
}

export function showVerdict(node, verdict) {
  const label = node.querySelector(".fn-verdict");
  label.dataset.verdict = verdict ?? "";
  label.textContent = verdict ? strings.verdicts[verdict] : "";
}

function state(citation) {
  const outdated = citation.file && citation.file !== "same";
  if (citation.state === "exact" && outdated) return el("span", { class: "fn-altered" }, icon("alert"), strings.fileStates[citation.file]);
  if (citation.state === "exact") return el("span", { class: "fn-exact", title: strings.exactHint }, icon("check"), strings.exact);
  return el("span", { class: "fn-altered" }, icon("alert"), strings[citation.state]);
}

/** Author, date and address of the document, as far as it states them. */
function byline({ author, date, source }) {
  const address = /^https?:\/\//.test(source ?? "") ? source.replace(/^https?:\/\/(www\.)?|\/$/g, "") : "";
  const said = [author, date, address].filter(Boolean);
  return said.length ? el("span", { class: "fn-byline" }, said.flatMap((part, n) => [n ? " · " : null, bdi(part)])) : null;
}

function copyMenu(citation) {
  const entry = (label, form) => ({
    label,
    run: async (button) => {
      const done = await copy(form(citation));
      button.textContent = done ? strings.copied : strings.copyFailed;
      setTimeout(() => (button.textContent = strings.copy), 1600);
    },
  });
  return menu(strings.copy, { class: "fn-small", "aria-label": strings.copyLabel(citation.number) }, [
    entry(strings.copyPlain, plain),
    entry(strings.copyMarkdown, markdown),
    entry(strings.copyBibtex, bibtex),
    entry(strings.copyLink, permalink),
  ]);
}

function related(turn, label, on) {
  const hits = turn.shown.related;
  if (!hits.length) return null;
  const elsewhere = (hit) => turn.quotes.length && turn.quotes[0].doc !== hit.doc;
  return el("details", { class: "fn-related" },
    el("summary", {}, label),
    el("ul", {}, hits.map((hit) =>
      el("li", {},
        el("button", { class: "fn-place", type: "button", "aria-label": `${strings.openPassage}: ${[hit.title, ...hit.heading_path].join(" › ")}`, on: { click: (event) => on.readRelated(hit, event.currentTarget) } },
          place(hit.title, hit.heading_path, hit.page === null ? null : `, ${strings.page(hit.page)}`)),
        el("div", { class: "fn-passage" }, drawExcerpt(bodyOf(hit))),
        el("p", { class: "fn-passage-tools" },
          elsewhere(hit) ? el("button", { class: "fn-small", type: "button", on: { click: (event) => on.compareWith(hit, event.currentTarget) } }, icon("beside"), strings.besideQuote) : null,
          pointer(turn, hit))))));
}

function checkLine(turn, on) {
  return el("div", { class: "fn-checkline" },
    el("button", { class: "fn-small fn-check", type: "button", on: { click: () => on.check() } }, strings.check),
    el("span", { class: "fn-tally", role: "status" }, tally(turn)),
    menu(strings.exportSheet, { class: "fn-small" }, [
      { label: strings.exportCsv, run: () => on.sheet("csv") },
      { label: strings.exportSheetMarkdown, run: () => on.sheet("markdown") },
    ]));
}

export function tally(turn) {
  const done = turn.quotes.filter((each) => turn.verdicts[each.number]).length;
  return done ? strings.checked(done, turn.quotes.length) : "";
}

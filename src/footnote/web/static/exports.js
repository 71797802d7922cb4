// A conversation as Markdown, HTML and JSON. The JSON holds what is needed to verify every quote again later.
import { draw } from "./blocks.js";
import { el } from "./dom.js";
import { permalink } from "./places.js";
import { download, escapeMarkdown, markdownQuote, placeText, quoteText } from "./references.js";
import { strings } from "./strings.js";

const verdictOf = (/** @type {Turn} */ turn, /** @type {Quote} */ citation) => turn.verdicts[citation.number] ?? null;
const stateOf = (/** @type {Quote} */ citation) => (citation.state === "exact" ? strings.exact : strings[citation.state]);

const quoteJson = (/** @type {Turn} */ turn, /** @type {Quote} */ quote) => ({
  number: quote.number,
  doc: quote.doc,
  title: quote.title,
  start: quote.start,
  end: quote.end,
  quote: quote.quote,
  heading_path: quote.heading_path,
  page: quote.page,
  verdict: verdictOf(turn, quote),
});

/** Why there is no answer; someone in danger is not told again. @param {AnsweredTurn} turn */
const refusalOf = ({ answer, care }) => (answer.answered || care ? "" : answer.explanation || strings.refusal);

/** How sure the answer is, and of which documents it was asked. @param {AnsweredTurn} turn */
const standingOf = ({ answer, shown, scope }) =>
  [answer.track_record ? strings.confidence[shown.confidence] : "", scope ? strings.askedOf(...scope) : ""].filter(Boolean).join(". ");

/** @param {Turn[]} turns @returns {AnsweredTurn[]} */
const answeredOf = (turns) => turns.flatMap((turn) => (turn.answer && turn.shown ? [/** @type {AnsweredTurn} */ (turn)] : []));

/** @param {string} name @param {Turn[]} turns */
export function asJson(name, turns) {
  const told = answeredOf(turns).map((turn) => ({
    question: turn.question,
    interpreted_as: turn.answer.interpreted_as,
    answered: turn.answer.answered,
    standing: turn.answer.standing,
    confidence: turn.answer.confidence,
    reason: turn.answer.reason,
    explanation: refusalOf(turn),
    fingerprint: turn.answer.fingerprint,
    citations: turn.answer.answered ? turn.quotes.map((each) => quoteJson(turn, each)) : [],
    nearest: turn.answer.answered || !turn.quotes.length ? null : quoteJson(turn, turn.quotes[0]),
  }));
  return `${JSON.stringify({ footnote_export: 1, name, exported: new Date().toISOString(), turns: told }, null, 2)}\n`;
}

/** @param {string} name @param {Turn[]} turns */
export function asMarkdown(name, turns) {
  const lines = [`# ${escapeMarkdown(name)}`, "", `*${strings.exportedAt(new Date())}*`, ""];
  for (const turn of answeredOf(turns)) {
    lines.push(`## ${escapeMarkdown(turn.question)}`, "");
    if (turn.answer.interpreted_as !== turn.answer.question) lines.push(`${strings.understood} “${escapeMarkdown(turn.answer.interpreted_as)}”`, "");
    if (standingOf(turn)) lines.push(`${standingOf(turn)}`, "");
    if (refusalOf(turn)) lines.push(`*${escapeMarkdown(refusalOf(turn))}*`, "");
    for (const each of turn.quotes) {
      const verdict = verdictOf(turn, each);
      lines.push(markdownQuote(each), "", `[${each.number}] [${escapeMarkdown(placeText(each))}](${permalink(each)}) · ${stateOf(each)}${verdict ? ` · ${strings.verdicts[verdict]}` : ""}`, "");
    }
  }
  return lines.join("\n");
}

const STYLE = "body{max-width:42rem;margin:3rem auto;padding:0 1rem;font:1rem/1.6 Charter,Georgia,serif}blockquote{margin:0 0 .3rem;padding-left:1rem;border-left:3px solid #0d5b5f}small{color:#566062}table{border-collapse:collapse}th,td{padding:.2rem .8rem .2rem 0;text-align:start;vertical-align:top;border-bottom:1px solid #ccc}";

/** @param {string} name @param {Turn[]} turns */
export function asHtml(name, turns) {
  const page = document.implementation.createHTMLDocument(name);
  page.head.prepend(
    el("meta", { charset: "utf-8" }),
    el("meta", { "http-equiv": "Content-Security-Policy", content: "default-src 'none'; style-src 'unsafe-inline'" }),
    el("style", {}, STYLE));
  page.body.append(el("h1", { dir: "auto" }, name), el("p", {}, el("small", {}, strings.exportedAt(new Date()))));
  for (const turn of answeredOf(turns)) {
    page.body.append(el("h2", { dir: "auto" }, turn.question));
    if (standingOf(turn)) page.body.append(el("p", {}, el("small", {}, standingOf(turn))));
    if (refusalOf(turn)) page.body.append(el("p", { dir: "auto" }, refusalOf(turn)));
    for (const each of turn.quotes) {
      const verdict = verdictOf(turn, each);
      page.body.append(
        el("blockquote", { dir: "auto" }, each.items?.length ? draw(each.items, [], { excerpt: true }) : quoteText(each)),
        el("p", {}, el("small", {}, `[${each.number}] `, el("a", { href: permalink(each) }, placeText(each)), ` · ${stateOf(each)}`, verdict ? ` · ${strings.verdicts[verdict]}` : "")));
    }
  }
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}

/** What the menu offers for the conversation that `told()` gives. @param {() => {name: string, turns: Turn[]}} told */
export function exportEntries(told) {
  const save = (/** @type {string} */ end, /** @type {string} */ type, /** @type {(name: string, turns: Turn[]) => string} */ form) => () => {
    const { name, turns } = told();
    download(`footnote-${new Date().toISOString().slice(0, 10)}.${end}`, type, form(name, turns));
  };
  return [
    { label: strings.exportMarkdown, run: save("md", "text/markdown", asMarkdown) },
    { label: strings.exportHtml, run: save("html", "text/html", asHtml) },
    { label: strings.exportJson, run: save("json", "application/json", asJson) },
    { label: strings.print, run: () => print() },
  ];
}

// What can be asked or read next to an answer: the headings around its quote, and questions that share its words.
import { readContents } from "./server.js";
import { strings } from "./strings.js";

const MOST = 4;

/**
 * @param {Turn} turn its answer
 * @param {string[]} starters questions that are sure to be answered
 * @param {Pick<Ways, "ask" | "read">} on
 * @returns {Promise<Offer[]>}
 */
export async function nextOffers(turn, starters, on) {
  const [quote] = turn.quotes;
  /** @type {Heading[]} */
  let near = [];
  try {
    if (quote) near = around(quote, (await readContents(quote.doc)).documents[0]?.headings ?? []);
  } catch {
    // Without headings the starters stand alone.
  }
  /** @type {Offer[]} */
  const offers = near.map((each) =>
    each.answer
      ? { label: each.text, run: () => on.ask(each.text) }
      : { label: each.text, note: strings.readIt, run: (opener) => on.read({ doc: quote.doc, start: each.start, heading: true }, opener) });
  const said = wordsOf([turn.question, ...turn.quotes.flatMap((each) => [each.quote, ...each.heading_path])].join(" "));
  const sharing = starters
    .map((starter) => ({ starter, shared: [...wordsOf(starter)].filter((word) => said.has(word)).length }))
    .sort((a, b) => b.shared - a.shared)
    .filter(({ starter }) => !offers.some((each) => each.label === starter) && !quote?.heading_path.includes(starter));
  return [...offers, ...sharing.map(({ starter }) => ({ label: starter, run: () => on.ask(starter) }))].slice(0, MOST);
}

/** Headings after and before the one that the quote stands under, the nearest first, but for those it lies under itself. @param {Quote} quote @param {Heading[]} headings */
function around(quote, headings) {
  const at = headings.findLastIndex((each) => each.start <= quote.start);
  const under = new Set(quote.heading_path);
  /** @type {Heading[]} */
  const ordered = [];
  for (let step = 1; step < headings.length && ordered.length < MOST - 1; step++) {
    for (const each of [headings[at + step], headings[at - step]]) if (each && !under.has(each.text)) ordered.push(each);
  }
  return ordered.slice(0, MOST - 1).sort((a, b) => a.start - b.start);
}

const wordsOf = (/** @type {string} */ text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []);

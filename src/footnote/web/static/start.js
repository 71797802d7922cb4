// The first screen: what can be asked, and what the documents are about in their own words.
import { offerRows } from "./answers.js";
import { bdi, button, el, icon } from "./dom.js";
import { strings } from "./strings.js";

const STARTERS = 5;
const ABOUT = 5;

/**
 * What stands on the first screen where there is no document yet: for who may add some, the one thing to do.
 * @param {boolean} owner
 * @param {Ways} on
 */
export function emptyNodes(owner, on) {
  if (!owner) return [el("div", { class: "fn-hello-top" }, el("h1", {}, strings.startTitle), el("p", { class: "fn-lede" }, strings.emptyForGuests))];
  return [
    el("div", { class: "fn-drop is-large" },
      icon("file"),
      el("h1", {}, strings.emptyTitle),
      el("p", { class: "fn-lede" }, strings.emptyText),
      button(strings.chooseFiles, on.choose, { shape: "plus", name: "fn-button is-first" })),
    el("p", { class: "fn-promise" }, strings.emptyPromise),
  ];
}

/**
 * What stands on the first screen.
 * @param {Started} started what the server told
 * @param {string[]} starters questions that are sure to be answered
 * @param {Contents | null} contents titles, first sentences and counts, or null until they are there
 * @param {Ways} on
 */
export function startNodes({ documents, owner, examples }, starters, contents, on) {
  if (!documents.length) return emptyNodes(owner, on);
  const rows = offerRows(strings.startersLabel, starters.slice(0, STARTERS).map((question) => ({ label: question, run: () => on.ask(question) })));
  /** @type {[number, number] | null} */
  const counts = contents && [contents.questions, contents.topics];
  return [
    el("div", { class: "fn-hello-top" },
      el("h1", {}, strings.startTitle),
      el("p", { class: "fn-lede" }, strings.startText(documents.length))),
    el("div", { class: "fn-hello-more" }, rows,
      counts && counts.some(Boolean) ? button(strings.allQuestions(...counts), on.questions, { name: "fn-link fn-more" }) : null),
    about(documents, contents, on, owner && examples.length === documents.length),
  ].filter((node) => node !== null);
}

/** @param {string} text @param {() => void} retry */
export function troubleNodes(text, retry) {
  return [el("div", { class: "fn-hello-top" },
    el("h1", {}, strings.startTitle),
    el("p", { class: "fn-lede", role: "alert" }, text),
    button(strings.tryAgain, retry))];
}

/** @param {Summary[]} documents @param {Contents | null} contents @param {Ways} on @param {boolean} replaceable whether they are the shipped examples, and may go */
function about(documents, contents, on, replaceable) {
  const known = new Map((contents?.documents ?? []).map((each) => [each.doc, each]));
  const one = (/** @type {Summary} */ { doc, title }) => {
    const { first = null, questions = 0, topics = 0 } = known.get(doc) ?? {};
    return el("div", { class: "fn-about" },
      button(bdi(title), (opener) => on.read({ doc }, opener), { name: "fn-about-title" }),
      first ? el("p", { class: "fn-about-first", dir: "auto" }, `“${first.text}”`) : null,
      questions || topics ? el("p", { class: "fn-about-note" }, strings.contentsOf(topics, questions)) : null);
  };
  const more = documents.length - ABOUT;
  return el("section", { class: "fn-hello-side", "aria-label": strings.aboutTitle },
    el("p", { class: "fn-label", "aria-hidden": "true" }, strings.aboutTitle),
    documents.slice(0, ABOUT).map(one),
    more > 0 ? button(strings.allDocuments(documents.length), on.documents, { name: "fn-link fn-more" }) : null,
    replaceable ? el("p", { class: "fn-examples" }, `${strings.examples(documents.length)} `, button(strings.ownDocuments, on.own, { name: "fn-link" })) : null);
}

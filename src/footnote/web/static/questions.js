// All questions that the documents ask themselves, by document, and their headings as topics: read in place, searched while typing.
import { draw, firstOf } from "./blocks.js";
import { bdi, button, el, heard } from "./dom.js";
import { readContents, readDocument } from "./server.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

/** @typedef {Pick<Ways, "ask" | "read"> & {close: () => void}} On */

/** @param {On} on */
export function questionsPanel(on) {
  const body = el("div", {}, el("p", { class: "fn-hint", role: "status" }, strings.reading));
  const told = el("p", { class: "fn-hint", role: "status" });
  /** @type {HTMLInputElement} */
  const box = el("input", { type: "search", class: "fn-field", "aria-label": strings.searchQuestions, placeholder: strings.searchQuestions, on: { input: () => filter(body, box.value, told) } });
  readContents().then(
    (contents) => {
      told.textContent = strings.questionsCount(contents.questions, contents.topics);
      body.replaceChildren(...contents.documents.filter((each) => each.headings.length).map((each) => ofDocument(each, on)));
    },
    () => body.replaceChildren(el("p", { role: "alert" }, strings.offline)));
  return listPanel(strings.questionsTitle, on.close, [el("div", { class: "fn-shelf-tools" }, box), told, body], { name: "fn-questions" });
}

/** @param {Contents["documents"][number]} contents @param {On} on */
function ofDocument({ doc, title, headings }, on) {
  const questions = headings.flatMap(({ text, answer }) => (answer ? [{ text, answer }] : []));
  const topics = headings.filter((each) => !each.answer);
  const top = Math.min(...topics.map((each) => each.level));
  const topic = (/** @type {Heading} */ each) => {
    const row = button(bdi(each.text), (opener) => on.read({ doc, start: each.start, heading: true }, opener), { name: "fn-offer" });
    row.style.setProperty("--depth", String(each.level - top));
    return el("li", { data: { words: each.text.toLowerCase() } }, row);
  };
  return el("section", { "aria-label": title, data: { words: title.toLowerCase() } },
    el("h3", {}, bdi(title)),
    questions.map((each) => question(doc, each, on)),
    topics.length ? el("ul", { class: "fn-rows fn-topics", "aria-label": strings.topicsOf(title) }, topics.map(topic)) : null);
}

/**
 * A question that opens in place to what the document answers.
 * @param {string} doc
 * @param {{text: string, answer: NonNullable<Heading["answer"]>}} heading
 * @param {On} on
 */
function question(doc, { text, answer }, on) {
  const fold = el("details", { data: { words: text.toLowerCase() } }, el("summary", {}, bdi(text)));
  fold.addEventListener("toggle", async () => {
    if (!fold.open || fold.querySelector(".fn-passage")) return;
    const passage = el("div", { class: "fn-passage" });
    fold.append(passage);
    try {
      const { items } = await readDocument(doc);
      passage.append(...draw(within(items, answer), [], { excerpt: true }));
    } catch {
      passage.append(el("p", { role: "alert" }, strings.readFailed));
      return;
    }
    fold.append(el("p", { class: "fn-passage-tools" },
      button(strings.readThere, (opener) => on.read({ doc, start: answer.heading, heading: true }, opener), { name: "fn-place" }),
      button(strings.askThis, () => on.ask(text), { name: "fn-place" }, heard(text))));
  });
  return fold;
}

/** The laid-out items that lie inside a stretch. @param {Item[]} items @param {Stretch} stretch */
const within = (items, { start, end }) => items.filter((item) => firstOf(item).start >= start && firstOf(item).start < end);

/** @param {HTMLElement} body @param {string} value @param {HTMLElement} told */
function filter(body, value, told) {
  const wanted = value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  let found = 0;
  for (const section of /** @type {Iterable<HTMLElement>} */ (body.children)) {
    const whole = wanted.every((word) => section.dataset.words?.includes(word));
    let shown = 0;
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll("[data-words]"))) {
      each.hidden = !whole && !wanted.every((word) => each.dataset.words?.includes(word));
      shown += each.hidden ? 0 : 1;
    }
    section.hidden = !shown;
    found += shown;
  }
  told.textContent = wanted.length ? strings.foundCount(found) : "";
}

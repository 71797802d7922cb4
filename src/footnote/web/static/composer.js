// The question box: asking by Enter, what fits the words while they are typed, and which documents are asked.
import { bdi, el, heard, hostOf, touched } from "./dom.js";
import { suggest } from "./server.js";
import { strings } from "./strings.js";

const LEAST_CHARS = 2;
const MOST_CHARS = 80;
const KINDS = /** @type {const} */ (["question", "topic", "document", "passage"]);

export class Composer {
  /** @param {{ask: (question: string) => void, choose: (suggestion: Suggestion) => void}} on */
  constructor(on) {
    this.on = on;
    this.box = /** @type {HTMLTextAreaElement} */ (document.querySelector("#fn-question textarea"));
    this.list = el("div", { class: "fn-suggestions", id: "fn-suggestions", role: "listbox", "aria-label": strings.suggestions, hidden: true });
    this.chosen = el("p", { class: "fn-chosen", hidden: true });
    hostOf("fn-composer").append(this.chosen, this.list, el("kbd", { class: "fn-key", "aria-hidden": "true" }, "/"));
    this.told = heard("");
    this.told.setAttribute("role", "status");
    this.list.after(this.told);
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-controls", "fn-suggestions"]]) this.box.setAttribute(name, value);
    this.found = /** @type {Suggestion[]} */ ([]);
    this.at = -1;
    this.asked = 0;
    this.looking = false;
    hostOf("fn-question").addEventListener("keydown", (event) => this.#key(event), { capture: true });
    hostOf("fn-ask").addEventListener("click", () => this.#send());
    this.box.addEventListener("input", () => this.#typed());
    this.box.addEventListener("blur", () => this.#close());
    // A press on a suggestion must not take the focus, or the list were gone before the press ended.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  focus() {
    this.box.focus();
  }

  /** Says in the box that only some documents are asked. @param {number} on @param {number} all @param {() => void} lift asks all again */
  narrowed(on, all, lift) {
    this.chosen.hidden = on === all;
    if (on === all) return;
    this.chosen.replaceChildren(strings.chosenOf(on, all), el("button", { type: "button", "aria-label": strings.askAll, title: strings.askAll, on: { click: () => { lift(); this.focus(); } } }, "×"));
  }

  #send() {
    const question = this.box.value;
    this.#close();
    if (!question.trim()) {
      this.focus();
      return;
    }
    this.#empty();
    this.on.ask(question);
    // The next question needs no click into the box.
    if (!touched()) this.focus();
  }

  #empty() {
    // Gradio keeps its own copy of the value; it follows the input event.
    this.box.value = "";
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const { key } = event;
    const open = !this.list.hidden;
    if (key === "Enter" && !event.shiftKey) {
      if (open && this.at >= 0) this.#choose(this.found[this.at]);
      else this.#send();
    } else if (open && (key === "ArrowDown" || key === "ArrowUp")) this.#move(key === "ArrowDown" ? 1 : -1);
    else if (open && key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #typed() {
    const words = fitting(this.box.value);
    const asked = ++this.asked;
    if (!words) {
      this.#close();
      return;
    }
    this.#look(words, asked);
  }

  /** One look at a time: keys that are faster than the server are one. @param {string} words @param {number} asked */
  async #look(words, asked) {
    if (this.looking) return;
    this.looking = true;
    /** @type {Suggestion[]} */
    let found = [];
    try {
      found = await suggest(words);
    } catch {
      // Without suggestions the question is asked as it is typed.
    }
    this.looking = false;
    if (asked === this.asked && document.activeElement === this.box) this.#draw(found, words);
    else if (asked !== this.asked) this.#typedOn();
  }

  #typedOn() {
    const words = fitting(this.box.value);
    if (words && document.activeElement === this.box) this.#look(words, this.asked);
  }

  /** @param {Suggestion[]} found @param {string} words */
  #draw(found, words) {
    this.found = KINDS.flatMap((kind) => found.filter((each) => each.kind === kind));
    this.#mark(-1);
    this.list.hidden = !this.found.length;
    this.told.textContent = this.found.length ? strings.suggestionsCount(this.found.length) : "";
    const groups = KINDS.filter((kind) => this.found.some((each) => each.kind === kind));
    this.list.replaceChildren(...groups.map((kind) =>
      el("div", { role: "group", "aria-label": strings.suggestionKinds[kind] },
        el("p", { class: "fn-label", "aria-hidden": "true" }, strings.suggestionKinds[kind]),
        this.found.map((each, n) => (each.kind === kind ? this.#row(each, n, words) : null)))));
    this.#fit();
  }

  /** What does not fit is left out from the end, so that nothing has to be scrolled. */
  #fit() {
    while (this.found.length > 1 && this.list.scrollHeight > this.list.clientHeight) {
      const row = document.getElementById(`fn-suggestion-${this.found.length - 1}`);
      const group = row?.parentElement;
      (group && group.childElementCount > 2 ? row : group)?.remove();
      this.found.pop();
    }
  }

  /** @param {Suggestion} each @param {number} n @param {string} words */
  #row(each, n, words) {
    const where = [each.title, each.heading].filter((part) => part && part !== each.text).join(" › ");
    return el("div", { class: `fn-suggestion is-${each.kind}`, id: `fn-suggestion-${n}`, role: "option", "aria-selected": "false", on: { click: () => this.#choose(each) } },
      el("span", { dir: "auto" }, emphasised(each.text, words)),
      where ? el("small", {}, bdi(where)) : null);
  }

  /** @param {number} by */
  #move(by) {
    const all = this.found.length;
    // Between the last and the first stands the box itself.
    this.#mark(((this.at + 1 + by + all + 1) % (all + 1)) - 1);
  }

  /** @param {number} at */
  #mark(at) {
    this.at = at;
    for (const row of this.list.querySelectorAll("[role=option]")) row.setAttribute("aria-selected", String(row.id === `fn-suggestion-${at}`));
    const row = at < 0 ? null : document.getElementById(`fn-suggestion-${at}`);
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.box.setAttribute("aria-activedescendant", row.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {Suggestion} each */
  #choose(each) {
    this.#close();
    this.#empty();
    this.on.choose(each);
  }

  #close() {
    this.asked++;
    this.list.hidden = true;
    this.told.textContent = "";
    this.#mark(-1);
  }
}

/** What is looked for while it is typed; empty where it is too little, or already a text. @param {string} value */
function fitting(value) {
  const words = value.trim();
  return words.length < LEAST_CHARS || words.length > MOST_CHARS || words.includes("\n") ? "" : words;
}

/** A text with the beginnings of words that were typed set off. @param {string} text @param {string} words */
function emphasised(text, words) {
  const typed = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return text.split(/(?<![\p{L}\p{N}])(?=[\p{L}\p{N}])/u).flatMap((piece) => {
    const found = typed.filter((word) => piece.toLowerCase().startsWith(word)).sort((a, b) => b.length - a.length)[0];
    return found ? [el("b", {}, piece.slice(0, found.length)), piece.slice(found.length)] : [piece];
  });
}

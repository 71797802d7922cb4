// The list of conversations kept in this browser.
import { confirmed } from "./confirmed.js";
import { el, icon } from "./dom.js";
import { strings } from "./strings.js";

export class Drawer {
  /**
   * @param kept the conversations
   * @param opened called with the turns of a conversation that was chosen; none for a fresh one
   */
  constructor(kept, opened) {
    this.kept = kept;
    this.opened = opened;
    this.button = el("button", { class: "fn-plain", type: "button", "aria-expanded": "false", "aria-label": strings.conversations, title: strings.conversations, on: { click: () => this.show(this.node.hidden) } }, icon("list"));
    this.node = el("section", { class: "fn-drawer", "aria-label": strings.conversations, hidden: true });
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.show(false);
    });
  }

  show(on) {
    this.node.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (on) this.#draw();
    else this.button.focus();
  }

  #choose(id) {
    this.node.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.opened(this.kept.select(id));
  }

  #draw() {
    const { list, current } = this.kept;
    this.node.replaceChildren(
      el("div", { class: "fn-drawer-head" },
        el("h2", { tabindex: "-1" }, strings.conversations),
        el("button", { class: "fn-plain fn-drawer-close", type: "button", "aria-label": strings.closeConversations, on: { click: () => this.show(false) } }, icon("close"))),
      el("p", { class: "fn-hint" }, list.length ? strings.keptHere : strings.noConversations),
      el("ul", {}, list.map((each) => this.#row(each, each === current))),
      list.length ? confirmed(strings.deleteAll, strings.deleteAllSure, () => { this.kept.clear(); this.opened([]); this.#draw(); }) : "");
    this.node.querySelector("h2").focus();
  }

  #row(conversation, current) {
    const name = el("button", { class: "fn-talk", type: "button", dir: "auto", "aria-current": current, on: { click: () => this.#choose(conversation.id) } }, conversation.name);
    const rename = el("button", { class: "fn-plain", type: "button", "aria-label": strings.rename(conversation.name), title: strings.renameShort, on: { click: () => this.#rename(row, conversation) } }, icon("pen"));
    const row = el("li", {}, name, rename,
      confirmed(icon("close"), strings.deleteSure, () => {
        this.kept.remove(conversation.id);
        if (current) this.opened([]);
        this.#draw();
      }, { class: "fn-plain", "aria-label": strings.delete(conversation.name), title: strings.deleteShort }));
    return row;
  }

  #rename(row, conversation) {
    const box = el("input", { type: "text", maxlength: "120", "aria-label": strings.rename(conversation.name), dir: "auto" });
    box.value = conversation.name;
    const done = (save) => {
      if (save) this.kept.rename(conversation.id, box.value);
      this.#draw();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      done(event.key === "Enter");
    });
    row.replaceChildren(box, el("button", { class: "fn-button", type: "button", on: { click: () => done(true) } }, strings.keepName));
    box.select();
  }
}

// The list of conversations kept in this browser.
import { confirmed } from "./confirmed.js";
import { el, icon, iconButton } from "./dom.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

/**
 * The panel of conversations.
 * @param {import("./kept.js").Kept} kept the conversations
 * @param {{close: () => void, opened: (turns: KeptTurn[]) => void, chosen: (turns: KeptTurn[]) => void}} on a conversation was opened, without turns a fresh one; or chosen
 */
export function conversationsPanel(kept, on) {
  const body = el("div", { class: "fn-drawer" });
  const draw = () => {
    const { list, current } = kept;
    body.replaceChildren(
      el("p", { class: "fn-hint" }, list.length ? strings.keptHere : strings.noConversations),
      el("ul", {}, list.map((each) => row(each, each === current))),
      list.length ? confirmed(strings.deleteAll, strings.deleteAllSure, () => { kept.clear(); on.opened([]); draw(); }) : "");
  };
  const row = (/** @type {Conversation} */ conversation, /** @type {boolean} */ current) => {
    const { id, name, at, turns } = conversation;
    const note = [at ? strings.day(at) : "", strings.questionsOf(turns.length)].filter(Boolean).join(", ");
    const line = el("li", {},
      el("button", { class: "fn-talk", type: "button", dir: "auto", "aria-current": current, on: { click: () => on.chosen(kept.select(id)) } }, name),
      el("span", { class: "fn-talk-note" }, note),
      iconButton(strings.rename(name), "pen", () => rename(line, conversation), "fn-rename"),
      confirmed(icon("trash"), strings.deleteSure, () => {
        kept.remove(id);
        if (current) on.opened([]);
        draw();
      }, { class: "fn-plain fn-delete", "aria-label": strings.delete(name), title: strings.deleteShort }));
    return line;
  };
  const rename = (/** @type {HTMLElement} */ line, /** @type {Conversation} */ { id, name }) => {
    const box = el("input", { type: "text", maxlength: "120", "aria-label": strings.rename(name), dir: "auto" });
    box.value = name;
    const done = (/** @type {boolean} */ save) => {
      if (save) kept.rename(id, box.value);
      draw();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      done(event.key === "Enter");
    });
    line.replaceChildren(box, el("button", { class: "fn-button", type: "button", on: { click: () => done(true) } }, strings.keepName));
    box.select();
  };
  draw();
  return listPanel(strings.conversations, on.close, [body], { closeLabel: strings.closeConversations });
}

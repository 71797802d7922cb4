// The bar: the name, the ways to questions and documents, and one menu for all else.
import { button, el, icon } from "./dom.js";
import { exportEntries } from "./exports.js";
import { menu } from "./menu.js";
import { strings } from "./strings.js";

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function paintTheme() {
  document.body.classList.toggle("dark", isDark());
}

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("footnote.theme", theme);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
  paintTheme();
}

/**
 * @param {{fresh: () => void} & Record<"questions" | "documents" | "conversations" | "feedback" | "update" | "keys" | "tray", Press>} on
 * @param {() => {name: string, turns: Turn[]}} told gives the conversation that is exported: {name, turns}
 * @param {() => boolean} owner whether the visitor may change the documents
 * @param {() => number} kept how many quotes are kept
 */
export function masthead(on, told, owner, kept) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintTheme);
  paintTheme();
  const groups = () => [
    [{ label: strings.newConversation, run: on.fresh }, { label: strings.conversations, run: on.conversations }, { label: strings.trayCount(kept()), run: on.tray }],
    told().turns.length ? exportEntries(told) : [],
    owner() ? [{ label: strings.feedbackList, run: on.feedback }, { label: strings.updateIndex, run: on.update }] : [],
    [{ label: isDark() ? strings.toLight : strings.toDark, run: switchTheme }, { label: strings.keys, run: on.keys }],
  ];
  const brand = el("button", { class: "fn-brand", type: "button", title: strings.newConversation, on: { click: on.fresh } }, strings.name, el("sup", { "aria-hidden": "true" }, "1"));
  const label = el("span", { class: "fn-menu-label" }, strings.menu);
  return [
    brand,
    el("nav", { class: "fn-tools", "aria-label": strings.siteLabel },
      button(strings.questionsTitle, on.questions, { name: "fn-plain fn-to-questions" }),
      button(strings.documentsShort, on.documents, { name: "fn-plain fn-documents" }),
      menuWith(icon("list"), label, groups)),
  ];
}

/** @param {Node} shape @param {Node} label @param {Parameters<typeof menu>[2]} groups */
function menuWith(shape, label, groups) {
  const box = menu(shape, { class: "fn-plain fn-main-menu" }, groups);
  box.querySelector("button")?.append(label);
  return box;
}

// A button that discloses a few more.
import { el } from "./dom.js";

const GAP = 4; // pixels between a button and what it opens

/**
 * @typedef {{label: string, run: (button: HTMLElement) => void, name?: string}} Entry
 * @typedef {{note: string}} Note a line that is no button
 */

/**
 * @param {string | Node} label what the button shows
 * @param {Props} props further attributes of the button
 * @param {() => (Entry | Note | null)[][]} groups what the menu offers when it is opened, in groups
 */
export function menu(label, props, groups) {
  const list = el("div", { class: "fn-menu-list", popover: "manual" });
  const button = el("button", { type: "button", "aria-expanded": "false", ...props }, label);
  const box = el("div", { class: "fn-menu" }, button, list);
  const items = () => [...list.querySelectorAll("button")];
  let open = false;
  const show = (/** @type {boolean} */ on) => {
    open = on;
    button.setAttribute("aria-expanded", String(on));
    list.togglePopover(on);
    list.replaceChildren();
    if (!on) return;
    const filled = groups().map((group) => group.filter((each) => each !== null)).filter((group) => group.length);
    list.replaceChildren(...filled.flatMap((group, n) => [...(n ? [el("hr")] : []), ...group.map(entry)]));
    place(list, button);
    items()[0]?.focus();
  };
  const entry = (/** @type {Entry | Note} */ each) => {
    if ("note" in each) return el("p", { class: "fn-menu-note" }, each.note);
    const run = () => {
      show(false);
      button.focus();
      each.run(button);
    };
    return el("button", { type: "button", class: each.name ?? null, on: { click: run } }, each.label);
  };
  // What scrolls or grows moves the button away from under its list.
  for (const event of ["scroll", "resize"]) addEventListener(event, () => open && show(false), { capture: true, passive: true });
  button.addEventListener("click", () => show(!open));
  box.addEventListener("keydown", (event) => {
    if (!open) return;
    const all = items();
    const at = all.findIndex((each) => each === document.activeElement);
    if (event.key === "Escape") {
      show(false);
      button.focus();
    } else if (event.key === "ArrowDown") all[(at + 1) % all.length].focus();
    else if (event.key === "ArrowUp") all[(at - 1 + all.length) % all.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("focusout", (event) => {
    if (open && !(event.relatedTarget instanceof Node && box.contains(event.relatedTarget))) show(false);
  });
  return box;
}

/** Below the button, ending where it ends; above it, or at the page's edge, where there is no room. @param {HTMLElement} list @param {HTMLElement} button */
function place(list, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = list;
  const start = getComputedStyle(button).direction === "rtl" ? at.left : at.right - wide;
  const below = at.bottom + GAP + high <= innerHeight || at.top < high + GAP;
  list.style.left = `${Math.max(GAP, Math.min(start, innerWidth - wide - GAP))}px`;
  list.style.top = `${below ? Math.min(at.bottom + GAP, Math.max(GAP, innerHeight - high - GAP)) : at.top - high - GAP}px`;
}

// A button that discloses a few more.
import { el } from "./dom.js";

/**
 * @param label what the button shows
 * @param props further attributes of the button
 * @param entries [{label, run}]
 */
export function menu(label, props, entries) {
  const list = el("div", { class: "fn-menu-list", hidden: true });
  const button = el("button", { type: "button", "aria-expanded": "false", ...props }, label);
  const box = el("div", { class: "fn-menu" }, button, list);
  const show = (on) => {
    list.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    if (on) list.firstElementChild.focus();
  };
  list.append(
    ...entries.map((entry) =>
      el("button", { type: "button", on: { click: () => { show(false); button.focus(); entry.run(button); } } }, entry.label)),
  );
  button.addEventListener("click", () => show(list.hidden));
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const items = [...list.children];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") {
      show(false);
      button.focus();
    } else if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
    else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("focusout", (event) => {
    if (!list.hidden && !box.contains(event.relatedTarget)) show(false);
  });
  return box;
}

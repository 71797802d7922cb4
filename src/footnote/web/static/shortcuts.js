// Keys that work everywhere on the page, and the list of them.
import { el } from "./dom.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

/** @param {{ask: () => void, keys: (opener: null) => void}} on */
export function listenForKeys(on) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const search = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (!search && (event.ctrlKey || event.metaKey || typing)) return;
    if (search || event.key === "/") on.ask();
    else if (event.key === "?") on.keys(null);
    else return;
    event.preventDefault();
  });
}

/** @param {() => void} close */
export function keysPanel(close) {
  const rows = strings.keysList.flatMap(([keys, what]) => [
    el("dt", {}, keys.flatMap((key, n) => [n ? " " : null, el("kbd", {}, key)])),
    el("dd", {}, what),
  ]);
  return listPanel(strings.keys, close, [el("dl", { class: "fn-keys" }, rows)], { name: "fn-keys-panel" });
}

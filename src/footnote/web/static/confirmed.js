// A button that does something final only at its second press.
import { el } from "./dom.js";

/**
 * @param {Child} label
 * @param {string} question what it shows once it was pressed
 * @param {() => void} run
 * @param {Props} props
 */
export function confirmed(label, question, run, props = { class: "fn-small" }) {
  const button = el("button", { type: "button", ...props }, label);
  let sure = false;
  const calmDown = () => {
    sure = false;
    button.replaceChildren(/** @type {Node | string} */ (label));
    if (props["aria-label"]) button.setAttribute("aria-label", String(props["aria-label"]));
  };
  button.addEventListener("click", () => {
    if (sure) {
      calmDown();
      run();
      return;
    }
    sure = true;
    button.replaceChildren(question);
    button.removeAttribute("aria-label");
  });
  button.addEventListener("blur", calmDown);
  return button;
}

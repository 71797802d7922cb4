// The place beside the text, where one thing at a time is open: a document, a list, two documents side by side.
import { el, hostOf, iconButton, narrow } from "./dom.js";
import { strings } from "./strings.js";

export class Side {
  /** @param {HTMLElement} host @param {() => void} closed called when what was open is closed */
  constructor(host, closed) {
    this.host = host;
    this.closed = closed;
    this.panel = /** @type {HTMLElement | null} */ (null);
    this.opener = /** @type {HTMLElement | null} */ (null);
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.panel && !event.defaultPrevented) this.close();
    });
    matchMedia("(max-width: 1087px)").addEventListener("change", () => this.panel && this.#cover());
  }

  /**
   * Opens a panel in place of the one that is open.
   * @param {HTMLElement} panel
   * @param {HTMLElement | null} opener what focus returns to; what opened the last panel where null
   */
  show(panel, opener = null, { wide = false } = {}) {
    this.opener = opener ?? this.opener;
    if (this.panel !== panel) {
      this.panel?.remove();
      this.panel = panel;
      this.host.append(panel);
    }
    document.body.classList.add("fn-reading");
    document.body.classList.toggle("fn-wide", wide);
    this.#cover();
  }

  close() {
    if (!this.panel) return;
    const { opener } = this;
    this.panel.remove();
    this.panel = null;
    this.opener = null;
    document.body.classList.remove("fn-reading", "fn-wide");
    hostOf("fn-chat").inert = false;
    this.closed();
    if (opener?.isConnected) opener.focus({ preventScroll: !narrow() });
  }

  #cover() {
    // In one column the panel covers the text, so the text must not be reachable behind it.
    hostOf("fn-chat").inert = narrow();
  }
}

/**
 * A panel that holds a list.
 * @param {string} title
 * @param {() => void} close
 * @param {Child[]} body
 */
export function listPanel(title, close, body, { name = "", closeLabel = strings.close } = {}) {
  return el("section", { class: `fn-panel ${name}`.trim(), "aria-label": title },
    el("header", { class: "fn-panel-head" },
      el("h2", { class: "fn-panel-title", tabindex: "-1" }, title),
      closing(close, closeLabel)),
    el("div", { class: "fn-list-body" }, body));
}

/** The button that closes a panel, with its word. @param {() => void} close @param {string} label */
export function closing(close, label) {
  const button = iconButton(label, "close", close, "fn-close");
  button.append(el("span", { class: "fn-word-only", "aria-hidden": "true" }, strings.closeShort));
  return button;
}

// Nodes are only ever made here and filled with text: no markup is parsed anywhere on this page.

/**
 * Makes an element. `props` sets attributes; `class`, `on` (listeners) and `data` are special.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} props
 * @param {Children[]} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(/** @type {Record<string, EventListener>} */ (value))) node.addEventListener(event, run);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(.../** @type {string[]} */ (children.flat().filter((child) => child !== null && child !== undefined && child !== false)));
  return node;
}

const SHAPES = {
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  close: "M4 4 12 12M12 4 4 12",
  more: "M3.2 7.2A.8.8 0 1 0 3.2 8.8.8.8 0 1 0 3.2 7.2M8 7.2A.8.8 0 1 0 8 8.8.8.8 0 1 0 8 7.2M12.8 7.2A.8.8 0 1 0 12.8 8.8.8.8 0 1 0 12.8 7.2",
  up: "M4 10 8 6 12 10",
  down: "M4 6 8 10 12 6",
  before: "M10 4 6 8 10 12",
  after: "M6 4 10 8 6 12",
  alert: "M8 4.5V8.5M8 11.2V11.4M8 1.8 14.6 13.6H1.4Z",
  search: "M7 2.5A4.5 4.5 0 1 0 7 11.5 4.5 4.5 0 1 0 7 2.5M10.3 10.3 14 14",
  plus: "M8 3V13M3 8H13",
  minus: "M3 8H13",
  pen: "M3 13 3.6 10.4 11 3 13 5 5.6 12.4Z",
  file: "M4 1.8H9.2L12.4 5V14.2H4ZM9 2V5.2H12.2",
  list: "M2.5 4H13.5M2.5 8H13.5M2.5 12H9.5",
  trash: "M3.5 4.5H12.5M6.5 4.2V2.5H9.5V4.2M4.5 4.5 5.2 13.5H10.8L11.5 4.5",
};

/** @typedef {keyof typeof SHAPES} Shape */

/** A small line drawing; it says nothing to a screen reader. @param {Shape} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of [["viewBox", "0 0 16 16"], ["aria-hidden", "true"], ["class", `fn-icon fn-icon-${name}`]]) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/**
 * A button that says what it does; a drawing goes before the word.
 * @param {Child} label
 * @param {Press} run
 * @param {Props & {shape?: Shape | null, name?: string}} props
 * @param {Child[]} more
 */
export function button(label, run, { shape = null, name = "fn-button", ...props } = {}, ...more) {
  return el("button", { class: name, type: "button", ...props, on: { click: (event) => run(/** @type {HTMLElement} */ (event.currentTarget)) } }, shape ? icon(shape) : null, label, more);
}

/**
 * A button that is a drawing alone; its name is read aloud and shown on pointing.
 * @param {string} label
 * @param {Shape} shape
 * @param {Press} run
 */
export function iconButton(label, shape, run, name = "") {
  return el("button", { class: `fn-plain ${name}`.trim(), type: "button", "aria-label": label, title: label, on: { click: (event) => run(/** @type {HTMLElement} */ (event.currentTarget)) } }, icon(shape));
}

/** Text for those who listen alone. @param {string} text */
export const heard = (text) => el("span", { class: "fn-heard" }, text);

/** Text from a document, kept from turning the direction of what stands around it. @param {string} text */
export function bdi(text) {
  return el("bdi", {}, text);
}

/**
 * "Title › Heading › Sub-heading, page 3" as nodes; each part keeps its own direction.
 * @param {string} title
 * @param {string[]} path
 * @param {string | null} page
 * @returns {Child[]}
 */
export function place(title, path, page) {
  const parts = [title, ...path.filter((heading) => heading !== title)];
  const nodes = parts.flatMap((part, n) => [n ? el("span", { class: "fn-sep", "aria-hidden": "true" }, " › ") : null, bdi(part)]);
  return page === null || page === undefined ? nodes : [...nodes, page];
}

/** One of the elements that Gradio draws and the page is made in. @param {string} id */
export const hostOf = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
/** Whether there is one column, which a panel covers. */
export const narrow = () => matchMedia("(max-width: 1087px)").matches;
/** Whether the visitor types on glass: then the keyboard is not called up unasked. */
export const touched = () => matchMedia("(pointer: coarse)").matches;

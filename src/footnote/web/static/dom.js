// Nodes are only ever made here and filled with text: no markup is parsed anywhere on this page.

/** Makes an element. `props` sets attributes; `class`, `on` (listeners) and `data` are special. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SHAPES = {
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  close: "M4 4 12 12M12 4 4 12",
  up: "M4 10 8 6 12 10",
  down: "M4 6 8 10 12 6",
  back: "M10 4 6 8 10 12",
  alert: "M8 4.5V8.5M8 11.2V11.4M8 1.8 14.6 13.6H1.4Z",
  search: "M7 2.5A4.5 4.5 0 1 0 7 11.5 4.5 4.5 0 1 0 7 2.5M10.3 10.3 14 14",
  file: "M4 1.8H9.2L12.4 5V14.2H4ZM9 2V5.2H12.2",
  pen: "M3 13 3.6 10.4 11 3 13 5 5.6 12.4Z",
  list: "M2.5 4H13.5M2.5 8H13.5M2.5 12H9.5",
  plus: "M8 3V13M3 8H13",
  trash: "M3.5 4.5H12.5M6.5 4.2V2.5H9.5V4.2M4.5 4.5 5.2 13.5H10.8L11.5 4.5",
  up_thumb: "M5.5 7 8 2.2C9.2 2.2 9.8 3 9.5 4.4L9.2 6.2H12.3C13.2 6.2 13.7 7 13.4 7.9L12.2 12.3C12 13 11.5 13.4 10.8 13.4H5.5ZM5.5 7H2.7V13.4H5.5",
  down_thumb: "M10.5 9 8 13.8C6.8 13.8 6.2 13 6.5 11.6L6.8 9.8H3.7C2.8 9.8 2.3 9 2.6 8.1L3.8 3.7C4 3 4.5 2.6 5.2 2.6H10.5ZM10.5 9H13.3V2.6H10.5",
  beside: "M2.5 3H7V13H2.5ZM9 3H13.5V13H9Z",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6Z",
  sun: "M8 5.2A2.8 2.8 0 1 0 8 10.8 2.8 2.8 0 1 0 8 5.2M8 1V2.4M8 13.6V15M1 8H2.4M13.6 8H15M3 3 4 4M12 12 13 13M3 13 4 12M12 4 13 3",
};

/** A small line drawing; it says nothing to a screen reader. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of [["viewBox", "0 0 16 16"], ["aria-hidden", "true"], ["class", "fn-icon"]]) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** Text from a document, kept from turning the direction of what stands around it. */
export function bdi(text) {
  return el("bdi", {}, text);
}

/** "Title › Heading › Sub-heading, page 3" as nodes; each part keeps its own direction. */
export function place(title, path, page) {
  const parts = [title, ...path.filter((heading) => heading !== title)];
  const nodes = parts.flatMap((part, n) => [n ? el("span", { class: "fn-sep", "aria-hidden": "true" }, " › ") : null, bdi(part)]);
  return page === null || page === undefined ? nodes : [...nodes, page];
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const narrow = () => matchMedia("(max-width: 899px)").matches;

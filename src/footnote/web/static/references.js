// A quote with its reference, in the forms people paste elsewhere.
import { textOf } from "./blocks.js";
import { permalink } from "./places.js";
import { strings } from "./strings.js";

/** "Title, Heading › Sub-heading, page 3 (A. Author, 2026-01-05)". @param {Pick<Quote, "title" | "heading_path" | "page" | "author" | "date">} quote */
export function placeText({ title, heading_path: path, page, author, date }) {
  const headings = path.filter((heading) => heading !== title).join(" › ");
  const where = [title, headings, page ? strings.page(page) : ""].filter(Boolean).join(", ");
  const about = [author, date].filter(Boolean).join(", ");
  return about ? `${where} (${about})` : where;
}

/** What of a quote a reader sees, a line for each paragraph, list item and row. @param {Pick<Quote, "items" | "quote">} citation */
export function quoteLines(citation) {
  /** @type {{text: string, depth: number, mark: string}[]} */
  const lines = [];
  /** @param {Item | Row | Api["ListEntryForm"]} item */
  const walk = (item, depth = 0, mark = "") => {
    if ("beside" in item && item.beside) return;
    if (item.kind === "table") item.rows.forEach((row) => walk(row, depth));
    else if (item.kind === "list") item.items.forEach((each, n) => walk(each, depth, item.ordered ? `${n + 1}.` : "-"));
    else lines.push({ text: folded("cells" in item && item.cells ? item.cells.map(textOf).join(" | ") : textOf(item.runs ?? [])), depth, mark });
    for (const inner of item.kind === "list_item" ? item.lists : []) walk(inner, depth + 1);
  };
  (citation.items ?? []).forEach((item) => walk(item));
  const said = lines.filter((line) => line.text);
  return said.length ? said : [{ text: folded(citation.quote), depth: 0, mark: "" }];
}

const folded = (/** @type {string} */ text) => text.replace(/\s+/g, " ").trim();

/** The same in one line. @param {Pick<Quote, "items" | "quote">} citation */
export const quoteText = (citation) => quoteLines(citation).map((line) => line.text).join(" ");

/** A quote's lines as plain text or Markdown, items of lists under each other. @param {Quote} citation */
const spelledOut = (citation, form = (/** @type {string} */ text) => text) =>
  quoteLines(citation).map(({ text, depth, mark }) => "  ".repeat(depth) + (mark ? `${mark} ` : "") + form(text));

export const plain = (/** @type {Quote} */ citation) =>
  `“${spelledOut(citation).join("\n")}”\n${[placeText(citation), citation.source].filter(Boolean).join(". ")}\n${permalink(citation)}`;

/** A quote as a block of Markdown: its lines, lists kept. @param {Quote} citation */
export const markdownQuote = (citation) => {
  const lines = spelledOut(citation, escapeMarkdown);
  const lists = quoteLines(citation).map(({ mark }) => Boolean(mark));
  // Between paragraphs stands an empty line; items of a list follow each other.
  return lines.flatMap((line, n) => (n && !(lists[n] && lists[n - 1]) ? [">", `> ${line}`] : [`> ${line}`])).join("\n");
};

export const markdown = (/** @type {Quote} */ citation) => `${markdownQuote(citation)}\n>\n> — [${escapeMarkdown(placeText(citation))}](${permalink(citation)})`;

export const escapeMarkdown = (/** @type {unknown} */ text) => String(text).replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");

/** One cell of a CSV file; what a spreadsheet would run as a formula is kept from running. @param {unknown} value */
export function csvCell(value) {
  const text = String(value ?? "");
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

/** The check sheet's rows: one for each quote. @param {Turn[]} turns */
function sheetRows(turns) {
  return turns.flatMap((turn) =>
    turn.quotes.map((each) => [
      each.number,
      strings.verdicts[turn.verdicts[each.number]] ?? strings.unchecked,
      each.quote,
      each.doc,
      placeText(each),
      each.start,
      each.end,
      each.state === "exact" ? strings.exact : strings[each.state],
      turn.question,
    ]),
  );
}

/** @param {Turn[]} turns */
export function sheetCsv(turns) {
  return `${[strings.sheetColumns, ...sheetRows(turns)].map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

/** @param {Turn[]} turns */
export function sheetMarkdown(turns) {
  const row = (/** @type {unknown[]} */ cells) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const rule = row(strings.sheetColumns.map(() => "---")).replaceAll("\\", "");
  return [`# ${strings.sheetTitle}`, "", row(strings.sheetColumns), rule, ...sheetRows(turns).map(row), ""].join("\n");
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https a browser offers no clipboard, only the old command.
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "fn-away";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A quote with its reference, in the forms people paste elsewhere.
import { textOf } from "./blocks.js";
import { permalink } from "./links.js";
import { strings } from "./strings.js";

/** "Title, Heading › Sub-heading, page 3 (A. Author, 2026-01-05)". */
export function placeText({ title, heading_path: path, page, author, date }) {
  const headings = path.filter((heading) => heading !== title).join(" › ");
  const where = [title, headings, page ? strings.page(page) : ""].filter(Boolean).join(", ");
  const about = [author, date].filter(Boolean).join(", ");
  return about ? `${where} (${about})` : where;
}

// What of a quote a reader sees: markup left out, white space folded.
export function quoteText(citation) {
  const texts = [];
  const walk = (item) => {
    if (item.beside) return;
    if (item.kind === "table") item.rows.forEach(walk);
    else if (item.kind === "list") item.items.forEach(walk);
    else if (item.cells) texts.push(item.cells.map(textOf).join(" | "));
    else texts.push(textOf(item.runs ?? []));
    for (const inner of item.lists ?? []) walk(inner);
  };
  (citation.items ?? []).forEach(walk);
  return (texts.join(" ").trim() || citation.quote).replace(/\s+/g, " ");
}

export const plain = (citation) =>
  `“${quoteText(citation)}”\n${[placeText(citation), citation.source].filter(Boolean).join(". ")}\n${permalink(citation)}`;

export function markdown(citation) {
  const said = escapeMarkdown(quoteText(citation));
  return `> ${said}\n>\n> — [${escapeMarkdown(placeText(citation))}](${permalink(citation)})`;
}

export function bibtex(citation) {
  const clean = (text) => String(text).replace(/[{}\\]/g, "").replace(/\s+/g, " ");
  const key = (clean(citation.doc).match(/[a-z0-9]+/gi) ?? ["source"]).join("-").toLowerCase();
  const fields = [
    ["author", citation.author],
    ["title", citation.title],
    ["chapter", citation.heading_path.filter((heading) => heading !== citation.title).join(" > ")],
    ["pages", citation.page],
    ["date", citation.date],
    ["howpublished", citation.source],
    ["note", `Quote: ${quoteText(citation)}`],
    ["url", permalink(citation)],
  ].filter(([, value]) => value);
  return `@misc{${key}-${citation.start},\n${fields.map(([name, value]) => `  ${name} = {${clean(value)}}`).join(",\n")}\n}`;
}

export const escapeMarkdown = (text) => String(text).replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");

/** One cell of a CSV file; what a spreadsheet would run as a formula is kept from running. */
export function csvCell(value) {
  const text = String(value ?? "");
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

/** The check sheet's rows: one for each quote. */
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

export function sheetCsv(turns) {
  return `${[strings.sheetColumns, ...sheetRows(turns)].map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

export function sheetMarkdown(turns) {
  const row = (cells) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const rule = row(strings.sheetColumns.map(() => "---")).replaceAll("\\", "");
  return [`# ${strings.sheetTitle}`, "", row(strings.sheetColumns), rule, ...sheetRows(turns).map(row), ""].join("\n");
}

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

export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

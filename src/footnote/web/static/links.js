// Links to a quote: the document, the offsets, and the quote with its surroundings, so that they outlive a new index.

const KEYS = ["doc", "start", "end", "quote", "before", "after"];

export function fragment(place) {
  const query = new URLSearchParams();
  for (const key of KEYS) if (place[key] !== undefined && place[key] !== "") query.set(key, String(place[key]));
  return `#read?${query}`;
}

export const permalink = (place) => new URL(fragment(place), location.href).href;

/** What the page's address names, or null. Everything in it is someone else's text. */
export function linked() {
  if (!location.hash.startsWith("#read?")) return null;
  const query = new URLSearchParams(location.hash.slice("#read?".length));
  const doc = query.get("doc") ?? "";
  if (!doc || doc.length > 1000) return null;
  const [start, end] = ["start", "end"].map((key) => Number.parseInt(query.get(key) ?? "", 10));
  const quote = (query.get("quote") ?? "").slice(0, 20_000);
  if (!quote || !(start >= 0) || !(end >= start)) return { doc };
  const [before, after] = ["before", "after"].map((key) => (query.get(key) ?? "").slice(0, 200));
  return { doc, start, end, quote, before, after };
}

export function setAddress(place) {
  const address = place ? fragment(place) : location.pathname + location.search;
  history.replaceState(null, "", address);
}

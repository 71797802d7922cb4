"""A document, or a stretch of it, as the JSON that the reader draws.

Only visible text leaves here, in *runs*: stretches of one style with the offset of their first character, so that the
page can lay marks exactly without ever searching for a quote.  No markup is made: the page builds its nodes with
``textContent``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from footnote.records import Block, Document, Span

Json: TypeAlias = dict[str, Any]

_PARTS_WORDS = re.compile(r"\||<br\b", re.IGNORECASE)


def document_layout(document: Document) -> Json:
    """The whole document: what heads it, and its blocks, tables and lists gathered."""
    return {
        "doc": document.id,
        "title": document.title,
        "source": document.source,
        "metadata": dict(document.metadata),
        "sha256": document.sha256,
        "pages": len(document.page_starts),
        "length": len(document.text),
        "items": span_layout(document, Span(0, len(document.text))),
    }


def span_layout(document: Document, span: Span) -> list[Json]:
    """What of the document lies inside ``span``, in reading order; a table row comes with its header row."""
    blocks: list[Json] = []
    header: int | None = None
    for n, block in enumerate(document.blocks):
        if block.kind == "front_matter" or not block.span.overlaps(span):
            continue
        if block.kind == "table_row" and block.header is not None and block.header != header:
            # A row says little without its header: it is shown with it, outside of what is quoted.
            header = block.header
            if not document.blocks[header].span.overlaps(span):
                blocks.append(_block(document, header, document.blocks[header].span) | {"beside": True})
        elif block.kind == "table_header":
            header = n
        blocks.append(_block(document, n, span))
    return _gather(blocks)


def runs(text: str, span: Span, block: Block) -> list[Json]:
    """Stretches of visible text of one style inside ``span``: ``{"start", "text", "styles"}``.

    ``"blank": true`` on a run says that a blank is drawn before it, which is not in the text.
    """
    cuts = {span.start, span.end}
    for each in (*block.hidden, *(style.span for style in block.styles)):
        cuts.update(at for at in (each.start, each.end) if span.start < at < span.end)
    edges = sorted(cuts)
    pieces: list[Json] = []
    for start, end in pairwise(edges):
        piece = Span(start, end)
        if any(gap.overlaps(piece) for gap in block.hidden):
            continue
        styles = sorted({style.kind for style in block.styles if style.span.contains(piece)})
        made = {"start": start, "text": text[start:end], "styles": styles}
        # A hidden bar or line break parts words as a blank does.
        if pieces and _PARTS_WORDS.search(text, pieces[-1]["start"] + len(pieces[-1]["text"]), start):
            made["blank"] = True
        pieces.append(made)
    return pieces


def _block(document: Document, n: int, span: Span) -> Json:
    block = document.blocks[n]
    inside = _clip(block.span, span)
    made: Json = {"kind": block.kind, "block": n, "start": block.span.start, "end": block.span.end}
    if block.cells:
        made["cells"] = [runs(document.text, _clip(cell, span), block) for cell in block.cells]
    else:
        made["runs"] = runs(document.text, inside, block)
    if block.level:
        made["level"] = block.level
    if block.kind == "list_item":
        made["ordered"] = block.ordered
    if block.kind in {"table_header", "table_row"}:
        made["table"] = n if block.kind == "table_header" else block.header
    page = document.page_of(block.span.start)
    return made if page is None else made | {"page": page}


def _clip(inner: Span, outer: Span) -> Span:
    start = min(max(inner.start, outer.start), inner.end)
    return Span(start, max(start, min(inner.end, outer.end)))


def _gather(blocks: Iterable[Json]) -> list[Json]:
    """Rows of one table, and items of one list, as one item each."""
    items: list[Json] = []
    for block in blocks:
        last = items[-1] if items else None
        if block["kind"] in {"table_header", "table_row"}:
            if last is None or last["kind"] != "table" or last["table"] != block["table"]:
                last = {"kind": "table", "table": block["table"], "header": None, "rows": []}
                items.append(last)
            if block["kind"] == "table_header":
                last["header"] = block
            else:
                last["rows"].append(block)
        elif block["kind"] == "list_item":
            if last is None or last["kind"] != "list" or _starts_another(last["items"][0], block):
                last = {"kind": "list", "items": []}
                items.append(last)
            last["items"].append(block)
        else:
            items.append(block)
    for n, item in enumerate(items):
        if item["kind"] == "list":
            items[n] = _nest(item["items"])
    return items


def _starts_another(first: Json, block: Json) -> bool:
    return bool(first["level"] == block["level"] and first["ordered"] != block["ordered"])


def _nest(entries: Sequence[Json]) -> Json:
    """A flat run of list items as nested lists by their level."""
    top = min(entry["level"] for entry in entries)
    made: Json = {"kind": "list", "ordered": entries[0]["ordered"], "items": []}
    at = 0
    while at < len(entries):
        end = at + 1
        while end < len(entries) and entries[end]["level"] > top:
            end += 1
        below = entries[at + 1 : end]
        made["items"].append(entries[at] | {"lists": [_nest(below)] if below else []})
        at = end
    return made

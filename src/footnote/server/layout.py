"""A document, or a stretch of it, as the JSON that the reader draws.

Only visible text leaves here, in *runs*: stretches of one style with the offset of their first character, so that the
page can lay marks exactly without ever searching for a quote.  No markup is made: the page builds its nodes with
``textContent``.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from footnote.records import PARTS_WORDS, Block, Document, Span, Style

Json: TypeAlias = dict[str, Any]

_DEEPEST_LIST = 32
"""Beyond it items are drawn side by side: nobody tells more levels apart, and JSON and browsers have limits."""


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


class Layouts:
    """The last layouts, as JSON: whoever asks for one long document again and again costs one layout."""

    def __init__(self, most_bytes: int = 32_000_000) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[tuple[int, str], bytes] = {}
        self._lock = threading.Lock()

    def of(self, generation: int, document: Document) -> bytes:
        """The layout of a document of a generation of the index."""
        key = (generation, document.id)
        with self._lock:
            body = self._kept.pop(key, None)
        if body is None:
            body = json.dumps(document_layout(document), ensure_ascii=False, separators=(",", ":")).encode()
        with self._lock:
            # At the end of the dict are the newest.
            self._kept[key] = body
            while sum(map(len, self._kept.values())) > self._most_bytes and len(self._kept) > 1:
                del self._kept[next(iter(self._kept))]
        return body


def span_layout(document: Document, span: Span) -> list[Json]:
    """What of the document lies inside ``span``, in reading order; a table row comes with its header row."""
    blocks: list[Json] = []
    header: int | None = None
    first = bisect_right(document.blocks, span.start, key=lambda block: block.span.end)
    for n in range(first, len(document.blocks)):
        block = document.blocks[n]
        if block.span.start >= span.end:
            break
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


def runs(text: str, spans: Sequence[Span], block: Block) -> list[list[Json]]:
    """For each of some stretches of a block, its visible text in pieces of one style: ``{"start", "text", "styles"}``.

    ``"blank": true`` on a piece says that a blank is drawn before it, which is not in the text.

    Args:
        text: the document's.
        spans: in order and disjoint.
        block: what they lie in; all of its styles and hidden stretches are gone through once, however many spans there are.
    """
    # A short stretch of a long block has few of its styles: only they are put in order.
    first, last = spans[0].start if spans else 0, spans[-1].end if spans else 0
    styles = _Styles([each for each in block.styles if each.span.end > first and each.span.start < last])
    made = []
    for span in spans:
        hidden = block.hidden_in(span)
        pieces: list[Json] = []
        for start, end in _visible(span, hidden):
            for piece, kinds in styles.cut(start, end):
                run: Json = {"start": piece.start, "text": piece.of(text), "styles": kinds}
                # A hidden bar or line break parts words as a blank does.
                if pieces and PARTS_WORDS.search(text, pieces[-1]["start"] + len(pieces[-1]["text"]), piece.start):
                    run["blank"] = True
                pieces.append(run)
        made.append(pieces)
    return made


def _visible(span: Span, hidden: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """What of a span is left between hidden stretches."""
    at = span.start
    for gap in hidden:
        if at < gap.start:
            yield at, min(gap.start, span.end)
        at = max(at, gap.end)
    if at < span.end:
        yield at, span.end


class _Styles:
    """The styles of a block, gone through once from its start to its end."""

    def __init__(self, styles: Sequence[Style]) -> None:
        edges = [(each.span.start, 1, each.kind) for each in styles] + [
            (each.span.end, -1, each.kind) for each in styles
        ]
        self._edges = sorted(edges, key=lambda edge: edge[0])
        self._next = 0
        self._open: Counter[str] = Counter()

    def cut(self, start: int, end: int) -> Iterator[tuple[Span, list[str]]]:
        """A stretch that begins where the last one ended or later, in pieces of one style."""
        while start < end:
            while self._next < len(self._edges) and self._edges[self._next][0] <= start:
                _, step, kind = self._edges[self._next]
                self._open[kind] += step
                self._next += 1
            upto = min(end, self._edges[self._next][0]) if self._next < len(self._edges) else end
            yield Span(start, upto), sorted(kind for kind, count in self._open.items() if count)
            start = upto


def _block(document: Document, n: int, span: Span) -> Json:
    block = document.blocks[n]
    made: Json = {"kind": block.kind, "block": n, "start": block.span.start, "end": block.span.end}
    if block.cells:
        made["cells"] = runs(document.text, [_clip(cell, span) for cell in block.cells], block)
    else:
        (made["runs"],) = runs(document.text, [_clip(block.span, span)], block)
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
    made: Json = {"kind": "list", "ordered": entries[0]["ordered"], "items": []}
    above: list[Json] = []
    for entry in entries:
        item = entry | {"lists": []}
        while above and (above[-1]["level"] >= item["level"] or len(above) >= _DEEPEST_LIST):
            above.pop()
        lists = above[-1]["lists"] if above else [made]
        if not lists:
            lists.append({"kind": "list", "ordered": item["ordered"], "items": []})
        lists[0]["items"].append(item)
        above.append(item)
    return made

"""Addresses of places in the page, as its own links are: a document, two offsets, and a check of the letters between them.

``web/static/places.js`` reads them, and finds the letters again where the document changed around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

import numpy as np

from footnote.records import Document, Span
from footnote.server.layout import Json, span_layout

_BASE: Final = 1_000_003
_MOST: Final = 0xFFFF_FFFF


def permalink(document: Document, span: Span) -> str:
    """What follows the page's own address: the document opens there, with the span marked in it.

    Blanks, colons and brackets of the document's id are percent-coded, so that Markdown takes all of it for the address.
    """
    place = f"#read={quote(document.id)}"
    letters = [each for text in _texts(span_layout(document, span)) for each in text if each.isalnum()]
    if not letters:
        return place
    check = 0
    for letter in letters:
        check = (check * _BASE + ord(letter)) & _MOST
    return f"{place}:{span.start}-{span.end}~{len(letters)}.{np.base_repr(check, 36).lower()}"


def _texts(items: Iterable[Json]) -> Iterator[str]:
    """The visible text of laid-out items, in reading order; what is drawn beside them is not theirs."""
    for item in items:
        if item.get("beside"):
            continue
        if item["kind"] == "table":
            yield from _texts([*filter(None, [item["header"]]), *item["rows"]])
        elif item["kind"] == "list":
            yield from _texts(item["items"])
        else:
            runs = [run for cell in item["cells"] for run in cell] if "cells" in item else item["runs"]
            yield from (run["text"] for run in runs)
        yield from _texts(item.get("lists", ()))

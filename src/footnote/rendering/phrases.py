"""The few phrases that the readable forms share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from footnote.records import Answer, Citation, Hit

NO_ANSWER: Final = "The documents do not answer this."
WHICH_IS_MEANT: Final = "This may be asked of several. Which is meant?"

EXCERPT_CHARS: Final = 240
"""Longest excerpt of a related passage."""

_LEVELS: Final = ((0.85, "very likely"), (0.65, "likely"), (0.4, "perhaps"), (0.0, "unsure"))


def confidence_in_words(confidence: float) -> str:
    """What a calibrated probability in [0, 1] is called."""
    return next((words for floor, words in _LEVELS if confidence >= floor), _LEVELS[-1][1])


def confidence_line(answer: Answer) -> str:
    """``Confidence: likely (0.72); at this level, right 1,063 times of 1,352``.

    Where nothing was searched there are no hits, and nothing was judged: the line is left out.
    """
    line = f"Confidence: {confidence_in_words(answer.confidence)} ({answer.confidence:.2f})"
    if answer.track_record is None:
        return line
    right, count = answer.track_record
    return f"{line}; at this level, right {right:,} times of {count:,}"


def place_in_words(title: str, heading_path: Sequence[str], page: int | None) -> str:
    """``Title › Heading › Sub-heading, page 3``, on one line."""
    parts = [title, *(heading for heading in heading_path if heading != title)]
    place = " › ".join(" ".join(part.split()) for part in parts if part.strip())
    return f"{place}, page {page}" if page is not None else place


def byline(citation: Citation) -> str:
    """``Author, date, address`` of the cited document, as far as it states them, on one line."""
    address = citation.source if citation.source.startswith(("https://", "http://")) else ""
    known = (" ".join(part.split()) for part in (citation.author, citation.date, address))
    return ", ".join(part for part in known if part)


def excerpt_of(hit: Hit) -> str:
    """The beginning of a passage on one line, cut at a word's end; its headings are left to its place."""
    passage = hit.passage
    first = next((s for s in passage.sentences if s.kind != "heading"), None)
    text = hit.text if first is None else hit.text[first.span.start - passage.span.start :]
    return shortened(text, EXCERPT_CHARS)


def shortened(text: str, limit_chars: int) -> str:
    """The text on one line, cut at a word's end with an ellipsis where it is longer than the limit."""
    line = " ".join(text.split())
    if len(line) <= limit_chars:
        return line
    head = line[: limit_chars - 1]
    return f"{head.rsplit(' ', 1)[0] if ' ' in head else head}…"

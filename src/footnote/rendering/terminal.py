"""Answers and build reports as lines for a terminal.

Rich counts the columns and cuts long words: of 22 kinds of text (joined emoji, keycaps, jamo, Indic and Arabic letters) it
agrees with wcwidth on 21, counting by Unicode's own classes on 15.  Its console is not used: loading it takes six times as
long, and it gives every link a number drawn by chance, so that the same answer would not be the same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from rich.cells import cell_len, chop_cells

from footnote.records import Answer, BuildReport, Citation
from footnote.rendering.escaping import harmless, harmless_line
from footnote.rendering.phrases import NO_ANSWER, WHICH_IS_MEANT, byline, confidence_line, excerpt_of, place_in_words

_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_ACCENT: Final = "\x1b[36m"
_PLAIN: Final = "\x1b[0m"
_LINK: Final = "\x1b]8;;"
_LINK_ENDS: Final = "\x1b\\"
_NARROWEST: Final = 20


def to_terminal(answer: Answer, *, colour: bool, width: int = 80, links: Mapping[str, str] | None = None) -> str:
    """The answer as text that ends with a newline.

    Args:
        answer: what to show.
        colour: whether to use ANSI colours; without, the text has no control character but newlines.
        width: columns to wrap at, at least 20.
        links: addresses of documents by id, that their places lead to; only with colour, as terminals have both or none.
    """
    targets = dict(links or {}) if colour else {}
    page = _Page(colour=colour, width=max(width, _NARROWEST))
    if answer.interpreted_as != answer.question:
        page.add(f"Understood as: {answer.interpreted_as}", style=_DIM)
        page.gap()
    if answer.answered:
        if answer.explanation:
            page.add(answer.explanation, style="")
            page.gap()
        for citation in answer.citations:
            _add_citation(page, citation, targets.get(citation.document_id, ""), style=_BOLD)
            page.gap()
        _add_choices(page, answer)
        if answer.hits:
            page.gap()
            page.add(confidence_line(answer), style=_DIM)
    else:
        page.add(answer.explanation or NO_ANSWER, style=_BOLD)
        if answer.nearest is not None:
            page.gap()
            # Not bold, as an answer is: it is shown, not claimed.
            _add_citation(page, answer.nearest, targets.get(answer.nearest.document_id, ""), style="")
        _add_choices(page, answer)
        _add_related(page, answer)
    return page.text()


def build_report_to_terminal(report: BuildReport) -> str:
    """What one run of the indexer did, one line a fact."""
    page = _Page(colour=False, width=0)
    rate = f", {report.passages_encoded} encoded" if report.passages_encoded else ", none to encode"
    counts = f"{_counted(report.documents, 'document')}, {_counted(report.passages, 'passage')}"
    page.add(f"{counts}{rate}, {report.seconds:.1f} s")
    changes = (("added", report.added), ("changed", report.changed), ("removed", report.removed))
    lines = [f"{what}: {name}" for what, names in changes for name in names]
    lines += [f"moved: {old} to {new}" for old, new in report.moved]
    lines += [f"skipped: {skipped.path}: {skipped.reason}" for skipped in report.skipped]
    for line in lines:
        page.add(harmless_line(line))
    return page.text()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _add_citation(page: _Page, citation: Citation, link: str, *, style: str) -> None:
    number = f"[{citation.number}] "
    indent = " " * len(number)
    lead = number
    if citation.context_text:
        page.add(citation.context_text, first=lead, rest=indent, style=_DIM)
        lead = indent
    page.add(citation.shown or citation.quote, first=lead, rest=indent, style=style)
    place = place_in_words(citation.title, citation.heading_path, citation.page)
    page.add(f"{place} ({citation.document_id})", first=indent, rest=indent, style=_linked(link))
    if about := byline(citation):
        page.add(about, first=indent, rest=indent, style=_DIM)


def _linked(link: str) -> str:
    """The style of a place that leads somewhere; ``_Page.add`` ends it."""
    return f"{_LINK}{quote(link, safe=':/%')}{_LINK_ENDS}{_ACCENT}" if link else _ACCENT


def _add_choices(page: _Page, answer: Answer) -> None:
    """What the question may mean, as questions that can be asked."""
    if answer.choices:
        page.gap()
        page.add(WHICH_IS_MEANT, style=_DIM)
        for choice in answer.choices:
            page.add(choice.question, first="  - ", rest="    ")


def _add_related(page: _Page, answer: Answer) -> None:
    hits = answer.related
    if not hits:
        return
    page.gap()
    page.add("Related, not an answer:", style=_DIM)
    for hit in hits:
        passage = hit.passage
        page.gap()
        page.add(excerpt_of(hit), first="  - ", rest="    ")
        place = place_in_words(hit.title, passage.heading_path, passage.page)
        page.add(f"{place} ({passage.document_id})", first="    ", rest="    ", style=_ACCENT)


class _Page:
    """Lines in the making; the only writer of control characters, and only of its own."""

    def __init__(self, *, colour: bool, width: int) -> None:
        self._colour = colour
        self._width = width
        self._lines: list[str] = []

    def add(self, text: str, *, first: str = "", rest: str = "", style: str = "") -> None:
        lead = first
        for line in harmless(text).split("\n"):
            for piece in wrapped(line, self._width - len(rest)) if self._width else [line]:
                after = f"{_PLAIN}{_LINK}{_LINK_ENDS}" if style.startswith(_LINK) else _PLAIN
                shown = f"{style}{piece}{after}" if self._colour and style else piece
                self._lines.append(f"{lead}{shown}")
                lead = rest

    def gap(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def text(self) -> str:
        return "".join(f"{line.rstrip()}\n" for line in self._lines)


def wrapped(line: str, width: int) -> list[str]:
    """The line in pieces of at most ``width`` columns, broken at blanks, in a word only if it is longer.

    Columns are counted as terminals do: two for a wide character, none for a combining one, and an emoji that is joined
    of several is one.
    """
    pieces, current, used = [], "", 0
    # Of a word that has no column at all, such as a lone accent, nothing would be left.
    for word in (part for whole in line.split() for part in chop_cells(whole, width) or [whole]):
        needed = cell_len(word)
        if current and used + 1 + needed > width:
            pieces.append(current)
            current, used = word, needed
        else:
            current, used = (f"{current} {word}", used + 1 + needed) if current else (word, needed)
    return [*pieces, current] if current else pieces

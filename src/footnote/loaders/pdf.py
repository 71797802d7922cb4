"""PDF: pages of lines as paragraphs, headings and list items, each page's first character known.

Lines come in the order in which the file draws them, which keeps columns apart.  Lines that recur at the top or the bottom
of pages are left out, words divided at a line's end are joined, and a paragraph goes on over a page's end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from footnote.errors import DocumentError
from footnote.loaders.canonical import clean_text
from footnote.loaders.drafts import Draft
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.pdf_lines import PdfLine, read_pages
from footnote.loaders.pdf_margins import without_margins
from footnote.records import BlockKind, Document
from footnote.settings import Settings

__all__ = ["load_pdf"]

_BULLET = re.compile(r"(?:[•●○◦▪■–—·‣∙*]|[-])\s+(?=\S)|[•●▪‣]")
_NUMBER = re.compile(r"(?:\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_ENDED = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_DIVIDED = re.compile(r"(?P<head>[^\W\d_]+)(?:-|\u00ad|\u2010)$")
_TAIL = re.compile(r"[^\W\d_]+")
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")
_HEADING_MAX_CHARS = 200
_LARGER = 1.1
_SPREAD = 1.45
_SAME_SIZE = 0.6
_INDENT = 25.0
"""How much larger than the body's a heading's letters are, and than the usual pitch the gap above a new paragraph."""


@dataclass(slots=True)
class _Part:
    """Lines that make one block."""

    kind: BlockKind
    lines: list[PdfLine]
    level: int = 0
    ordered: bool = False
    pages: list[int] = field(default_factory=list)
    """The page of each line."""


def load_pdf(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A PDF as a document with pages.

    Raises:
        DocumentError: no text (a scan says so), too much of it, too many pages, protected, or no PDF.
    """
    pages, info = read_pages(raw, settings)
    if not any(page.lines for page in pages):
        if any(page.images for page in pages):
            raise DocumentError("no text found: its pages are images", remedy="run text recognition on the scan first")
        raise DocumentError("no text found", remedy="check that the file holds text, or remove it")
    extract = Extract(settings)
    bare = sum(1 for page in pages if not page.lines and page.images)
    if bare:
        extract.warnings.append(f"{bare} of {len(pages)} pages are images without text and were left out")
    bodies = without_margins(pages)
    words = Counter(word for lines in bodies for line in lines for word in _TAIL.findall(line.text.lower()))
    _add_parts(extract, _parts(bodies), len(pages), words)
    date = _DATE.match(info.get("ModDate") or info.get("CreationDate") or "")
    pairs = {"author": info.get("Author", ""), "date": "-".join(part for part in date.groups() if part) if date else ""}
    metadata = tuple(sorted((name, clean_text(value).strip()) for name, value in pairs.items() if value.strip()))
    title = clean_text(info.get("Title", "")).strip()
    headed = any(draft.kind == "heading" and draft.level == 1 for draft in extract.drafts)
    front = FrontMatter(title="" if headed and _is_file_name(title) else title, metadata=metadata)
    return extract.document(raw, document_id, front)


def _is_file_name(title: str) -> bool:
    return not title or " " not in title


def _parts(pages: Sequence[Sequence[PdfLine]]) -> list[_Part]:
    every = [line for lines in pages for line in lines]
    sizes: Counter[float] = Counter()
    for line in every:
        sizes[line.size] += len(line.text)
    body = max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 0.0
    larger = sorted({line.size for line in every if _is_heading(line, body)}, reverse=True)
    levels = _levels(larger)
    pitch, edges = _pitch(pages, body), _Edges(every)
    parts: list[_Part] = []
    for number, lines in enumerate(pages):
        before: PdfLine | None = None
        for line in lines:
            last = parts[-1] if parts else None
            kind: BlockKind = "heading" if _is_heading(line, body) else "paragraph"
            marker = _BULLET.match(line.text) or _NUMBER.match(line.text) if kind == "paragraph" else None
            if (
                last is not None
                and marker is None
                and not edges.ends_early(before, line)
                and _goes_on(last, kind, before, line, pitch)
            ):
                last.lines.append(line)
            elif marker is not None:
                rest = PdfLine(line.text[marker.end() :], line.left, line.right, line.base, line.size, bold=line.bold)
                parts.append(_Part("list_item", [rest], 1, marker.re is _NUMBER))
            else:
                level = levels.get(line.size, min(len(levels) + 1, 6)) if kind == "heading" else 0
                parts.append(_Part(kind, [line], level))
            parts[-1].pages.append(number)
            before = line
    return parts


class _Edges:
    """How far to the right lines reach, among those of a document that begin at about the same place."""

    def __init__(self, lines: Sequence[PdfLine]) -> None:
        self._reach: dict[tuple[int, float], float] = {}
        for line in lines:
            key = (round(line.left / _INDENT), line.size)
            self._reach[key] = max(self._reach.get(key, 0.0), line.right)

    def ends_early(self, before: PdfLine | None, line: PdfLine) -> bool:
        """Whether the line before had room for the first word of this one: then it ended its paragraph."""
        if before is None or line.base > before.base:
            return False
        place = round(before.left / _INDENT)
        edge = max(self._reach.get((place + step, before.size), 0.0) for step in (-2, -1, 0, 1))
        width = (before.right - before.left) / max(len(before.text), 1)
        word = len(line.text.split(" ", 1)[0]) + 2
        return before.right + word * width < edge - before.size


def _is_heading(line: PdfLine, body: float) -> bool:
    if len(line.text) > _HEADING_MAX_CHARS or not any(c.isalpha() for c in line.text):
        return False
    return line.size >= _LARGER * body or (line.bold and not line.text.endswith((".", ",", ";", ":")))


def _levels(sizes: Sequence[float]) -> dict[float, int]:
    """Heading levels of letters' sizes, the largest first; sizes that are nearly the same share one."""
    levels: dict[float, int] = {}
    for number, size in enumerate(sizes):
        same = number > 0 and sizes[number - 1] - size <= _SAME_SIZE
        levels[size] = levels[sizes[number - 1]] + (not same) if number else 1
    return {size: min(level, 6) for size, level in levels.items()}


def _pitch(pages: Sequence[Sequence[PdfLine]], body: float) -> float:
    """The usual distance from one line of the body to the next."""
    gaps: Counter[float] = Counter()
    for lines in pages:
        for above, below in pairwise(lines):
            gap = above.base - below.base
            if above.size == below.size == body and 0 < gap < 4 * body:
                gaps[round(gap, 1)] += 1
    return max(gaps, key=lambda gap: (gaps[gap], -gap)) if gaps else 1.2 * body


def _goes_on(part: _Part, kind: BlockKind, before: PdfLine | None, line: PdfLine, pitch: float) -> bool:
    """Whether a line goes on with the block of the lines before it; ``before`` is None at the top of a page."""
    last = part.lines[-1]
    if (part.kind == "heading") != (kind == "heading") or abs(last.size - line.size) > _SAME_SIZE:
        return False
    if kind == "heading":
        return before is not None and 0 < before.base - line.base < _SPREAD * max(pitch, 1.2 * line.size)
    ended = _ENDED.search(last.text) is not None
    if before is None or line.base > before.base + pitch:
        return not ended  # on the next page or in the next column
    gap = before.base - line.base
    if part.kind == "list_item":
        goes_on = gap >= 0 and (not ended or line.left > part.lines[0].left + 2)
    else:
        # Paragraphs may be told apart by their indented first lines alone.
        goes_on = not (ended and len(part.lines) > 1 and line.left > last.left + 0.8 * line.size)
    return goes_on and gap <= _SPREAD * pitch


def _add_parts(extract: Extract, parts: Sequence[_Part], pages: int, words: Counter[str]) -> None:
    page = -1
    lead_in: Draft | None = None
    for number, part in enumerate(parts):
        for _ in range(part.pages[0] - page):
            extract.start_page()
        page = part.pages[0]
        text, breaks = _joined(part, words)
        if part.kind == "list_item" and (number == 0 or parts[number - 1].kind != "list_item"):
            lead_in = extract.lead_in()
        extract.add(
            part.kind,
            text,
            level=part.level,
            ordered=part.ordered,
            lead_in=lead_in if part.kind == "list_item" else None,
            page_breaks=breaks,
        )
        page = part.pages[-1]
    for _ in range(pages - 1 - page):
        extract.start_page()


def _joined(part: _Part, words: Counter[str]) -> tuple[str, list[int]]:
    """The text of a block's lines, and the offsets in it where pages begin."""
    text, breaks, page = "", [], part.pages[0]
    for line, number in zip(part.lines, part.pages, strict=True):
        found = " ".join(clean_text(line.text).split())
        text = _with(text, found, words) if text and found else text or found
        breaks += [len(text) - _last_part(text, found)] * (number - page)
        page = number
    return text, breaks


def _last_part(text: str, line: str) -> int:
    """How many characters of the text are the line's own."""
    return min(len(line), len(text))


def _with(text: str, line: str, words: Counter[str]) -> str:
    divided, tail = _DIVIDED.search(text), _TAIL.match(line)
    if divided is None or tail is None or not line[0].islower():
        return f"{text} {line}" if not text.endswith(("/", "\u2014")) else text + line
    whole = (divided["head"] + tail[0]).lower()
    if words[whole]:
        return text[: divided.end("head")] + line
    apart = words[divided["head"].lower()] > 1 and words[tail[0].lower()] > 1
    return text + line if apart and text.endswith("-") else text[: divided.end("head")] + line

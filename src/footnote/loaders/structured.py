"""Structured files as text: JSON, XML, subtitles, notebooks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import local_name, parse_xml
from footnote.loaders.canonical import decode
from footnote.loaders.drafts import assemble, readable_name
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.limits import check_text
from footnote.loaders.markdown import markdown_drafts
from footnote.loaders.sheets import add_record, shown_value
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_ipynb", "load_json", "load_subtitles", "load_xml"]

_DEEPEST = 6
_TIMES = re.compile(r"\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}.*$")
_TAGS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,100}\}")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*$")
_PARAGRAPH_CHARS = 400
_XML_TITLES = frozenset({"title", "head", "heading", "subtitle"})
_VALUE_MAX_WORDS = 8
"""Most words of a value that the name of its element is written before."""
_FENCE = re.compile(r"^(`{3,})", re.MULTILINE)


def load_json(raw: bytes, document_id: str, settings: Settings) -> Document:
    """JSON: objects in a list as records, others with their names as headings and before their values.

    Raises:
        DocumentError: no text, too much of it, or no JSON.
    """
    text, warnings = decode(raw)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError("it is no JSON", remedy="save it again as JSON") from error
    extract = Extract(settings)
    extract.warnings += warnings
    _add_value(extract, value, 1)
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def _add_value(extract: Extract, value: Any, depth: int, name: str = "") -> None:
    holds_more = isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)
    )
    if not holds_more or depth > _DEEPEST:
        shown = shown_value(value)
        extract.add("paragraph", f"{name}: {shown}" if name and shown else shown)
        return
    if name:
        extract.add("heading", name, level=depth)
    if isinstance(value, dict):
        for key, inner in value.items():
            _add_value(extract, inner, depth + 1, str(key))
        return
    for inner in value:
        if isinstance(inner, dict) and not any(isinstance(v, dict) for v in inner.values()):
            add_record(extract, {str(key): shown_value(each) for key, each in inner.items()})
        else:
            _add_value(extract, inner, depth + 1)


def load_xml(raw: bytes, document_id: str, settings: Settings) -> Document:
    """XML of any kind: text as paragraphs, titles as headings, short values behind the names of their elements.

    Raises:
        DocumentError: no text, too much of it, or damaged.
    """
    from lxml import etree

    extract = Extract(settings)
    walk = etree.iterwalk(parse_xml(raw, doctype=True), events=("start",))
    for _, element in walk:
        inner = [child for child in element if isinstance(child.tag, str)]
        own = [element.text or "", *(child.tail or "" for child in element)]
        if not any(piece.strip() for piece in own):
            continue
        # Text with elements inside of a line is one paragraph.
        text, name = "".join(element.itertext()), local_name(element)
        walk.skip_subtree()
        if name.lower() in _XML_TITLES:
            extract.add("heading", text, level=2)
        else:
            short = not inner and len(text.split()) <= _VALUE_MAX_WORDS and len(name) > 2
            extract.add("paragraph", f"{name}: {text.strip()}" if short else text)
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def load_subtitles(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Subtitles (SRT, VTT): what is said, in sentences, without times and numbers.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
    text, warnings = decode(raw)
    extract = Extract(settings)
    extract.warnings += warnings
    open_lines: list[str] = []
    for cue in _cues(text):
        open_lines.append(cue)
        length = sum(map(len, open_lines))
        if length > 2 * _PARAGRAPH_CHARS or (length > _PARAGRAPH_CHARS / 2 and _SENTENCE_END.search(cue)):
            extract.add("paragraph", " ".join(open_lines))
            open_lines = []
    extract.add("paragraph", " ".join(open_lines))
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def _cues(text: str) -> Iterator[str]:
    """What is said under each time; one that only repeats the cue before is left out."""
    before = ""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        timed = next((n for n, line in enumerate(lines) if _TIMES.match(line)), None)
        if timed is None:
            continue
        said = " ".join(_TAGS.sub("", " ".join(lines[timed + 1 :])).split())
        if said and said != before:
            yield said
        before = said


def load_ipynb(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A notebook: its texts as Markdown, its code as code; what it printed is left out.

    Raises:
        DocumentError: no text, too much of it, or no notebook.
    """
    decoded, warnings = decode(raw)
    try:
        cells = json.loads(decoded)["cells"]
        sources = [(str(cell["cell_type"]), _source(cell.get("source", ""))) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentError("it is no notebook", remedy="save it again as IPYNB, format 4") from error
    pieces = []
    for kind, source in sources:
        if not source.strip():
            continue
        fence = "`" * (max((len(run) for run in _FENCE.findall(source)), default=2) + 1)
        pieces.append(f"{fence}\n{source}\n{fence}" if kind == "code" else source)
    text = "\n\n".join(pieces)
    check_text(text, document_id, settings)
    return assemble(
        raw, text, markdown_drafts(text), document_id=document_id, front=FrontMatter(), warnings=tuple(warnings)
    )


def _source(source: Any) -> str:
    text = "".join(source) if isinstance(source, list) else str(source)
    return decode(text.encode("utf-8", "replace"))[0]

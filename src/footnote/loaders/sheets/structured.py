"""Structured files as text: JSON, JSON lines, XML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.formulas import local_name, parse_xml
from footnote.loaders.outline import readable_name
from footnote.loaders.outline.builder import Extract
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["add_record", "load_json", "load_jsonl", "load_xml"]

_DEEPEST = 6
_XML_TITLES = frozenset({"title", "head", "heading", "subtitle"})
_VALUE_MAX_WORDS = 8
"""Most words of a value that the name of its element is written before."""
_QUESTIONS = ("question", "questions", "q", "query", "faq")
_ANSWERS = ("answer", "answers", "a", "response", "reply")
_TITLES = ("title", "name", "heading", "headline", "subject")
_TEXTS = ("text", "content", "body", "passage", "description", "abstract")


def load_json(raw: bytes, document_id: str, settings: Settings) -> Document:
    """JSON: objects in a list as records, others with their names as headings and before their values."""
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
    """XML of any kind: text as paragraphs, titles as headings, short values behind the names of their elements."""
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


def load_jsonl(raw: bytes, document_id: str, settings: Settings) -> Document:
    """One JSON object a line: a question with its answer, a text with its title, or else its values by name."""
    text, warnings = decode(raw)
    extract = Extract(settings)
    extract.warnings += warnings
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"line {number} is no JSON", remedy="write one JSON object a line") from error
        if not isinstance(record, dict):
            raise DocumentError(f"line {number} is no JSON object", remedy="write one JSON object a line")
        add_record(extract, {str(name): shown_value(value) for name, value in record.items()})
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def shown_value(value: Any) -> str:
    """A field's value as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return "\n".join(shown_value(each) for each in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {shown_value(each)}" for name, each in value.items())
    return str(value)


def add_record(extract: Extract, record: Mapping[str, str]) -> None:
    """Add an object's values: a question with its answer, a text with its title, or each behind its name."""
    names = list(record)
    question, answer = _column(names, _QUESTIONS), _column(names, _ANSWERS)
    title, text = _column(names, _TITLES), _column(names, _TEXTS)
    told: set[str] = set()
    if question is not None and answer is not None:
        extract.add("heading", " ".join(record[question].split()), level=3, asks=True)
        told = {question, answer}
        _add_paragraphs(extract, record[answer])
    elif text is not None:
        if title is not None:
            extract.add("heading", " ".join(record[title].split()), level=3)
            told.add(title)
        told.add(text)
        _add_paragraphs(extract, record[text])
    for name in names:
        if name not in told and record[name].strip():
            extract.add("paragraph", f"{name}: {record[name]}")


def _add_paragraphs(extract: Extract, text: str) -> None:
    for piece in text.replace("\r\n", "\n").split("\n\n"):
        extract.add("paragraph", piece)


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The column of one of the wanted names, the first wanted first."""
    lower = {name.strip().lower(): name for name in reversed(names)}
    return next((lower[name] for name in wanted if name in lower), None)

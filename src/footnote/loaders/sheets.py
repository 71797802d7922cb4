"""Rows: CSV, spreadsheets and JSON lines.  Columns of questions and answers become questions with their answers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, parse_xml
from footnote.loaders.canonical import decode
from footnote.loaders.drafts import readable_name
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.office import odf_front, office_front, sheet_rows
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_csv", "load_jsonl", "load_ods", "load_xlsx"]

_QUESTIONS = ("question", "questions", "q", "query", "faq")
_ANSWERS = ("answer", "answers", "a", "response", "reply")
_TITLES = ("title", "name", "heading", "headline", "subject")
_TEXTS = ("text", "content", "body", "passage", "description", "abstract")
_SAMPLE_CHARS = 20_000
_CELL_MAX_CHARS = 1_000_000
_SHEET = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table"
_SHEET_NAME = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}name"


def load_csv(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Comma-, semicolon- or tab-separated rows.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
    text, warnings = decode(raw)
    csv.field_size_limit(_CELL_MAX_CHARS)
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:_SAMPLE_CHARS], delimiters=",;\t|")
    except csv.Error:
        dialect = "excel-tab" if document_id.lower().endswith(".tsv") else "excel"
    extract = Extract(settings)
    extract.warnings += warnings
    try:
        rows = list(csv.reader(io.StringIO(text), dialect))
    except csv.Error as error:
        raise DocumentError(f"its rows cannot be told apart: {error}", remedy="save it again as CSV") from error
    _add_rows(extract, rows)
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def load_xlsx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An Excel workbook: each sheet's rows, formulas as the values saved with them.

    Raises:
        DocumentError: no text, too much of it, or no workbook.
    """
    archive = Archive(raw, settings)
    for name in archive.names():
        if name.endswith((".xml", ".rels")):
            parse_xml(archive.read(name))
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise DocumentError("it is damaged or no workbook", remedy="save it again") from error
    extract = Extract(settings)
    several = len(book.worksheets) > 1
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            rows = [[_shown(value) for value in row] for row in sheet.iter_rows(values_only=True)]
            _add_sheet(extract, sheet.title if several else "", rows)
    core = book.properties
    date = core.modified or core.created
    pairs = {"author": core.creator or "", "date": date.date().isoformat() if date else ""}
    return extract.document(raw, document_id, office_front(core.title or readable_name(document_id), pairs))


def load_ods(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An OpenDocument spreadsheet.

    Raises:
        DocumentError: no text, too much of it, or no spreadsheet.
    """
    archive = Archive(raw, settings)
    sheets = list(parse_xml(archive.read("content.xml")).iter(_SHEET))
    extract = Extract(settings)
    for sheet in sheets:
        name = sheet.get(_SHEET_NAME) or "" if len(sheets) > 1 else ""
        _add_sheet(extract, name, list(sheet_rows(sheet)))
    front = odf_front(archive)
    return extract.document(raw, document_id, replace(front, title=front.title or readable_name(document_id)))


def load_jsonl(raw: bytes, document_id: str, settings: Settings) -> Document:
    """One JSON object a line: a question with its answer, a text with its title, or else its values by name.

    Raises:
        DocumentError: no text, too much of it, or a line that is no JSON object.
    """
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
        _add_record(extract, {str(name): _shown(value) for name, value in record.items()})
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def _shown(value: Any) -> str:
    """A cell's or a field's value as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return "\n".join(_shown(each) for each in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_shown(each)}" for name, each in value.items())
    return str(value)


def _add_sheet(extract: Extract, name: str, rows: Sequence[Sequence[str]]) -> None:
    if name and any(cell.strip() for row in rows for cell in row):
        extract.add("heading", name, level=2)
    _add_rows(extract, rows)


def _add_rows(extract: Extract, rows: Iterable[Sequence[str]]) -> None:
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return
    names = [cell.strip() for cell in filled[0]]
    if _column(names, _QUESTIONS) is None or _column(names, _ANSWERS) is None:
        extract.add_table(filled)
        return
    for row in filled[1:]:
        pairs = zip(names, [*row, *[""] * (len(names) - len(row))], strict=False)
        _add_record(extract, {name or f"column {number}": cell for number, (name, cell) in enumerate(pairs, start=1)})


def _add_record(extract: Extract, record: Mapping[str, str]) -> None:
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

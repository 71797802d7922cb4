"""Rows: CSV, OpenDocument spreadsheets and JSON lines.  Columns of questions and answers become questions with their answers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, local_name, local_value, parse_xml
from footnote.loaders.canonical import decode
from footnote.loaders.drafts import Draft, readable_name
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.grid import Cell, Grid
from footnote.loaders.office import left_out
from footnote.loaders.opendocument import OpenReader, cells_of, odf_front
from footnote.loaders.sheet_tables import SheetTable, tables_of
from footnote.loaders.table_shapes import is_title
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["add_record", "add_sheet", "load_csv", "load_jsonl", "load_ods", "shown_value", "with_title"]

_QUESTIONS = ("question", "questions", "q", "query", "faq")
_ANSWERS = ("answer", "answers", "a", "response", "reply")
_TITLES = ("title", "name", "heading", "headline", "subject")
_TEXTS = ("text", "content", "body", "passage", "description", "abstract")
_SAMPLE_CHARS = 20_000
_CELL_MAX_CHARS = 1_000_000
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(?P<mark>.)\"?\s*\n", re.IGNORECASE)
_TITLE_LEVEL = 3


def load_csv(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Comma-, semicolon- or tab-separated rows.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
    text, warnings = decode(raw)
    csv.field_size_limit(_CELL_MAX_CHARS)
    stated = _SEPARATOR_LINE.match(text)
    text = text[stated.end() :] if stated else text
    delimiter = stated["mark"] if stated else _delimiter(text, document_id)
    extract = Extract(settings)
    extract.warnings += warnings
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise DocumentError(f"its rows cannot be told apart: {error}", remedy="save it again as CSV") from error
    grid = Grid(len(rows))
    for number, row in enumerate(rows):
        grid.rows[number] = [Cell(text) if text.strip() else None for text in row]
    add_sheet(extract, "", grid)
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def _delimiter(text: str, document_id: str) -> str:
    """The mark that parts most rows into the same number of cells."""
    sample = text[:_SAMPLE_CHARS]
    best = (0, 0, "\t" if document_id.lower().endswith(".tsv") else ",")
    for mark in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if row)
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda pair: (pair[1] if pair[0] > 1 else 0, pair[0]), default=(0, 0))
        if width > 1 and (rows, width) > best[:2]:
            best = (rows, width, mark)
    return best[2]


def load_ods(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An OpenDocument spreadsheet.

    Raises:
        DocumentError: no text, too much of it, encrypted, or no spreadsheet.
    """
    archive = Archive(raw, settings)
    archive.check_open()
    root = parse_xml(archive.read("content.xml"))
    reader = OpenReader(archive, root)
    sheets = [e for e in root.iter() if _is_sheet(e)]
    extract = Extract(settings)
    for sheet in sheets:
        name = local_value(sheet, "name") or "" if len(sheets) > 1 else ""
        grid, _ = cells_of(sheet, reader.cell_text)
        add_sheet(extract, name, grid)
    extract.warnings += left_out(pictures=reader.pictures)
    return extract.document(raw, document_id, with_title(odf_front(archive), readable_name(document_id)))


def _is_sheet(element: Any) -> bool:
    if not isinstance(element.tag, str) or local_name(element) != "table":
        return False
    return local_name(element.getparent()) == "spreadsheet"


def with_title(front: FrontMatter, title: str) -> FrontMatter:
    """Front matter with a title where it tells none."""
    return replace(front, title=front.title or title)


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


def add_sheet(extract: Extract, name: str, grid: Grid) -> None:
    """Add the tables of a sheet, below its name where that is given."""
    tables = tables_of(grid)
    if name and tables:
        extract.add("heading", name, level=2)
    heads = _all_titled(tables)
    header: Draft | None = None
    names: Sequence[str] = ()
    for number, table in enumerate(tables):
        above = not table.goes_on and (bool(table.rows) or number + 1 < len(tables))
        for line in table.titles:
            heading = heads and above and is_title(line)
            extract.add("heading" if heading else "paragraph", line, level=_TITLE_LEVEL if heading else 0)
        if not table.rows:
            continue
        names = names if table.goes_on else table.names
        if _is_asked(names):
            _add_questions(extract, names, table.rows)
            continue
        if not table.goes_on:
            header = extract.add_row("table_header", names) if names else None
        for row in table.rows:
            extract.add_row("table_row", row, header)


def _all_titled(tables: Sequence[SheetTable]) -> bool:
    """Whether each table of a sheet has a title of its own, or there is one table: then no title heads what is not its own."""
    own = [number for number, table in enumerate(tables) if table.rows and not table.goes_on]
    return len(own) < 2 or all(tables[n].titles or (n > 0 and not tables[n - 1].rows) for n in own)


def _is_asked(names: Sequence[str]) -> bool:
    return _column(names, _QUESTIONS) is not None and _column(names, _ANSWERS) is not None


def _add_questions(extract: Extract, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        pairs = zip(names, [*row, *[""] * (len(names) - len(row))], strict=False)
        record = {name.strip() or f"column {number}": cell for number, (name, cell) in enumerate(pairs, start=1)}
        add_record(extract, record)


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

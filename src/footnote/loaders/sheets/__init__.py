"""Rows: CSV, Excel and OpenDocument spreadsheets, JSON and XML.

A sheet is a grid of texts as its program shows them (``workbook`` for Excel's number formats).  It may hold several tables, one after
the other or side by side, parted by blank rows and columns; each has its title and the names of its columns, found by
``grids.shape_of``.  Each row is a block that names its columns.  Columns of questions and answers become questions with their
answers, and so do objects of JSON with such names (``structured``).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, TypeAlias

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive
from footnote.loaders.formulas import is_named, local_value, parse_xml
from footnote.loaders.office.opendocument import OpenReader, cells_of, odf_front
from footnote.loaders.outline import Draft, readable_name
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.loaders.outline.grids import Cell, Grid, is_title, kind_of, shape_of
from footnote.loaders.sheets.structured import _ANSWERS, _QUESTIONS, _column, add_record
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["add_sheet", "load_csv", "load_ods", "with_title"]

_SAMPLE_CHARS = 20_000
_CELL_MAX_CHARS = 1_000_000
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(?P<mark>.)\"?\s*\n", re.IGNORECASE)
_TITLE_LEVEL = 3
_SIDES_MAX = 20
"""Most stretches of columns that are looked at for tables side by side."""
_Region: TypeAlias = list[tuple[int, list[str]]]
"""Rows of a sheet with their numbers, all columns kept."""


def load_csv(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Comma-, semicolon- or tab-separated rows."""
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
    """An OpenDocument spreadsheet."""
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
    return is_named(element, "table") and is_named(element.getparent(), "spreadsheet")


def with_title(front: FrontMatter, title: str) -> FrontMatter:
    """Front matter with a title where it tells none."""
    return replace(front, title=front.title or title)


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


@dataclass(slots=True)
class SheetTable:
    """A table, or lines that belong to none.

    Attributes:
        titles: lines above it.
        names: of its columns; empty where it has none.
        rows: below the names.
        goes_on: whether it goes on with the table before it, whose names hold for it.
    """

    titles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    goes_on: bool = False


def tables_of(grid: Grid) -> list[SheetTable]:
    """The tables of a sheet in reading order."""
    found: list[SheetTable] = []
    rows = list(enumerate(grid.texts(blank_columns=True)))
    for side in _sides(rows):
        columns: list[int] = []
        names: list[str] = []
        for region in _regions(side):
            used = sorted(_columns(region))
            table = _table(grid, region, used)
            if names and set(used) <= set(columns) and not _is_own(table, names):
                table = _table(grid, region, columns)
                table.rows = [*([table.names] if table.names else []), *table.rows]
                table.names, table.goes_on = [], bool(table.rows)
            elif table.rows:
                columns, names = used, table.names
            found.append(table)
    return found


def _is_own(table: SheetTable, names: list[str]) -> bool:
    """Whether a stretch below a blank row names its columns itself, and is not a further group of the table above."""
    if not table.names:
        return False
    if table.titles or table.names == names:
        return True
    for n, name in enumerate(table.names):
        kinds = [kind_of(row[n]) for row in table.rows if n < len(row) and row[n].strip()]
        if kind_of(name) == "text" and kinds and all(kind != "text" for kind in kinds):
            return True
    return False


def _table(grid: Grid, region: _Region, columns: Sequence[int]) -> SheetTable:
    rows = [[row[n] if n < len(row) else "" for n in columns] for _, row in region]
    if max(map(_filled, rows)) < 2:
        return SheetTable(titles=[_line(row) for row in rows])
    shape = shape_of(rows)
    start = shape.start
    if not shape.headed:
        # Without names below them, only single lines that read as titles are such.
        start = 0
        while start < len(rows) - 1 and _filled(rows[start]) == 1 and is_title(_line(rows[start])):
            start += 1
    table = SheetTable(titles=[_line(row) for row in rows[:start]], rows=rows[start:])
    if shape.headed:
        table.names = table.rows.pop(0)
        above = region[start - 1][0]
        if start and grid.spans_within(above):
            table.titles.pop()
            upper = grid.spread(above)
            table.names = [
                " ".join(dict.fromkeys(part for part in (upper[n] if n < len(upper) else "", name) if part))
                for n, name in zip(columns, table.names, strict=True)
            ]
    return table


def _regions(rows: _Region) -> list[_Region]:
    """Stretches of rows between blank ones."""
    found: list[_Region] = [[]]
    for number, row in rows:
        if _filled(row):
            found[-1].append((number, row))
        elif found[-1]:
            found.append([])
    return [region for region in found if region]


def _sides(rows: _Region) -> list[_Region]:
    """Tables that stand side by side: parted by a blank column, and of unlike rows or the same names."""
    used = sorted(_columns(rows))
    breaks = [n for n, (one, other) in enumerate(pairwise(used)) if other - one > 1]
    if not 0 < len(breaks) < _SIDES_MAX:
        return [rows]
    edges = [0, *(used[n] + 1 for n in breaks), used[-1] + 1]
    sides: list[_Region] = []
    for start, end in pairwise(edges):
        side = [(number, [""] * start + row[start:end]) for number, row in rows]
        if sides and not _stand_apart(sides[-1], side):
            side = [
                (number, [*before, *([""] * (start - len(before))), *row[start:]])
                for (number, before), (_, row) in zip(sides.pop(), side, strict=True)
            ]
        sides.append(side)
    return sides


def _stand_apart(left: _Region, right: _Region) -> bool:
    one, other = ([(n, row) for n, row in side if _filled(row)] for side in (left, right))
    if not one or not other or len(_columns(one)) < 2 or len(_columns(other)) < 2:
        return False
    first, second = ([cell.strip() for cell in side[0][1] if cell.strip()] for side in (one, other))
    unlike = [n for n, _ in one] != [n for n, _ in other]
    return unlike or first == second


def _columns(region: _Region) -> set[int]:
    return {n for _, row in region for n, cell in enumerate(row) if cell.strip()}


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _line(row: Sequence[str]) -> str:
    return " ".join(" ".join(cell.split()) for cell in row if cell.strip())

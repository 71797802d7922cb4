"""Merged cells: any grid gives the same cells, whatever the format it is written in."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from footnote.loaders.outline.grids import Cell, TableShape, grid_of, shape_of
from loading import read, rows
from office_files import open_sheet, open_text


@dataclass(frozen=True)
class Area:
    """A cell of a drawn grid: where it is, how far it reaches, what it holds."""

    row: int
    column: int
    height: int
    width: int
    text: str


@st.composite
def grids(draw: st.DrawFn) -> tuple[int, int, list[Area]]:
    """Height, width and cells of a grid without holes, below a row of names; a cell begins in each row."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    taken: set[tuple[int, int]] = set()
    areas = [Area(0, n, 1, 1, f"Name {chr(65 + n)}") for n in range(width)]
    for row in range(1, height + 1):
        for column in range(width):
            if (row, column) in taken:
                continue
            free = 1
            while column + free < width and (row, column + free) not in taken:
                free += 1
            wide, high = draw(st.integers(1, free)), draw(st.integers(1, height + 1 - row))
            areas.append(Area(row, column, high, wide, f"cell r{row}c{column}"))
            taken |= {(row + down, column + right) for down in range(high) for right in range(wide)}
    assume({area.row for area in areas} == set(range(height + 1)))
    return height + 1, width, areas


def expected(height: int, width: int, areas: list[Area], *, repeated: bool = True) -> list[list[str]]:
    shown = [[""] * width for _ in range(height)]
    for area in areas:
        for row in range(area.row, area.row + (area.height if repeated else 1)):
            shown[row][area.column] = area.text
    for cells in shown:
        while cells and not cells[-1]:
            cells.pop()
    return shown


def in_order(height: int, areas: list[Area]) -> list[list[Area]]:
    return [sorted((a for a in areas if a.row == row), key=lambda a: a.column) for row in range(height)]


def as_html(height: int, width: int, areas: list[Area]) -> str:
    lines = [
        "<tr>"
        + "".join(f'<td rowspan="{a.height}" colspan={a.width}>{"<b>" * (a.row % 2)}{a.text}</b></td>' for a in row)
        + "</tr>"
        for row in in_order(height, areas)
    ]
    return "<table>" + "\n".join(lines) + "</table>"


def as_docx(height: int, width: int, areas: list[Area]) -> bytes:
    import docx

    document = docx.Document()
    table = document.add_table(height, width)
    for area in areas:
        first = table.cell(area.row, area.column)
        last = table.cell(area.row + area.height - 1, area.column + area.width - 1)
        (first.merge(last) if first is not last else first).text = area.text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_xlsx(height: int, width: int, areas: list[Area]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for area in areas:
        sheet.cell(area.row + 1, area.column + 1, area.text)
        if area.height * area.width > 1:
            sheet.merge_cells(
                start_row=area.row + 1,
                start_column=area.column + 1,
                end_row=area.row + area.height,
                end_column=area.column + area.width,
            )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_open_table(height: int, width: int, areas: list[Area]) -> str:
    corners = {(a.row, a.column): a for a in areas}
    lines = []
    for row in range(height):
        cells = []
        for column in range(width):
            area = corners.get((row, column))
            spans = (
                f'table:number-rows-spanned="{area.height}" table:number-columns-spanned="{area.width}"' if area else ""
            )
            cells.append(
                f"<table:table-cell {spans}><text:p>{area.text}</text:p></table:table-cell>"
                if area
                else "<table:covered-table-cell/>"
            )
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    return f'<table:table table:name="T">{"".join(lines)}</table:table>'


@given(grids())
@effort(max_examples=40, deadline=None)
def test_any_grid_gives_the_same_cells_in_every_format(drawn: tuple[int, int, list[Area]]) -> None:
    wanted = expected(*drawn)
    assert rows(read("a.html", as_html(*drawn))) == wanted
    assert rows(read("a.odt", open_text(as_open_table(*drawn)))) == wanted
    assert rows(read("a.ods", open_sheet(as_open_table(*drawn)))) == wanted
    assert rows(read("a.md", as_html(*drawn))) == expected(*drawn, repeated=False)


@given(grids())
@effort(max_examples=15, deadline=None)
def test_any_grid_gives_the_same_cells_in_files_that_other_programs_write(drawn: tuple[int, int, list[Area]]) -> None:
    wanted = expected(*drawn)
    assert rows(read("a.docx", as_docx(*drawn))) == wanted
    assert rows(read("a.xlsx", as_xlsx(*drawn))) == wanted


@given(grids())
@effort(max_examples=25, deadline=None)
def test_a_grid_without_merged_cells_is_the_same_with_bars_and_commas(drawn: tuple[int, int, list[Area]]) -> None:
    height, width, areas = drawn
    wanted = expected(height, width, areas)
    full = [row + [""] * (width - len(row)) for row in wanted]
    bars = ["| " + " | ".join(row) + " |" for row in full]
    bars.insert(1, "|---" * width + "|")
    assert rows(read("a.md", "\n".join(bars))) == wanted
    assert rows(read("a.csv", "\n".join(";".join(row) for row in full))) == wanted


def test_hostile_spans_end_soon() -> None:
    cells = "<tr>" + "<td rowspan=65534 colspan=1000>x" * 40 + "</tr>"
    document = read("a.html", "<table>" + cells * 400 + "</table>", document_max_chars=200_000)
    assert len(document.text) < 200_000


def test_long_texts_of_merged_cells_stand_once() -> None:
    text = "A long remark that holds for two rows. " * 8
    grid = grid_of([[Cell(text, rows=2), Cell("one")], [Cell("two")]])
    assert grid.texts() == [[text, "one"], ["", "two"]]


@pytest.mark.parametrize(
    ("rows_", "shape"),
    [
        ([["Plant", "2022", "2023"], ["Leeds", "14", "18"]], TableShape(0, headed=True)),
        ([["", "Mon", "Tue"], ["Early", "Ada", "Bo"], ["Late", "Bo", "Cy"]], TableShape(0, headed=True)),
        ([["Price list", "", ""], ["Name", "City", "Age"], ["Ada", "Oslo", "41"]], TableShape(1, headed=True)),
        ([["Bolt M8", "412", "3.20"], ["Nut M8", "377", "1.10"]], TableShape(0, headed=False)),
        ([["Name:", "Olga"], ["Room:", "214"], ["Shift:", "late"]], TableShape(0, headed=False)),
        ([["Phone", "555 0100"], ["Opened", "3 May 2020"], ["Owner", "Ada Lund"]], TableShape(0, headed=False)),
        ([["Team", "Points"], ["Red", "12"], ["Blue", "9"]], TableShape(0, headed=True)),
        ([["Treaty", "1951"], ["Charter", "1938"], ["Accord", "1994"]], TableShape(0, headed=False)),
        ([["x", "1", "2", "3"], ["1", "1", "2", "3"], ["2", "2", "4", "6"]], TableShape(0, headed=True)),
        ([["only"], ["one"], ["column"]], TableShape(0, headed=False)),
    ],
)
def test_the_names_of_columns_are_told_from_values(rows_: list[list[str]], shape: TableShape) -> None:
    assert shape_of(rows_) == shape


def test_groups_of_columns_join_the_names_below_them() -> None:
    page = (
        "<table><thead><tr><th rowspan=2>Region<th colspan=2>2022<th colspan=2>2023</tr><tr><th>Q1<th>Q2<th>Q1<th>Q2</tr></thead>"
        "<tr><td>North<td>1<td>2<td>3<td>4</table>"
    )
    assert rows(read("a.html", page))[0] == ["Region", "2022 Q1", "2022 Q2", "2023 Q1", "2023 Q2"]

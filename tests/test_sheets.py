"""Sheets: all cells, numbers as they are shown, several tables, what has no saved value."""

from __future__ import annotations

import pytest

from footnote.loaders.sheets.workbook import shown_number
from loading import blocks, read, rows
from office_files import open_sheet, packed, relations, workbook


def sheet(*lines: str, dimension: str = "") -> str:
    return f"{dimension}<sheetData>{''.join(f'<row>{line}</row>' for line in lines)}</sheetData>"


def t(*values: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1234.5, '"$"#,##0.00', "$1,234.50"),
        (-1234.5, "$#,##0.00;($#,##0.00)", "($1,234.50)"),
        (95, "#,##0.00 [$€-407]", "95.00 €"),
        (7, "000", "007"),
        (5550100, "000-0000", "555-0100"),
        (45000, "yyyy-mm-dd", "2023-03-15"),
        (45000, "d mmmm yyyy", "15 March 2023"),
        (45000.75, "d/m/yy h:mm AM/PM", "15/3/23 6:00 PM"),
        (0.5, "[h]:mm", "12:00"),
        (1.5, "[h]:mm", "36:00"),
        (0, '0;-0;"none"', "none"),
        (3, '0 "pieces"', "3 pieces"),
        (1500000, '0.0,,"M"', "1.5M"),
        (0.1 + 0.2, "General", "0.3"),
        (12, "General", "12"),
        (61, "dd.mm.yyyy", "01.03.1900"),
        (2.5, "# ?/?", "2.5"),
    ],
)
def test_numbers_are_shown_as_their_format_says(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


def test_dates_that_count_from_1904() -> None:
    assert shown_number(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"


def test_all_cells_are_read_whatever_range_is_stated() -> None:
    content = sheet(t("Part", "Stock"), t("Bolt", "12"), t("Nut", "9"), dimension='<dimension ref="A1"/>')
    assert rows(read("a.xlsx", workbook({"One": content}))) == [["Part", "Stock"], ["Bolt", "12"], ["Nut", "9"]]


def test_values_by_their_formats_and_formulas_without_values() -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="14"/></cellXfs>'
    content = sheet(
        t("Name", "Share", "Since", "Sum"),
        f'{t("Ada")}<c s="1"><v>0.4</v></c><c s="2"><v>45000</v></c><c><f>B2*2</f></c>',
        f'{t("Bo")}<c s="1"><v>0.6</v></c><c s="2"><v>45001</v></c><c><f>B3*2</f><v>1.2</v></c>',
    )
    document = read("a.xlsx", workbook({"One": content}, styles=styles))
    assert rows(document) == [
        ["Name", "Share", "Since", "Sum"],
        ["Ada", "40%", "2023-03-15"],
        ["Bo", "60%", "2023-03-16", "1.2"],
    ]
    assert len(document.warnings) == 1
    assert document.warnings[0].startswith("1 formula without a saved value left out")


def test_shared_strings_with_formatting_and_hidden_sheets() -> None:
    strings = "<si><t>Name</t></si><si><r><t>Ada </t></r><r><t>Lund</t></r><rPh><t>aloud</t></rPh></si>"
    content = sheet('<c t="s"><v>0</v></c><c t="b"><v>1</v></c>', '<c t="s"><v>1</v></c><c t="e"><v>#N/A</v></c>')
    raw = workbook({"One": content, "Two": sheet(t("secret", "x"))}, strings=strings, states=("visible", "hidden"))
    document = read("a.xlsx", raw)
    assert rows(document) == [["Name", "TRUE"], ["Ada Lund", "#N/A"]]
    assert document.warnings == ("1 hidden sheet left out",)


def test_comments_follow_their_sheet() -> None:
    raw = workbook({"One": sheet(t("Part", "Stock"), t("Bolt", "12"))})
    import io
    import zipfile

    archive = zipfile.ZipFile(io.BytesIO(raw))
    members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/_rels/sheet1.xml.rels"] = relations(("comments", "../c.xml"))
    members["xl/c.xml"] = (
        '<c><commentList><comment ref="B2"><text><t>Count again in May.</t></text></comment></commentList></c>'
    )
    assert blocks(read("a.xlsx", packed(members)))[-1] == "paragraph: Comment on B2: Count again in May."


def test_tables_one_below_the_other_keep_their_own_names() -> None:
    text = "Staff\nName;Age\nAda;41\nBo;38\n\nRooms\nRoom;Seats;Floor\nEast;12;2\nWest;30;1\n"
    assert blocks(read("a.csv", text)) == [
        "heading3: Staff",
        "table_header: Name | Age",
        "table_row: Ada | 41",
        "table_row: Bo | 38",
        "heading3: Rooms",
        "table_header: Room | Seats | Floor",
        "table_row: East | 12 | 2",
        "table_row: West | 30 | 1",
    ]


def test_a_blank_row_does_not_end_a_table() -> None:
    document = read("a.csv", "Name;City\nAda;Oslo\n\nBo;Rome\nCy;Bern\n")
    assert rows(document) == [["Name", "City"], ["Ada", "Oslo"], ["Bo", "Rome"], ["Cy", "Bern"]]
    header = next(n for n, block in enumerate(document.blocks) if block.kind == "table_header")
    assert [block.header for block in document.blocks if block.kind == "table_row"] == [header] * 3


def test_tables_side_by_side_are_two() -> None:
    text = "Name;Age;;Room;Seats\nAda;41;;East;12\nBo;38;;West;30\n;;;North;8\n"
    assert rows(read("a.csv", text)) == [
        ["Name", "Age"],
        ["Ada", "41"],
        ["Bo", "38"],
        ["Room", "Seats"],
        ["East", "12"],
        ["West", "30"],
        ["North", "8"],
    ]


@pytest.mark.parametrize(
    "text", ["sep=;\nName;Price\nAda;1,50\n", '"sep=;"\nName;Price\nAda;1,50\n', "Name;Price;\nAda;1,50;\n"]
)
def test_stated_and_trailing_delimiters(text: str) -> None:
    assert rows(read("a.csv", text)) == [["Name", "Price"], ["Ada", "1,50"]]


def test_questions_below_a_title_are_questions() -> None:
    document = read("a.csv", "Our FAQ;\n\nQuestion;Answer\nMay I park?;Yes, at night.\n")
    (pair,) = document.faq_pairs()
    assert (pair.question.of(document.text), pair.answer.of(document.text)) == ("May I park?", "Yes, at night.")


def test_open_sheets_with_repeated_and_merged_cells() -> None:
    def row(*values: str) -> str:
        cells = "".join(f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in values)
        return f"<table:table-row>{cells}</table:table-row>"

    blank = '<table:table-cell table:number-columns-repeated="1024"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
    body = f'<table:table table:name="S">{row("Name", "Day")}{row("Ada", "2 May")}{rest}</table:table>'
    assert rows(read("a.ods", open_sheet(body))) == [["Name", "Day"], ["Ada", "2 May"]]

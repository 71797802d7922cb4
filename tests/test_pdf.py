"""PDFs are read as a person reads them: whatever the order of drawing, by where the text stands."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footnote.errors import DocumentError
from footnote.loaders.pdf import load_pdf
from footnote.records import Document
from footnote.settings import Settings
from pdf_files import HEIGHT, WIDTH, PdfPage, pdf_of, width_of

WORDS = "amber basin cedar delta ember fjord grove heron inlet jetty kiosk larch mason north otter pilot quartz river".split()


def read(*pages: PdfPage, info: dict[str, str] | None = None) -> Document:
    return load_pdf(pdf_of(*pages, info=info), "file.pdf", Settings())


def shown(document: Document, *kinds: str) -> list[str]:
    return [document.visible(block.span) for block in document.blocks if not kinds or block.kind in kinds]


def rows_of(document: Document) -> list[list[str]]:
    """The cells of all rows of tables, a header's too."""
    return [[cell.of(document.text) for cell in block.cells] for block in document.blocks if block.cells]


def lines_on(page: PdfPage, lines: list[str], *, x: float = 60, top: float = 780, pitch: float = 14) -> PdfPage:
    for number, line in enumerate(lines):
        page.text(x, top - pitch * number, line)
    return page


# Tables

cell = st.text(alphabet="abcdefghijklmnop", min_size=2, max_size=9).map(str.capitalize)
amounts = st.integers(1, 99_999).map(str)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width, height = draw(st.integers(3, 5)), draw(st.integers(3, 9))
    names = draw(st.lists(cell, min_size=width, max_size=width, unique=True))
    body = [[draw(cell), *(draw(amounts) for _ in range(width - 1))] for _ in range(height)]
    return [names, *body]


def draw_table(
    page: PdfPage, rows: list[list[str]], top: float, *, ruled: bool, order: random.Random, pitch: float = 16
) -> None:
    edges = [60 + 95 * number for number in range(len(rows[0]) + 1)]
    cells = [(row, column) for row in range(len(rows)) for column in range(len(rows[0]))]
    order.shuffle(cells)
    for row, column in cells:
        page.text(edges[column] + 4, top - pitch * row, rows[row][column])
    if ruled:
        for row in range(len(rows) + 1):
            page.rule(edges[0], top + pitch - 4 - pitch * row, edges[-1], top + pitch - 4 - pitch * row)
        for edge in edges:
            page.rule(edge, top + pitch - 4, edge, top + pitch - 4 - pitch * len(rows))


@settings(max_examples=60, deadline=None)
@given(tables(), st.booleans(), st.randoms(use_true_random=False), st.sampled_from([0, 90, 180, 270]))
def test_a_table_is_its_rows_with_their_header(
    rows: list[list[str]], ruled: bool, order: random.Random, rotate: int
) -> None:
    page = PdfPage(rotate=rotate).text(60, 700, "Below stands what was counted in the harbour this year.")
    draw_table(page, rows, 650, ruled=ruled, order=order)
    page.text(60, 400, "Above stands what was counted in the harbour this year.")
    document = read(page)
    assert rows_of(document) == rows
    header = next(n for n, block in enumerate(document.blocks) if block.kind == "table_header")
    assert all(block.header == header for block in document.blocks if block.kind == "table_row")
    assert shown(document, "paragraph") == [
        "Below stands what was counted in the harbour this year.",
        "Above stands what was counted in the harbour this year.",
    ]


@settings(max_examples=25, deadline=None)
@given(tables(), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_a_table_goes_on_over_pages_under_one_header(
    rows: list[list[str]], ruled: bool, repeated: bool, order: random.Random
) -> None:
    pages = []
    for number in range(3):
        page = PdfPage()
        body = [[f"{name}{number}", *rest] for name, *rest in rows[1:]]
        top = 800 - 25 * number  # so that a repeated header is none of the running lines
        draw_table(page, [rows[0], *body] if repeated or not number else body, top, ruled=ruled, order=order)
        pages.append(page)
    document = read(*pages)
    headers = [n for n, block in enumerate(document.blocks) if block.kind == "table_header"]
    body = [block for block in document.blocks if block.kind == "table_row"]
    assert len(headers) == 1
    assert len(body) == 3 * (len(rows) - 1)
    assert {block.header for block in body} == set(headers)
    assert [document.page_of(block.span.start) for block in body] == [
        page for page in (1, 2, 3) for _ in range(len(rows) - 1)
    ]


def test_a_cell_of_several_lines_is_one_cell() -> None:
    page = PdfPage()
    draw_table(
        page, [["Post", "Keeper", "Days"], ["North pier", "Ada Holm", "12"]], 700, ruled=False, order=random.Random(1)
    )
    page.text(159, 672, "and her son").text(64, 652, "South pier").text(159, 652, "Ole Dahl").text(254, 652, "30")
    assert rows_of(read(page)) == [
        ["Post", "Keeper", "Days"],
        ["North pier", "Ada Holm and her son", "12"],
        ["South pier", "Ole Dahl", "30"],
    ]


def test_lines_between_two_rules_are_one_row() -> None:
    page = PdfPage()
    for height in (716, 700, 668, 636):
        page.rule(60, height, 400, height)
    for x in (60, 160, 400):
        page.rule(x, 716, x, 636)
    page.text(64, 704, "Rule", font="bold").text(164, 704, "What it says", font="bold")
    page.text(64, 688, "Anchoring").text(164, 688, "No boat may drop its anchor").text(
        164, 674, "in front of the ferry."
    )
    page.text(64, 656, "Fires").text(164, 656, "Open fires are allowed on").text(164, 642, "the gravel only.")
    assert rows_of(read(page)) == [
        ["Rule", "What it says"],
        ["Anchoring", "No boat may drop its anchor in front of the ferry."],
        ["Fires", "Open fires are allowed on the gravel only."],
    ]


def test_a_label_over_several_rows_stands_in_each_and_a_name_over_several_columns_in_each() -> None:
    page = PdfPage()
    for x, bottom in ((60, 600), (160, 600), (260, 600), (360, 600), (460, 600)):
        page.rule(x, 680 if x == 360 else 700, x, bottom)
    for y, left in ((700, 60), (680, 260), (660, 60), (640, 160), (620, 60), (600, 60)):
        page.rule(left, y, 460, y)
    page.text(64, 685, "Quay").text(164, 685, "Boat").text(264, 685, "Berths in use").text(264, 665, "May").text(
        364, 665, "June"
    )
    page.text(64, 645, "East").text(164, 645, "Sloop").text(264, 645, "11").text(364, 645, "14")
    page.text(164, 625, "Ketch").text(264, 625, "21").text(364, 625, "24")
    page.text(64, 605, "West").text(164, 605, "Yawl").text(264, 605, "31").text(364, 605, "34")
    assert rows_of(read(page)) == [
        ["Quay", "Boat", "Berths in use May", "Berths in use June"],
        ["East", "Sloop", "11", "14"],
        ["East", "Ketch", "21", "24"],
        ["West", "Yawl", "31", "34"],
    ]


def test_a_name_and_its_value_are_no_header() -> None:
    page = PdfPage()
    for number, (name, value) in enumerate([("Keeper:", "Ada Holm"), ("Deputy:", "Ole Dahl"), ("Cook:", "Per Lie")]):
        page.text(60, 700 - 20 * number, name).text(260, 700 - 20 * number, value)
    document = read(page)
    assert shown(document, "table_header") == []
    assert rows_of(document) == [["Keeper:", "Ada Holm"], ["Deputy:", "Ole Dahl"], ["Cook:", "Per Lie"]]


# Columns and turned pages


def prose(chance: random.Random, lines: int, width: int = 36) -> list[str]:
    """Lines of one sentence, each about as wide."""
    found, line = [], ["The"]
    while len(found) < lines:
        word = chance.choice(WORDS)
        if len(" ".join([*line, word])) > width:
            found.append(" ".join(line))
            line = []
        line.append(word)
    found[-1] += "."
    return found


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 3), st.sampled_from([0, 4.5]), st.booleans())
def test_columns_are_read_one_after_the_other_however_they_are_drawn(
    chance: random.Random, columns: int, shift: float, across: bool
) -> None:
    width = 36 if columns == 2 else 22
    texts = [prose(chance, chance.randint(6, 14), width) for _ in range(columns)]
    page = PdfPage()
    places = [
        (60 + 490 / columns * column, 700 - shift * column - 12 * number, line)
        for column, lines in enumerate(texts)
        for number, line in enumerate(lines)
    ]
    if across:
        places.sort(key=lambda place: -place[1])
    else:
        chance.shuffle(places)
    for x, y, line in places:
        page.text(x, y, line)
    document = read(page)
    words = " ".join(" ".join(lines) for lines in texts).split()
    assert document.text.split() == words
    assert shown(document, "table_row") == []


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([0, 90, 180, 270]), st.sampled_from([0, 90, 180, 270]))
def test_turned_text_is_read_in_its_own_direction(chance: random.Random, rotate: int, angle: int) -> None:
    lines = prose(chance, 6)
    places = list(enumerate(lines))
    chance.shuffle(places)
    page = PdfPage(rotate=rotate, width=WIDTH if angle % 180 == 0 else HEIGHT)
    for number, line in places:
        x, y = {
            0: (60, 700 - 14 * number),
            90: (60 + 14 * number, 60),
            180: (500, 100 + 14 * number),
            270: (500 - 14 * number, 700),
        }[angle]
        page.text(x, y, line, angle=angle)
    assert read(page).text == " ".join(lines)


def test_what_stands_across_the_page_comes_after_its_text() -> None:
    page = lines_on(PdfPage(), ["The harbour is closed in winter.", "It opens again when the ice has gone."])
    page.text(20, 300, "Copy of the office", angle=90)
    assert read(page).text.endswith("Copy of the office")


def test_a_list_beside_its_numbers_is_a_list() -> None:
    page = PdfPage()
    for number, item in enumerate(["Moor the boat.", "Stop the engine.", "Pay at the office."]):
        page.text(60, 700 - 16 * number, f"{number + 1}.").text(90, 700 - 16 * number, item)
    assert shown(read(page), "list_item") == ["Moor the boat.", "Stop the engine.", "Pay at the office."]


# Heads, feet and paragraphs over pages


def test_running_rows_go_but_for_their_first_showing() -> None:
    pages = [
        lines_on(PdfPage(), ["Harbour rules", f"Rule {name} holds for every boat in the harbour."], pitch=40).text(
            280, 30, f"Page {number} of 4"
        )
        for number, name in enumerate(WORDS[:4], start=1)
    ]
    document = read(*pages)
    assert document.text.count("Harbour rules") == 1
    assert "Page" not in document.text
    assert all(f"Rule {name}" in document.text for name in WORDS[:4])


@pytest.mark.parametrize(
    "line", ["Receipt 2031-10{}", "Paid on {} May 2031", "Berth no. {}", "Number of boats: {}", "Catch – 10{}"]
)
def test_a_row_whose_number_is_not_the_page_s_stays(line: str) -> None:
    pages = [
        lines_on(PdfPage(), [line.format(number), f"The boat of {name} may stay here."], pitch=40)
        for number, name in enumerate(WORDS[:5], start=1)
    ]
    document = read(*pages)
    for number in range(1, 6):
        at = document.text.index(line.format(number))
        assert document.page_of(at) == number


def test_a_first_line_that_recurs_but_for_its_number_heads_its_page() -> None:
    pages = [
        lines_on(PdfPage(), [f"Receipt 2031-1{number}", "Boat: Gull", f"To pay: {number}5 crowns"])
        for number in range(4)
    ]
    document = read(*pages)
    assert shown(document, "heading") == [f"Receipt 2031-1{number}" for number in range(4)]
    last = next(n for n, block in enumerate(document.blocks) if "35 crowns" in document.visible(block.span))
    assert document.heading_path(last) == ("Receipt 2031-13",)
    assert document.title == "File"


def test_numbers_of_pages_go_wherever_they_begin() -> None:
    pages = [
        lines_on(PdfPage(), [f"The {name} is blue."]).text(290, 30, str(number))
        for number, name in enumerate(WORDS[:6], 57)
    ]
    assert not any(str(number) in read(*pages).text for number in range(57, 63))


def test_nothing_goes_from_a_single_page() -> None:
    page = lines_on(PdfPage(), ["Harbour rules", "Every boat pays."], pitch=40).text(290, 30, "1")
    assert read(page).text.split("\n\n") == ["Harbour rules", "Every boat pays.", "1"]


def test_a_paragraph_goes_on_over_the_end_of_a_page_only_where_it_does() -> None:
    first = ["The keeper of the harbour counts the boats every", "evening, and what she counts is written into the"]
    going_on = read(lines_on(PdfPage(), first, top=80), lines_on(PdfPage(), ["big green book on the shelf."]))
    assert shown(going_on) == [" ".join([*first, "big green book on the shelf."])]
    assert going_on.page_of(going_on.text.index("into")) == 1
    assert going_on.page_of(going_on.text.index("big")) == 2
    capital = read(lines_on(PdfPage(), first, top=80), lines_on(PdfPage(), ["Boats are painted in spring."]))
    assert len(shown(capital)) == 2
    short = read(lines_on(PdfPage(), [first[0], "in the book"], top=80), lines_on(PdfPage(), ["boats and nets"]))
    assert len(shown(short)) == 2


def test_a_foot_does_not_come_between_a_paragraph_s_pages() -> None:
    first = ["The keeper of the harbour counts the boats every", "evening, and what she counts is written into the"]
    pages = [
        lines_on(PdfPage(), first, top=120),
        lines_on(PdfPage(), ["big green book on the shelf.", "Then she goes home."], pitch=30),
        lines_on(PdfPage(), ["The book is kept for ten years."]),
    ]
    for page in pages:
        page.text(60, 30, "Printed by the harbour office")
    document = read(*pages)
    assert " ".join([*first, "big green book on the shelf."]) in shown(document)
    assert document.text.count("Printed by") == 1
    assert document.page_of(document.text.index("Printed by")) == 1


# Letters


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (("The fee is 25", "3", " crowns a year."), "The fee is 25 ³ crowns a year."),
        (("Light takes 3 × 10", "8", " metres a second."), "Light takes 3 × 10⁸ metres a second."),
        (("Members", "2", " pay half."), "Members ² pay half."),
        (("The shed has 40 m", "2", " of floor."), "The shed has 40 m² of floor."),
        (("On the 1", "st", " of May it opens."), "On the 1st of May it opens."),
    ],
)
def test_raised_numbers_stand_apart_from_what_is_before_them(drawn: tuple[str, str, str], expected: str) -> None:
    stream = f"BT /regular 10 Tf 60 700 Td ({drawn[0]}) Tj /regular 6 Tf 4 Ts ({drawn[1]}) Tj 0 Ts /regular 10 Tf ({drawn[2]}) Tj ET"
    page = PdfPage(drawn=[stream]).text(60, 660, "The boat house stands beside the pier and is open.")
    assert shown(read(page))[0] == expected


def test_lowered_letters_stay_with_theirs() -> None:
    stream = "BT /regular 10 Tf 60 700 Td (Air holds CO) Tj /regular 6 Tf -2 Ts (2) Tj 0 Ts /regular 10 Tf ( everywhere.) Tj ET"
    assert read(PdfPage(drawn=[stream])).text == "Air holds CO2 everywhere."


def test_a_page_all_in_bold_is_text_and_bold_beside_others_heads() -> None:
    lines = ["Notice to all boats", "The pier is closed on Monday for repairs", "Ask the keeper where to moor instead"]
    bold = PdfPage()
    for number, line in enumerate(lines):
        bold.text(60, 700 - 30 * number, line, font="bold")
    assert {block.kind for block in read(bold).blocks} == {"paragraph"}
    mixed = PdfPage().text(60, 700, lines[0], font="bold")
    document = read(lines_on(mixed, [f"{line}." for line in lines[1:]], top=680))
    assert shown(document, "heading") == [lines[0]]


def test_numbers_of_sections_make_headings_of_their_depth() -> None:
    page = PdfPage().text(60, 760, "4 Mooring", size=14, font="bold").text(60, 730, "4.1 Ropes", font="bold")
    page.text(60, 715, "Two ropes are tied to the iron rings of the pier every night.")
    page.text(60, 690, "4.1.1 Thickness", font="bold").text(
        60, 675, "They are as thick as a thumb, and longer than the boat."
    )
    headings = [
        (block.level, block.span.of(document.text))
        for document in [read(page)]
        for block in document.blocks
        if block.kind == "heading"
    ]
    assert [text for _, text in headings] == ["4 Mooring", "4.1 Ropes", "4.1.1 Thickness"]
    assert [level for level, _ in headings] == [1, 2, 3]


def test_a_word_divided_at_a_line_s_end_is_one() -> None:
    lines = [
        "Every visitor of the harbour is asked to read what is writ-",
        "ten on the board, and to keep to it while the boat is here.",
    ]
    assert "is written on the board" in read(lines_on(PdfPage(), lines)).text


# Forms and what a file tells


def test_what_is_filled_in_stands_beside_its_label() -> None:
    page = PdfPage().text(60, 700, "Boat:").text(60, 670, "Owner:").text(60, 640, "Wants electricity")
    page.filled_field(200, 696, "boat", "Seagull II").filled_field(200, 666, "owner", "Mia Strand")
    page.ticked_box(200, 638, "power", "Yes").free_text(60, 500, "Came back on Friday")
    document = read(page)
    assert rows_of(document) == [["Boat:", "Seagull II"], ["Owner:", "Mia Strand"], ["Wants electricity", "☑ Yes"]]
    assert "Came back on Friday" in document.text


def test_secrets_in_forms_are_not_read() -> None:
    page = PdfPage().text(60, 700, "Password:")
    page.filled_field(200, 696, "word", "swordfish")
    page.notes[-1] = page.notes[-1].replace("/F 4", "/F 4 /Ff 8192")
    assert "swordfish" not in read(page).text


def test_placeholders_are_no_title_and_no_author() -> None:
    page = PdfPage().text(60, 700, "The pier is closed.")
    document = read(page, info={"Title": "untitled", "Author": "anonymous"})
    assert (document.title, document.stated("author")) == ("File", "")
    told = read(page, info={"Title": "Harbour rules", "Author": "Ada Holm"})
    assert (told.title, told.stated("author")) == ("Harbour rules", "Ada Holm")


def test_fonts_without_letters_are_told() -> None:
    font = (
        "/odd << /Type /Font /Subtype /Type3 /FontBBox [0 0 10 10] /FontMatrix [0.1 0 0 0.1 0 0] /FirstChar 1 /LastChar 3 "
        "/Widths [10 10 10] /Encoding << /Differences [1 /g1 /g2 /g3] >> /CharProcs << >> /Resources << >> >>"
    )
    page = PdfPage(drawn=["BT /odd 12 Tf 60 700 Td <010203010203010203> Tj ET"])
    with pytest.raises(DocumentError, match="do not say which letters"):
        load_pdf(pdf_of(page, font_objects=font), "file.pdf", Settings())


# Nothing is lost


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(40, 480), st.integers(40, 800), st.sampled_from(WORDS), st.sampled_from([8, 10, 16])),
        min_size=1,
        max_size=40,
    )
)
def test_every_word_of_a_page_is_in_the_text_and_in_a_block(words: list[tuple[int, int, str, int]]) -> None:
    taken: list[tuple[float, float, float, float]] = []
    page, kept = PdfPage(), []
    for number, (x, y, word, size) in enumerate(words):
        text = f"{word}{chr(97 + number % 26)}{chr(97 + number // 26)}"
        box = (x, y - size, x + width_of(text, size) + size, y + size)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        kept.append(text)
        page.text(x, y, text, size=size)
    document = read(page)
    seen = " ".join(shown(document)).replace(" | ", " ").split()
    assert sorted(seen) == sorted(kept)
    assert all(a.span.end <= b.span.start for a, b in zip(document.blocks, document.blocks[1:], strict=False))

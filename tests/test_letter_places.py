"""Where the letters of a text stand on a page: found again by the code that read it, and compared with PDFium's own boxes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footnote.loaders.messages import Box
from footnote.loaders.pdf import load_pdf
from footnote.loaders.pdf.letter_places import rectangles_on
from footnote.loaders.pdf.pages import Recogniser, open_pdf
from footnote.records import Document, Span
from footnote.server.page_images import parts_by_page
from footnote.settings import Settings
from pdf_files import HEIGHT, WIDTH, PdfPage, pdf_of
from test_scans import WORDS as SCANNED
from test_scans import prints, stand_in, table_of

FORMATS = Path(__file__).parent / "formats"
WORDS = "amber basin cedar delta ember fjord grove heron inlet jetty kiosk larch mason north otter pilot quartz river".split()


class Pdf:
    """A PDF, read as a document and open, so that places can be asked for."""

    def __init__(self, raw: bytes) -> None:
        self.document: Document = load_pdf(raw, "file.pdf", Settings())
        self.open: Any = open_pdf(raw, Settings())

    def span(self, text: str, number: int = 0) -> Span:
        """Where a text stands in the document, the first, second... time."""
        at = -1
        for _ in range(number + 1):
            at = self.document.text.index(text, at + 1)
        return Span(at, at + len(text))

    def places(self, span: Span) -> list[tuple[int, Box]]:
        """The rectangles of a span, each with its page from 0."""
        starts, found = self.document.page_starts, []
        for page, part in parts_by_page(self.document, span):
            end = starts[page + 1] if page + 1 < len(starts) else len(self.document.text)
            start = starts[page] if page else 0
            text, inner = self.document.text[start:end], Span(part.start - start, part.end - start)
            (boxes,) = rectangles_on(self.open, page, text, [inner], Recogniser(0))
            found += [(page, box) for box in boxes]
        return found

    def text_in(self, page: int, box: Box) -> str:
        """What PDFium itself finds in a rectangle of an upright page, drawn in a little from above and below."""
        opened = self.open[page]
        height = opened.get_height()
        left, top, right, bottom = box
        inset = (bottom - top) / 4
        found: str = opened.get_textpage().get_text_bounded(
            left - 0.5, height - bottom + inset, right + 0.5, height - top - inset
        )
        return found


def letters_of(text: str) -> str:
    """Letters without blanks, bars and hyphens, which are not in the text as they stand on the page."""
    kept = normalize("NFKC", text).casefold()
    return "".join(c for c in kept if not c.isspace() and c not in "|-\u00ad\ufffe\x02")


@pytest.mark.parametrize("name", ["chromium.pdf", "groff-two-columns.pdf", "libreoffice-writer.pdf"])
def test_every_block_of_documents_by_other_programs_stands_where_pdfium_finds_its_letters(name: str) -> None:
    pdf = Pdf((FORMATS / name).read_bytes())
    seen = 0
    for block in pdf.document.blocks:
        if block.kind == "front_matter":
            continue
        places = pdf.places(block.span)
        assert places, block.span.of(pdf.document.text)
        assert letters_of("".join(pdf.text_in(*place) for place in places)) == letters_of(
            block.span.of(pdf.document.text)
        )
        seen += 1
    assert seen > 20


def drawn_on(page: PdfPage, *lines: str, top: float = 780, pitch: float = 20) -> PdfPage:
    for number, line in enumerate(lines):
        page.text(60, top - pitch * number, line)
    return page


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 12), st.randoms(use_true_random=False), st.booleans())
def test_a_part_of_a_line_is_found_where_it_was_drawn(lines: int, order: random.Random, columns: bool) -> None:
    """The words of each line are drawn in any order, in one column or in two."""
    page, drawn = PdfPage(), []
    for column in range(1 + columns):
        for number in range(lines):
            words = " ".join(order.choice(WORDS) for _ in range(5)) + f" {column}{number}."
            drawn.append((60 + 280 * column, 760 - 13 * number, words))
    for x, y, words in order.sample(drawn, len(drawn)):
        page.text(x, y, words)
    pdf = Pdf(pdf_of(page))
    x, y, words = order.choice(drawn)
    last = words.rsplit(" ", 1)[1]
    span = pdf.span(words)
    ((_, whole),) = pdf.places(span)
    ((_, part),) = pdf.places(Span(span.end - len(last), span.end))
    baseline = HEIGHT - y
    assert whole[0] == pytest.approx(x, abs=2)
    assert whole[1] < baseline - 5 < baseline <= whole[3] < whole[1] + 16
    assert whole[0] + 50 < part[0] < part[2] == whole[2]
    assert letters_of(pdf.text_in(0, part)) == letters_of(last)


def shown_corner(x: float, y: float, crop: tuple[float, float, float, float], rotate: int) -> tuple[float, float]:
    """A place of a page as it is shown: cropped, then turned clockwise; from the top left corner."""
    left, bottom, right, top = crop
    match rotate:
        case 0:
            return x - left, top - y
        case 90:
            return y - bottom, x - left
        case 180:
            return right - x, y - bottom
    return top - y, right - x


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40.0, 300.0, 560.0, 800.0)])
def test_turned_and_cropped_pages_are_marked_as_they_are_shown(
    rotate: int, crop: tuple[float, float, float, float] | None
) -> None:
    page = PdfPage(rotate=rotate, crop=crop)
    drawn_on(page, "The lock was built in 1904.", "The toll was two pence.", "It was free on Sundays.", top=700)
    pdf = Pdf(pdf_of(page))
    ((_, box),) = pdf.places(pdf.span("two pence"))
    opened = pdf.open[0]
    text = opened.get_textpage()
    at = text.get_text_range().index("two pence")
    assert text.count_rects(at, len("two pence")) == 1
    own = text.get_rect(0)  # PDFium's own, tight around the letters
    corners = [shown_corner(own[n], own[m], crop or (0, 0, WIDTH, HEIGHT), rotate) for n, m in ((0, 1), (2, 3))]
    (left, right), (top, bottom) = sorted(c[0] for c in corners), sorted(c[1] for c in corners)
    assert box[0] - 0.5 <= left < right <= box[2] + 0.5
    assert box[1] - 0.5 <= top < bottom <= box[3] + 0.5
    assert (box[2] - box[0]) * (box[3] - box[1]) < 2 * (right - left) * (bottom - top)


def test_the_same_words_again_are_told_apart_by_their_place() -> None:
    rows = [["Boat", "Crowns", "Crew"], ["Gull", "120", "4"], ["Tern", "120", "4"], ["Auk", "120", "9"]]
    page = PdfPage()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.text(60 + 120 * column, 700 - 16 * number, cell)
    pdf = Pdf(pdf_of(page))
    for number, (top, name) in enumerate(((HEIGHT - 684, "Gull"), (HEIGHT - 668, "Tern"), (HEIGHT - 652, "Auk"))):
        ((_, box),) = pdf.places(pdf.span("120", number))
        assert box[1] < top - 4 < box[3], name
        assert box[0] == pytest.approx(180, abs=2)


def test_a_sentence_over_two_pages_is_marked_on_both_and_no_running_line_is() -> None:
    head = "Harbour rules"
    one = drawn_on(PdfPage().text(60, 815, head), "Ships pay at the gate. A ship that stays for longer than a day pays")
    two = drawn_on(PdfPage().text(60, 815, head), "for each of its days, and for the night before. No dogs are kept.")
    three = drawn_on(PdfPage().text(60, 815, head), "Crews sleep on board.")
    pdf = Pdf(pdf_of(one, two, three))
    sentence = "A ship that stays for longer than a day pays for each of its days, and for the night before."
    places = pdf.places(pdf.span(sentence))
    assert [page for page, _ in places] == [0, 1]
    assert letters_of("".join(pdf.text_in(*place) for place in places)) == letters_of(sentence)


def test_a_divided_word_is_marked_on_both_lines() -> None:
    page = drawn_on(
        PdfPage(), "The harbour master looks at the infor-", "mation that the ships bring with them.", pitch=13
    )
    pdf = Pdf(pdf_of(page))
    (_, above), (_, below) = pdf.places(pdf.span("information"))
    assert above[0] > 150
    assert below[0] == pytest.approx(60, abs=2)
    assert above[3] < below[3]


def test_filled_in_fields_are_marked_in_their_boxes() -> None:
    page = drawn_on(PdfPage(), "Name of the ship").filled_field(200, 778, "ship", "Kittiwake")
    pdf = Pdf(pdf_of(page))
    ((_, box),) = pdf.places(pdf.span("Kittiwake"))
    assert box[0] >= 199
    assert HEIGHT - 794 - 1 <= box[1] < box[3] <= HEIGHT - 778 + 1


def test_letters_that_are_not_on_the_page_have_no_place() -> None:
    pdf = Pdf(pdf_of(drawn_on(PdfPage(), "The lock was built in 1904.", "The toll was two pence.")))
    text = "The lock was built in 1904. Quite another sentence, which nobody drew."
    one, other = rectangles_on(pdf.open, 0, text, [Span(0, 27), Span(28, len(text))], Recogniser(0))
    assert len(one) == 1
    assert other == []
    assert rectangles_on(pdf.open, 0, "", [Span(0, 0)], Recogniser(0)) == [[]]


def test_an_image_is_marked_where_its_words_were_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, prints(table_of(SCANNED)))
    raw = (FORMATS / "scan.pdf").read_bytes()
    document, opened = load_pdf(raw, "scan.pdf", Settings()), open_pdf(raw, Settings())
    at = document.text.index("Crowns")
    ((box,),) = rectangles_on(opened, 0, document.text, [Span(at, at + 6)], Recogniser(5))
    # 900 dots from the left and 300 from the top, at 300 an inch.
    assert (box[0], box[1]) == (pytest.approx(900 * 72 / 300, abs=1), pytest.approx(300 * 72 / 300, abs=3))

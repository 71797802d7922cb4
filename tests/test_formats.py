"""Documents made by other programs: the same text, blocks and pages, whatever the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import HashingEncoder
from footnote.errors import DocumentError
from footnote.indexing import build_index
from footnote.loaders import load_document
from footnote.records import Document
from footnote.settings import Settings
from footnote.splitting import split_document
from footnote.store import LocalIndex
from formats.make import FACTS, LIST, TABLE, TITLE
from hostile_files import zipped

FORMATS = Path(__file__).parent / "formats"
DOCUMENTS = sorted(
    p.name for p in FORMATS.iterdir() if p.suffix not in {".py", ".md"} and p.stem not in {"scan", "__pycache__"}
)
PAGED = {
    "chromium.pdf": (2, 3, 4, 5, 6, 7),
    "groff-two-columns.pdf": (1, 2, 2, 3, 4, 4),
    "libreoffice-writer.pdf": (1, 2, 3, 4, 5, 5),
}
"""On which page each fact stands, by Ghostscript's ``gs -sDEVICE=txtwrite -o page%d.txt FILE``; the first and the last of
groff's, whose words it tears apart, by PDFium's plain text of each page."""
SHEETS = frozenset({"libreoffice-calc.ods", "libreoffice-calc.xlsx"})


def load(name: str) -> Document:
    return load_document(FORMATS / name, document_id=name, settings=Settings())


def made(tmp_path: Path, name: str, raw: bytes | str) -> Document:
    path = tmp_path / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return load_document(path, document_id=name, settings=Settings())


def shown(document: Document, kind: str) -> list[str]:
    return [document.visible(block.span) for block in document.blocks if block.kind == kind]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_facts_are_in_the_text_once_and_unbroken(name: str) -> None:
    document = load(name)
    for _, _, fact in FACTS:
        assert document.text.count(fact) == 1, fact
    assert document.text == document.text.strip()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_offsets_are_exact_and_nothing_is_lost(name: str) -> None:
    document = load(name)
    covered = 0
    for block in document.blocks:
        assert document.text[covered : block.span.start].strip(" \n\t•|") == ""
        assert block.span.of(document.text).strip() == block.span.of(document.text) != ""
        covered = block.span.end
    assert document.text[covered:].strip(" \n\t•|") == ""
    encoder = HashingEncoder()
    passages = split_document(document, count_tokens=encoder.count_tokens, settings=Settings())
    for _, _, fact in FACTS:
        start = document.text.index(fact)
        holders = [p for p in passages if p.span.start <= start and start + len(fact) <= p.span.end]
        assert len(holders) == 1
        sentence = next(s for s in holders[0].sentences if s.span.start <= start < s.span.end)
        assert sentence.span.of(document.text) == fact


@pytest.mark.parametrize(("name", "pages"), PAGED.items())
def test_page_numbers_are_exact(name: str, pages: tuple[int, ...]) -> None:
    document = load(name)
    found = tuple(document.page_of(document.text.index(fact)) for _, _, fact in FACTS)
    assert found == pages
    assert document.page_of(0) == 1


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in SHEETS])
def test_headings_are_headings(name: str) -> None:
    headings = shown(load(name), "heading")
    assert [heading for heading, _, _ in FACTS] == [h for h in headings if h in {name for name, _, _ in FACTS}]


@pytest.mark.parametrize(
    "name", [n for n in DOCUMENTS if n not in SHEETS and not n.endswith(("calc.rtf", "columns.pdf", "chromium.pdf"))]
)
def test_lists_are_lists(name: str) -> None:
    document = load(name)
    items = [block for block in document.blocks if block.kind == "list_item"]
    assert [document.visible(block.span) for block in items] == list(LIST)
    for block in items:
        assert block.lead_in is not None
        assert document.visible(document.blocks[block.lead_in].span) == "Every boat carries the following:"


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if n not in SHEETS and not n.endswith((".rtf", ".pdf"))])
def test_tables_are_tables(name: str) -> None:
    document = load(name)
    assert shown(document, "table_header") == [" | ".join(TABLE[0])]
    assert shown(document, "table_row") == [" | ".join(row) for row in TABLE[1:]]
    assert document.title == TITLE


@pytest.mark.parametrize("name", ["pandoc.docx", "pandoc.odt", "pandoc.epub", "pandoc.html", "page-with-menus.html"])
def test_metadata_is_carried(name: str) -> None:
    metadata = dict(load(name).metadata)
    assert metadata["author"] == "Ida Quay"
    assert metadata["date"].startswith("2026-")


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_sheets_of_questions_are_questions_with_answers(name: str) -> None:
    document = load(name)
    pairs = document.faq_pairs()
    assert [pair.question.of(document.text) for pair in pairs] == [asked for _, asked, _ in FACTS]
    assert all(fact in pair.answer.of(document.text) for pair, (_, _, fact) in zip(pairs, FACTS, strict=True))


def test_menus_cookie_notes_and_footers_are_left_out() -> None:
    document = load("page-with-menus.html")
    assert not any(word in document.text for word in ("cookies", "Home", "rights reserved"))
    assert document.source == "https://harbour.example/handbook"


def test_running_headers_and_page_numbers_are_left_out() -> None:
    document = load("groff-two-columns.pdf")
    assert "Small Harbour -" not in document.text
    assert "-2-" not in document.text


def test_words_divided_at_the_end_of_a_line_are_joined() -> None:
    words = load("groff-two-columns.pdf").text
    assert "them-selves" not in words
    assert words.count("themselves") == words.count("Boats longer than")


def test_a_scan_is_said_to_be_one() -> None:
    with pytest.raises(DocumentError, match="no text found: its pages are images"):
        load_document(FORMATS / "scan.pdf", document_id="scan.pdf", settings=Settings(scan_seconds=0.0))


def test_no_words_are_glued(tmp_path: Path) -> None:
    document = made(tmp_path, "a.html", "<div>one<div>two</div>three</div><p>four<br>five<td>six</td><b>sev</b>en</p>")
    assert document.text.split() == ["one", "two", "three", "four", "five", "six", "seven"]


def test_a_question_need_not_end_with_a_question_mark_in_a_sheet(tmp_path: Path) -> None:
    document = made(tmp_path, "faq.csv", "Q;A\nReset the password;Press the blue button.\n")
    (pair,) = document.faq_pairs()
    assert pair.question.of(document.text) == "Reset the password"
    assert pair.answer.of(document.text) == "Press the blue button."


def test_other_sheets_are_tables(tmp_path: Path) -> None:
    document = made(tmp_path, "berths.csv", "Berth,Depth,Note\nNorth,4 m,\nSouth,,shallow\n")
    assert shown(document, "table_row") == ["North | 4 m", "South | shallow"]


def test_json_lines(tmp_path: Path) -> None:
    lines = '{"title": "One", "text": "A text.", "year": 2020.0}\n\n{"question": "Why?", "answer": "So."}\n'
    document = made(tmp_path, "a.jsonl", lines)
    assert document.text == "One\n\nA text.\n\nyear: 2020\n\nWhy?\n\nSo."
    with pytest.raises(DocumentError, match="line 2 is no JSON object"):
        made(tmp_path, "b.jsonl", '{"text": "fine"}\n[1]\n')


def test_an_archive_is_read_file_by_file_and_says_what_it_left_out(tmp_path: Path) -> None:
    members = {
        "b/two.md": b"# Two\n\nSecond.\n\n- item\n",
        "a.pdf": b"broken",
        "one.html": b"<h1>One</h1><p>First.</p>",
        "x.exe": b"MZ",
    }
    document = made(tmp_path, "all.zip", zipped(members))
    assert shown(document, "heading") == ["b/two.md", "Two", "one.html", "One"]
    assert [document.heading_path(n) for n, b in enumerate(document.blocks) if b.kind == "list_item"] == [
        ("b/two.md", "Two")
    ]
    assert len(document.warnings) == 2
    with pytest.raises(DocumentError, match="no text found"):
        made(tmp_path, "none.zip", zipped({"x.exe": b"MZ"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Der Hafen ist von Montag bis Freitag geöffnet und die Boote werden nicht in der Nacht auf dem Steg bewegt. "
            * 3,
            "German",
        ),
        ("Гавань открыта каждый день, кроме воскресенья, и лодки стоят у причала до вечера.", "Russian"),
        ("Гавань відкрита щодня, крім неділі.", "Ukrainian"),
        ("Liman pazar günü hariç her gün açıktır.", "Turkish"),
        ("Satama on avoinna joka päivä sunnuntaita lukuun ottamatta.", "Finnish"),
        ("A kikötő minden nap nyitva van, kivéve vasárnap.", "Hungarian"),
        ("Cảng mở cửa tất cả các ngày trừ chủ nhật.", "Vietnamese"),
        ("港口除星期日外每天开放。", "Chinese"),
        ("港は毎日開いていますが、日曜日は閉まっています。船は夕方まで桟橋に停まります。", "Japanese"),
        ("The harbour is open on every day of the week, and the boats are not moved in the night by anyone. " * 3, ""),
        ("The harbour is open every day except Sunday.", ""),
        ("North 4 South 3", ""),
        ("def area(x):\n    return x * x\n\n\nfor n in range(3):\n    print(area(n))\n", ""),
    ],
)
def test_a_language_that_the_model_does_not_know_is_reported(tmp_path: Path, text: str, said: str) -> None:
    warnings = [w for w in made(tmp_path, "a.txt", text).warnings if w.startswith("written in")]
    assert [w.split()[2].rstrip(",") for w in warnings] == ([said] if said else [])


def test_an_index_of_every_format_keeps_pages_and_metadata(tmp_path: Path) -> None:
    index = tmp_path / "index"
    report = build_index(FORMATS, index, encoder=HashingEncoder(), settings=Settings(scan_seconds=0.0))
    assert {s.path for s in report.skipped} == {"scan.pdf"}
    with LocalIndex.open(index) as reader:
        for name, pages in PAGED.items():
            document = reader.document(name)
            assert tuple(document.page_of(document.text.index(fact)) for _, _, fact in FACTS) == pages
            assert document == load(name)

"""Scanned pages: their text is recognised by Tesseract where it is installed, and said to be."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from footnote.errors import DocumentError
from footnote.loaders import load_document
from footnote.loaders.pdf import load_pdf
from footnote.settings import Settings
from pdf_files import PdfPage, pdf_of

SCAN = Path(__file__).parent / "formats" / "scan.pdf"
WORDS = [(200, 300, "Boat", 1, 1), (900, 300, "Crowns", 1, 1), (200, 380, "Gull", 2, 1), (900, 380, "120", 2, 1)]
"""Left and top in dots at 300 an inch, text, line, word."""


def table_of(words: list[tuple[int, int, str, int, int]], confidence: float = 91.0) -> str:
    """What Tesseract writes of words."""
    rows = ["level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"]
    seen = 0
    for left, top, text, line, word in words:
        if line != seen:
            rows.append(f"4\t1\t1\t1\t{line}\t0\t{left}\t{top}\t1000\t45\t-1\t")
            seen = line
        rows.append(f"5\t1\t1\t1\t{line}\t{word}\t{left}\t{top}\t{22 * len(text)}\t40\t{confidence}\t{text}")
    return "\n".join(rows) + "\n"


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program named tesseract first."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def prints(table: str) -> str:
    return f"if [ \"$1\" = --list-langs ]; then echo List; echo eng; exit; fi\ncat > /dev/null\ncat <<'END'\n{table}END"


def scan(settings: Settings | None = None) -> list[str]:
    document = load_pdf(SCAN.read_bytes(), "scan.pdf", settings or Settings())
    assert document.stated("recognised_pages") == "1"
    assert document.warnings == ("the text of 1 of 1 pages was recognised from images and may hold errors",)
    return [document.visible(block.span) for block in document.blocks]


def test_recognised_words_are_read_by_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        *WORDS,
        (200, 460, "Tern", 3, 1),
        (900, 460, "95", 3, 1),
        (200, 700, "All", 4, 1),
        (275, 700, "paid.", 4, 2),
    ]
    stand_in(tmp_path, monkeypatch, prints(table_of(words)))
    assert scan() == ["Boat | Crowns", "Gull | 120", "Tern | 95", "All paid."]


def test_words_that_nobody_is_sure_of_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, prints(table_of(WORDS, confidence=12.0)))
    with pytest.raises(DocumentError, match="its pages are images"):
        scan()


@pytest.mark.parametrize("script", ["exit 1", "cat > /dev/null; sleep 20", "head -c 1000 /dev/urandom"])
def test_a_program_that_fails_leaves_a_scan_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(DocumentError, match="its pages are images"):
        scan(Settings(scan_seconds=1.0))


def test_without_the_program_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DocumentError) as caught:
        scan()
    assert "install Tesseract" in caught.value.remedy


def test_a_page_with_text_is_not_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, f"touch {tmp_path}/asked")
    load_pdf(pdf_of(PdfPage().text(60, 700, "The pier is closed.")), "file.pdf", Settings())
    assert not (tmp_path / "asked").exists()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_a_scan_is_read_in_the_confined_process() -> None:
    document = load_document(SCAN, document_id="scan.pdf", settings=Settings())
    assert "scanned" in document.text
    assert document.stated("recognised_pages") == "1"
    with pytest.raises(DocumentError, match="its pages are images"):
        load_document(SCAN, document_id="scan.pdf", settings=replace(Settings(), scan_seconds=0.0))

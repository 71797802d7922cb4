"""Kept quotes as they are cited: one reference for each document, whatever it holds stays text, and other programs read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from fakes import HashingEncoder
from footnote.engine import Footnote
from footnote.loaders import parse_document
from footnote.records import Document, Span
from footnote.rendering.bibliography import BibliographyForm, KeptQuote, bibliography
from footnote.settings import Settings
from test_owner import visitor

FORMS: tuple[BibliographyForm, ...] = get_args(BibliographyForm)
MOONS = """---
title: Moons & giants
author: Miller, Anna; World Health Organization
date: 2026-01-05
source: https://example.org/moons?a=1&b=2_c
---

# Moons & giants

## Europa

Europa is covered by *ice*.

- methane
- ethane
"""
TEA = "Brewing tea\n\nGreen tea is brewed at 80 degrees.\n"


def document_of(raw: str, name: str) -> Document:
    return parse_document(raw.encode(), document_id=name, settings=Settings())


def kept(document: Document, first: str, last: str = "", note: str = "") -> KeptQuote:
    start = document.text.index(first)
    end = document.text.index(last or first, start) + len(last or first)
    return KeptQuote(document, Span(start, end), (), note)


@pytest.fixture(scope="module")
def quotes() -> list[KeptQuote]:
    moons, tea = document_of(MOONS, "moons.md"), document_of(TEA, "sub/tea.txt")
    return [
        kept(moons, "Europa is", "- ethane", note="For the opening."),
        kept(tea, "Green tea", "degrees."),
        kept(moons, "Europa is covered by *ice*."),
    ]


def test_apa_names_authors_and_year_at_each_quote_and_lists_each_document_once(quotes: list[KeptQuote]) -> None:
    text = bibliography(quotes, "apa")
    assert text.startswith(
        "“Europa is covered by ice.\n- methane\n- ethane” (Miller & World Health Organization, 2026)\n"
    )
    assert "\n\nFor the opening.\n\n" in text
    said, listed = text.split("\n\nReferences\n\n")
    assert listed.strip().split("\n\n") == [
        "Brewing tea. (n.d.).",
        "Miller, A., & World Health Organization. (2026, January 5). Moons & giants. https://example.org/moons?a=1&b=2_c",
    ]
    assert said.count("(Miller & World Health Organization, 2026)") == 2


def test_vancouver_numbers_documents_by_their_first_quote(quotes: list[KeptQuote]) -> None:
    said, listed = bibliography(quotes, "vancouver").split("\n\nReferences\n\n")
    assert re.findall(r"\((\d)\)", said) == ["1", "2", "1"]
    assert [line[:3] for line in listed.strip().split("\n\n")] == ["1. ", "2. "]
    assert "Miller A" in listed.split("\n\n")[0]
    assert "Brewing tea" in listed.split("\n\n")[1]


def test_a_page_is_a_part_of_the_citation() -> None:
    paged = document_of(TEA, "tea.txt")
    fields = {name: getattr(paged, name) for name in paged.__slots__}
    quote = kept(Document(**{**fields, "page_starts": (0, 5)}), "Green tea", "degrees.")
    assert "(Brewing tea, n.d., p. 2)" in bibliography([quote], "apa")
    assert "(p. 2)" in bibliography([quote], "ris")
    assert "page 2" in bibliography([quote], "markdown")


def test_markdown_keeps_lists_and_names_the_file(quotes: list[KeptQuote]) -> None:
    text = bibliography(quotes, "markdown")
    assert text.startswith(
        "> Europa is covered by ice.\n> - methane\n> - ethane\n>\n> — Moons \\& giants (moons.md)\n\nFor the"
    )
    assert text.endswith("> — Moons \\& giants (moons.md)\n")


def test_ris_has_one_reference_for_a_document_with_a_note_for_each_quote(quotes: list[KeptQuote]) -> None:
    first, second = bibliography(quotes, "ris").strip("\n").split("\n\n")
    for reference in (first, second):
        lines = reference.split("\n")
        assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines)
        assert lines[0].startswith("TY  - ")
        assert lines[-1] == "ER  - "
    fields = [line.split("  - ", 1) for line in first.split("\n")]
    assert [value for tag, value in fields if tag == "AU"] == ["Miller, Anna", "World Health Organization"]
    assert dict(fields)["DA"] == "2026/01/05"
    assert dict(fields)["UR"] == "https://example.org/moons?a=1&b=2_c"
    assert [tag for tag, _ in fields].count("N1") == 2


def test_bibtex_is_balanced_escaped_and_keyed_apart() -> None:
    hostile = document_of("---\ntitle: 50 % {of} $x_1$ & \\input{/etc/passwd} #1\n---\n\nText~of it^2.\n", "a b-c.md")
    twin = document_of("Text\n\nText of the twin.\n", "a-bc.md")
    text = bibliography([kept(hostile, "Text~of", "it^2."), kept(twin, "Text of", "twin.")], "bibtex")
    assert re.findall(r"^@misc\{(\S+),$", text, re.MULTILINE) == ["abc", "abcn2"]
    assert "\\input" not in text
    assert "50 \\% of \\$x\\_1\\$ \\& \\textbackslash input/etc/passwd \\#1" in text
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("form", FORMS)
def test_no_form_lets_a_document_break_out_of_its_field(form: BibliographyForm) -> None:
    raw = '---\ntitle: "A\\nER  - \\nTY  - JOUR\\u202e"\nauthor: "B\\nC"\n---\n\n<script>alert(1)</script> and \x1b[31m more text.\n'
    document = document_of(raw, "evil\nER  - .md")
    start = document.text.index("and")
    text = bibliography([KeptQuote(document, Span(start, len(document.text) - 1), (), "x\nER  - \ny\u202e")], form)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    if form == "ris":
        assert len(re.findall(r"^ER  - ", text, re.MULTILINE)) == 1
        assert len(re.findall(r"^TY  - ", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("form", FORMS)
def test_nothing_kept_gives_nothing(form: BibliographyForm) -> None:
    assert bibliography([], form) == ""


def test_over_http_each_quote_is_read_again_and_what_is_gone_is_counted(
    engine: Footnote, tiny_corpus: Path, hashing_encoder: HashingEncoder
) -> None:
    client = visitor(engine)
    text = engine.document("tea.txt").text
    at = text.index("Black tea")
    quote = {"doc": "tea.txt", "start": at, "end": at + 9, "quote": "Black tea", "note": "Strong."}
    moved = {**quote, "start": 0, "end": 9, "note": ""}
    gone = {**quote, "quote": "Blue tea!"}
    read = client.post("/api/v1/bibliography", json={"form": "markdown", "quotes": [quote, moved, gone]}).json()
    assert read["left_out"] == 1
    assert read["text"].count("> Black tea\n") == 2
    assert "Strong." in read["text"]
    assert client.post("/api/v1/bibliography", json={"form": "word", "quotes": []}).status_code == 422

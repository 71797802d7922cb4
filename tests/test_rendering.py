"""Answers as JSON, terminal text, Markdown and HTML."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from footnote.records import (
    Answer,
    Block,
    BuildReport,
    Citation,
    Document,
    Hit,
    Metadatum,
    Move,
    Passage,
    Sentence,
    Signal,
    SkippedFile,
    Span,
    Style,
    Timing,
    rounded,
)
from footnote.rendering import (
    build_report_to_terminal,
    confidence_in_words,
    harmless,
    json_text,
    place_in_words,
    to_html,
    to_json,
    to_markdown,
    to_terminal,
)
from footnote.rendering.phrases import excerpt_of, shortened
from footnote.rendering.terminal import wrapped

TEXT = "Europa is covered by ice. Its ice shell is about 20 km thick. It has an ocean."
QUOTE = Span(26, 61)
NASTY = '<script>alert(1)</script> *bold* [link](http://x.example) \x1b[31mred\x07 \u202eabc | `code` & "quoted"'


def a_passage(text: str = TEXT, start: int = 100) -> Passage:
    span = Span(start, start + len(text))
    return Passage(f"moons.md:{span.start}-{span.end}", "moons.md", span, ("Europa", "Ice"), (), page=3)


def a_hit(text: str = TEXT) -> Hit:
    signals = (Signal("bm25", 7.7777777), Signal("dense", -0.0))
    return Hit(passage=a_passage(text), title="Moons", text=text, score=1.23456789, rank=1, signals=signals)


def a_citation(text: str = TEXT, span: Span = QUOTE) -> Citation:
    return Citation(
        number=1,
        document_id="moons.md",
        title="Moons",
        span=Span(100 + span.start, 100 + span.end),
        quote=span.of(text),
        heading_path=("Europa", "Ice"),
        page=3,
        passage_id=a_passage(text).id,
        score=2.0,
        context=Span(0, 14),
        context_text="Moon | Thickness",
        shown=span.of(text),
        author="G. Galilei",
        date="1610-03-13",
        source="https://example.org/moons?<b>",
    )


def an_answer(text: str = TEXT, span: Span = QUOTE) -> Answer:
    return Answer(
        question="How thick is it?",
        interpreted_as="How thick is Europa's ice?",
        citations=(a_citation(text, span),),
        hits=(a_hit(text),),
        confidence=0.87654321,
        reason=None,
        explanation="",
        missing_words=(),
        fingerprint="abc",
        timings=(Timing("retrieve", 1.5),),
    )


def an_abstention(text: str = TEXT) -> Answer:
    hits = tuple(replace(a_hit(text), rank=n) for n in range(1, 6))
    return Answer(
        question="Why?",
        interpreted_as="Why?",
        citations=(),
        hits=hits,
        confidence=0.1,
        reason="not_answered",
        explanation="The documents do not say why.",
        missing_words=("zorp",),
        fingerprint="abc",
        timings=(Timing("x", 2.0),),
    )


def a_nearest(text: str = TEXT, span: Span = QUOTE) -> Answer:
    """An abstention with the nearest quote, and two further passages."""
    further = tuple(
        replace(a_hit("It is cold there."), passage=a_passage("It is cold there.", 300 * n), rank=n) for n in (2, 3)
    )
    return replace(
        an_abstention(text),
        hits=(a_hit(text), *further),
        nearest=a_citation(text, span),
        explanation="No passage answers this for certain. The nearest:",
    )


def test_json_of_an_answer_has_a_fixed_order_and_no_timings() -> None:
    made = to_json(an_answer())
    assert list(made) == [
        "question", "interpreted_as", "answered", "standing", "confidence", "track_record", "citations", "nearest", "reason",
        "explanation", "missing_words", "related", "choices", "hits", "fingerprint",
    ]  # fmt: skip
    assert made["confidence"] == 0.876543
    assert made["related"] == []
    assert "timings" not in json_text(made)
    assert json_text(made) == json_text(to_json(replace(an_answer(), timings=(Timing("retrieve", 99.0),))))


def test_json_of_a_citation_has_its_place_and_context() -> None:
    assert to_json(an_answer())["citations"] == [
        {
            "number": 1,
            "doc": "moons.md",
            "title": "Moons",
            "start": 126,
            "end": 161,
            "quote": "Its ice shell is about 20 km thick.",
            "shown": "Its ice shell is about 20 km thick.",
            "answer": None,
            "heading_path": ["Europa", "Ice"],
            "page": 3,
            "context": {"start": 0, "end": 14, "text": "Moon | Thickness"},
            "author": "G. Galilei",
            "date": "1610-03-13",
            "source": "https://example.org/moons?<b>",
            "passage_id": "moons.md:100-178",
            "score": 2.0,
        }
    ]
    plain = replace(an_answer(), citations=(replace(a_citation(), context=None, context_text=""),))
    assert to_json(plain)["citations"][0]["context"] is None


def test_who_wrote_the_document_and_when_goes_with_a_quote() -> None:
    said = "G. Galilei, 1610-03-13, https://example.org/moons?<b>"
    assert said in to_terminal(an_answer(), colour=False)
    assert escape(said) in to_html(an_answer())
    assert "G. Galilei, 1610-03-13, https\\://example.org/moons?\\<b\\>" in to_markdown(an_answer())
    nameless = replace(a_citation(), author="", date="", source="retold from memory")
    for form in (to_html, to_markdown, lambda answer: to_terminal(answer, colour=False)):
        shown = form(replace(an_answer(), citations=(nameless,)))
        assert "Galilei" not in shown
        assert "memory" not in shown


def test_json_of_a_hit_begins_like_a_results_line() -> None:
    made = to_json(a_hit())
    assert list(made)[:5] == ["doc", "start", "end", "score", "text"]
    assert made["score"] == 1.23457
    assert made["signals"] == {"bm25": 7.77778, "dense": 0.0}


def test_json_of_an_abstention_offers_three_related_passages() -> None:
    made = to_json(an_abstention())
    assert made["answered"] is False
    assert made["reason"] == "not_answered"
    assert made["missing_words"] == ["zorp"]
    assert [hit["doc"] for hit in made["related"]] == ["moons.md"] * 3
    assert len(made["hits"]) == 5


def test_json_of_the_nearest_is_a_citation_and_no_answer() -> None:
    made = to_json(a_nearest())
    assert (made["standing"], made["answered"], made["citations"]) == ("nearest", False, [])
    assert made["nearest"] == to_json(an_answer())["citations"][0]
    assert [hit["text"] for hit in made["related"]] == ["It is cold there."] * 2
    for other, standing in ((an_answer(), "answered"), (an_abstention(), "absent")):
        made = to_json(other)
        assert (made["standing"], made["nearest"]) == (standing, None)


def test_a_name_with_a_line_end_tells_of_no_other_file() -> None:
    report = BuildReport(
        generation=1,
        documents=1,
        passages=2,
        added=("a\nskipped: b.md: fine\x1b[31m.md",),
        changed=(),
        moved=(),
        removed=(),
        skipped=(SkippedFile("c\r\nadded: d.md", "is empty"),),
        passages_encoded=0,
        seconds=1.0,
    )
    assert build_report_to_terminal(report).splitlines() == [
        "1 document, 2 passages, none to encode, 1.0 s",
        "added: a␤skipped: b.md: fine␛[31m.md",
        "skipped: c␍␤added: d.md: is empty",
    ]


def test_small_talk_offers_nothing_related() -> None:
    talk = replace(an_abstention(), reason="small_talk", explanation="Hello.")
    assert to_json(talk)["related"] == []
    assert to_json(talk)["standing"] == "reply"
    assert to_terminal(talk, colour=False) == "Hello.\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_is_stable_and_close(value: float) -> None:
    once = rounded(value)
    assert rounded(once) == once
    assert once == pytest.approx(value, rel=1e-5)
    assert json.loads(json_text(once)) == once
    assert json_text(rounded(-0.0)) == "0.0"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_json_text_is_the_same_value_without_active_characters(text: str) -> None:
    written = json_text({"quote": text})
    assert json.loads(written) == {"quote": text}
    assert harmless(written) == written
    written.encode()
    assert json.loads(json_text({"quote": text}, ascii_only=True)) == {"quote": text}
    assert json_text({"quote": text}, ascii_only=True).isascii()


def test_json_text_refuses_what_json_has_not() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text(float("nan"))


@given(st.text(alphabet=st.characters(), max_size=60))
def test_harmless_keeps_length_and_lets_no_active_character_through(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]", shown)
    shown.encode()


def test_harmless_shows_what_was_there() -> None:
    assert harmless("a\x1b[31m\x7f\x9b\u202eb\tc\r\n") == "a␛[31m␡��b c␍\n"


def test_document_json_has_text_and_blocks() -> None:
    block = Block(
        "table_row", Span(0, 5), headings=(0,), header=1, cells=(Span(0, 2), Span(3, 5)),
        hidden=(Span(2, 3),), styles=(Style(Span(0, 2), "strong"),),
    )  # fmt: skip
    document = Document(
        id="a.md", title="A", text="ab|cd", sha256="00", blocks=(block,), page_starts=(0,), source="https://e.example",
        metadata=(Metadatum("date", "x"),),
    )  # fmt: skip
    made = to_json(document)
    assert made["text"] == "ab|cd"
    assert made["metadata"] == {"date": "x"}
    assert made["blocks"] == [
        {
            "kind": "table_row", "start": 0, "end": 5, "level": 0, "headings": [0], "lead_in": None, "header": 1,
            "cells": [{"start": 0, "end": 2}, {"start": 3, "end": 5}], "asks": False, "ordered": False,
            "hidden": [{"start": 2, "end": 3}], "styles": [{"start": 0, "end": 2, "kind": "strong"}],
        }
    ]  # fmt: skip


def test_terminal_answer_is_laid_out() -> None:
    assert to_terminal(an_answer(), colour=False, width=40) == (
        "Understood as: How thick is Europa's\n"
        "ice?\n"
        "\n"
        "[1] Moon | Thickness\n"
        "    Its ice shell is about 20 km thick.\n"
        "    Moons › Europa › Ice, page 3\n"
        "    (moons.md)\n"
        "    G. Galilei, 1610-03-13,\n"
        "    https://example.org/moons?<b>\n"
        "\n"
        "Confidence: very likely (0.88)\n"
    )


def test_terminal_abstention_has_its_reason_and_related_passages() -> None:
    shown = to_terminal(an_abstention(), colour=False, width=80)
    assert shown.startswith("The documents do not say why.\n\nRelated, not an answer:\n")
    assert shown.count("  - Europa is covered by ice.") == 3
    assert "[1]" not in shown


def test_terminal_shows_the_nearest_open_and_quieter_than_an_answer() -> None:
    assert to_terminal(replace(a_nearest(), hits=(a_hit(),)), colour=False, width=60) == (
        "No passage answers this for certain. The nearest:\n"
        "\n"
        "[1] Moon | Thickness\n"
        "    Its ice shell is about 20 km thick.\n"
        "    Moons › Europa › Ice, page 3 (moons.md)\n"
        "    G. Galilei, 1610-03-13, https://example.org/moons?<b>\n"
    )
    bold = "\x1b[1mIts ice shell is about 20 km thick."
    assert bold in to_terminal(an_answer(), colour=True)
    assert bold not in to_terminal(a_nearest(), colour=True)
    assert to_terminal(a_nearest(), colour=False).endswith("(moons.md)\n")


def test_terminal_colour_is_the_only_use_of_escapes() -> None:
    whole = Span(0, len(NASTY))
    for answer in (an_answer(NASTY, whole), an_abstention(NASTY), a_nearest(NASTY, whole)):
        plain = to_terminal(answer, colour=False)
        coloured = to_terminal(answer, colour=True)
        assert "\x1b" not in plain
        assert "\u202e" not in coloured
        assert re.sub("\x1b\\[[0-9]+m", "", coloured) == plain
        assert coloured != plain


@given(st.text(max_size=80), st.integers(min_value=20, max_value=60))
def test_terminal_lines_keep_the_width(text: str, width: int) -> None:
    quote = text or "x"
    shown = to_terminal(an_answer(quote, Span(0, len(quote))), colour=False, width=width)
    assert all(cell_len(line) <= width for line in shown.split("\n"))
    assert "".join(harmless(quote).split()) in "".join(shown.split())


@given(st.text(alphabet="ab 漢é\u0301", max_size=40), st.integers(min_value=2, max_value=10))
def test_wrapping_loses_nothing(line: str, width: int) -> None:
    pieces = wrapped(line, width)
    assert "".join("".join(pieces).split()) == "".join(line.split())
    assert all(cell_len(piece) <= width for piece in pieces)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("漢字", 4),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("❤️", 2),
        ("1️⃣", 2),
        ("\u1112\u1161\u11ab", 2),
        ("क्षत्रिय", 5),
    ],
)
def test_characters_take_the_columns_in_which_terminals_show_them(text: str, columns: int) -> None:
    fitting = 20 // columns
    words = " ".join([text * fitting] * 2)
    assert wrapped(words, columns * fitting) == [text * fitting] * 2
    assert wrapped(text * 2, columns) == [text, text]


def test_shortened_cuts_between_words() -> None:
    assert shortened("one two\nthree", 20) == "one two three"
    assert shortened("one two three", 10) == "one two…"
    assert shortened("onetwothree", 6) == "onetw…"


def test_an_excerpt_leaves_the_heading_to_its_place() -> None:
    text = "## Ice\n\nIce is cold."
    sentences = (Sentence(Span(103, 106), 0, "heading"), Sentence(Span(108, 120), 1, "paragraph"))
    hit = replace(a_hit(text), passage=replace(a_passage(text), sentences=sentences))
    assert excerpt_of(hit) == "Ice is cold."
    only = replace(hit, passage=replace(hit.passage, sentences=sentences[:1]))
    assert excerpt_of(only) == "## Ice Ice is cold."


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(1.0, "very likely"), (0.85, "very likely"), (0.7, "likely"), (0.5, "perhaps"), (0.0, "unsure")],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    assert confidence_in_words(confidence) == words


def test_place_leaves_out_what_repeats() -> None:
    assert place_in_words("Moons", ("Moons", "Europa"), None) == "Moons › Europa"
    assert place_in_words("Moons", ("  ",), 2) == "Moons, page 2"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.marked = ""
        self.text = ""
        self._in_mark = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_mark = self._in_mark or tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if self._in_mark else ""


def read_html(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_html_marks_the_quote_inside_its_passage() -> None:
    reader = read_html(to_html(an_answer()))
    assert reader.marked == "Its ice shell is about 20 km thick."
    assert TEXT in reader.text
    assert "Moons › Europa › Ice, page 3" in reader.text


def test_html_marks_the_nearest_below_what_is_said_of_it() -> None:
    html = to_html(a_nearest())
    reader = read_html(html)
    assert reader.marked == "Its ice shell is about 20 km thick."
    assert TEXT in reader.text
    assert html.index("for certain") < html.index("<mark>") < html.index("Related, not an answer")
    assert "Confidence" not in html


def test_html_of_a_quote_outside_its_hits_is_the_quote_alone() -> None:
    html = to_html(replace(an_answer(), hits=()))
    assert read_html(html).marked == "Its ice shell is about 20 km thick."
    assert "Europa is covered" not in html


@given(st.text(max_size=60))
def test_html_shows_text_whatever_it_looks_like(text: str) -> None:
    passage = f"{NASTY}{text}"
    reader = read_html(to_html(an_answer(passage, Span(5, len(passage)))))
    assert reader.marked == harmless(passage[5:])
    assert set(reader.tags) <= {"section", "p", "figure", "div", "blockquote", "mark", "figcaption", "code"}
    assert read_html(to_html(a_nearest(passage, Span(5, len(passage))))).marked == harmless(passage[5:])
    related = read_html(to_html(an_abstention(passage)))
    assert set(related.tags) <= {"section", "p", "strong", "ul", "li", "cite"}


def plain_text_of(markdown: str) -> tuple[str, set[str]]:
    tokens = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"]).parse(markdown)
    children = [child for token in tokens if token.children for child in token.children]
    return "".join(child.content or "\n" for child in children), {child.type for child in children} | {
        token.type.removesuffix("_open").removesuffix("_close") for token in tokens
    }


@given(st.text(alphabet=st.sampled_from("ab1 .)(-+=#>*_`~|<>[]!&;\\$\n\t:/@x"), min_size=1, max_size=40))
def test_markdown_shows_text_whatever_it_looks_like(text: str) -> None:
    quote = f"q {text}"
    answer = replace(an_answer(quote, Span(0, len(quote))), question="Q", interpreted_as="Q")
    shown, kinds = plain_text_of(to_markdown(answer))
    wanted = [" ".join(line.split()) for line in quote.split("\n")]
    assert "".join("".join(wanted).split()) in "".join(shown.split())
    assert kinds <= {
        "text", "hardbreak", "softbreak", "text_special", "blockquote", "paragraph", "inline", "strong_open",
        "strong_close", "em_open", "em_close",
    }  # fmt: skip


def test_markdown_abstention_lists_related_passages() -> None:
    made = to_markdown(an_abstention())
    assert made.startswith("**The documents do not say why.**\n\nRelated, not an answer:\n\n- Europa is covered")
    assert made.count("\n- ") == 3


def test_markdown_quotes_the_nearest_below_what_is_said_of_it() -> None:
    said, quote, place, related, *_ = to_markdown(a_nearest()).split("\n\n")
    assert said == "**No passage answers this for certain. The nearest:**"
    assert quote == "> *Moon \\| Thickness*  \n> Its ice shell is about 20 km thick.  "
    assert place.startswith("**\\[1\\]** Moons › Europa › Ice, page 3")
    assert related == "Related, not an answer:"


def test_markdown_turns_links_off() -> None:
    made = to_markdown(an_answer("see http://x.example and www.x.example or a@b.example", Span(0, 53)))
    assert r"http\://x" in made
    assert r"www\.x" in made
    assert r"a\@b" in made


def test_build_report_names_what_changed() -> None:
    report = BuildReport(
        3,
        4,
        50,
        ("new.md",),
        ("b.md",),
        (Move("old.md", "moved.md"),),
        ("gone.md",),
        (SkippedFile("x.bin", "no text"),),
        7,
        1.25,
    )
    assert build_report_to_terminal(report) == (
        "4 documents, 50 passages, 7 encoded, 1.2 s\n"
        "added: new.md\nchanged: b.md\nremoved: gone.md\nmoved: old.md to moved.md\nskipped: x.bin: no text\n"
    )

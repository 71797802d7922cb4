"""Passages: whole sentences of one section, within their budgets."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CORPUS, DATA
from fakes import HashingEncoder
from footnote.errors import DocumentError
from footnote.loaders import load_document
from footnote.loaders.markup import load_markdown
from footnote.loaders.plain import load_plain_text
from footnote.settings import Settings
from footnote.splitting import heading_input, passage_input, sentence_input, split_document
from outlines import check_passages, squeezed

count_tokens = HashingEncoder().count_tokens


def split(text, settings=None, name="notes.md"):
    chosen = settings or Settings()
    load = load_markdown if name.endswith(".md") else load_plain_text
    document = load(text.encode(), name, chosen)
    passages = split_document(document, count_tokens=count_tokens, settings=chosen)
    check_passages(document, passages, chosen.passage_max_chars)
    assert all(n <= chosen.passage_max_tokens for n in count_tokens([passage_input(document, p) for p in passages]))
    return document, passages


def texts(document, passages):
    return [p.span.of(document.text) for p in passages]


def test_the_tiny_corpus():
    document, passages = split(CORPUS["moons.md"], name="moons.md")
    assert [p.heading_path for p in passages] == [(), ("Europa",), ("How long does a day on Titan last?",)]
    assert passages[0].span.of(document.text).startswith("Moons of the giants\n\nJupiter")
    last = passages[2]
    assert [s.kind for s in last.sentences] == [
        "heading", "paragraph", "paragraph", "table_row", "table_row", "paragraph", "list_item", "list_item", "list_item",
    ]  # fmt: skip
    row, item = last.sentences[4], last.sentences[6]
    assert sentence_input(document, row) == "Moon: Titan; Diameter: 5,150 km; Planet: Saturn"
    assert row.context.of(document.text) == "Moon | Diameter | Planet"
    assert sentence_input(document, item) == "methane"
    assert item.context.of(document.text) == "Titan's lakes hold:"
    assert passage_input(document, passages[1]) == (
        "Moons of the giants. Europa. Europa is covered by ice. Its ice shell is about 20 km thick, e.g. near the equator. "
        "It does not have a thick atmosphere."
    )
    assert passage_input(document, last).startswith(
        "Moons of the giants. How long does a day on Titan last? A day on Titan lasts 15 days and 22 hours."
    )
    assert [heading_input(document, p) for p in passages] == [
        "Moons of the giants", "Europa", "How long does a day on Titan last?",
    ]  # fmt: skip


def test_a_heading_goes_with_what_it_heads():
    document, passages = split("# T\n\n## A\n\n### A1\n\nText of a1.\n\n## B\n\n## C\n\nText of c.\n\n## D\n")
    assert texts(document, passages) == ["T\n\n## A\n\n### A1\n\nText of a1.", "B", "C\n\nText of c.", "D"]
    assert [p.heading_path for p in passages] == [("A", "A1"), ("B",), ("C",), ("D",)]
    assert passage_input(document, passages[1]) == "T. B."


def test_text_before_the_first_heading():
    document, passages = split("Before.\n\n## A\n\nAfter.")
    assert [(p.heading_path, p.span.of(document.text)) for p in passages] == [((), "Before."), (("A",), "A\n\nAfter.")]


SENTENCE = "The sea is wide and the boat is small, so we row."


def paragraphs(*counts):
    return "\n\n".join(" ".join([SENTENCE] * count) for count in counts)


def test_breaks_come_at_paragraph_ends():
    document, passages = split(paragraphs(6, 6, 6))
    # Two paragraphs fit together and three do not: no paragraph is torn.
    assert [len(p.sentences) for p in passages] in ([12, 6], [6, 12])
    assert "\n\n".join(texts(document, passages)) == document.text


def test_a_long_paragraph_is_split_evenly():
    _, passages = split(paragraphs(24))
    assert [len(p.sentences) for p in passages] == [12, 12]


def test_a_lead_in_stays_with_its_first_item():
    items = "\n".join(f"- {SENTENCE}" for _ in range(20))
    document, passages = split(f"{paragraphs(13)}\n\nThese rules hold:\n\n{items}")
    lead_in = next(p for p in passages if "These rules hold:" in p.span.of(document.text))
    assert "list_item" in [s.kind for s in lead_in.sentences]
    assert all(
        s.context.of(document.text) == "These rules hold:"
        for p in passages
        for s in p.sentences
        if s.kind == "list_item"
    )


def test_a_question_stays_with_its_answer():
    text = f"{paragraphs(14)} Does it float? It does, as wood is lighter than water. {paragraphs(13)}"
    document, passages = split(text)
    asked = next(p for p in passages if "Does it float?" in p.span.of(document.text))
    assert "It does, as wood" in asked.span.of(document.text)


def test_a_sentence_too_long_is_cut_at_word_borders():
    path = DATA / "one-long-line.txt"
    document = load_document(path, document_id=path.name, settings=Settings())
    passages = split_document(document, count_tokens=count_tokens, settings=Settings())
    check_passages(document, passages, 800)
    joined = " ".join(s.span.of(document.text) for p in passages for s in p.sentences)
    assert joined == document.text.strip()


@pytest.mark.parametrize("text", ["x" * 5000, "e\u0301" * 3000, "😀" * 3000, "字" * 3000, "**" + "y" * 2000 + "** z"])
def test_a_word_too_long_is_cut_between_characters(text):
    document, passages = split(text)
    pieces = [s.span.of(document.text) for p in passages for s in p.sentences]
    assert len(pieces) > 1
    assert not any(piece[0] == "\u0301" for piece in pieces)


def test_a_heading_too_long_for_a_passage_is_cut():
    _, passages = split(f"# {'long ' * 400}\n\nText.")
    assert max(len(p.span) for p in passages) <= 800


def test_a_table_longer_than_a_passage():
    rows = "\n".join(f"| row number {n} | {SENTENCE} |" for n in range(40))
    document, passages = split(f"# T\n\n| Name | What it says |\n|---|---|\n{rows}\n")
    assert len(passages) > 2
    header = document.blocks[1].span
    assert passages[0].span.contains(header)
    assert {s.context for p in passages for s in p.sentences if s.kind == "table_row"} == {header}
    assert all(sentence_input(document, p.sentences[-1]).startswith("Name: row number") for p in passages)


def test_a_table_of_a_header_only_is_still_covered():
    _, passages = split("| A | B |\n|---|---|\n")
    assert [s.kind for p in passages for s in p.sentences] == ["table_header"]


def test_rows_without_header_names():
    document, passages = split("| | B: |\n|---|---|\n| 1 | 2 |\n| | 3 |\n")
    assert [sentence_input(document, s) for s in passages[0].sentences] == ["1; B: 2", "B: 3"]


def test_bare_lines_are_sentences():
    document, passages = split("# T\n\nOpen the windows\nWear good gloves\nWash both hands\nRest a little\n")
    assert [s.span.of(document.text) for s in passages[0].sentences[1:]] == [
        "Open the windows", "Wear good gloves", "Wash both hands", "Rest a little",
    ]  # fmt: skip


def test_hard_wrapped_lines_are_not():
    text = "The sea is wide and the boat is\nsmall, so we row. The sea is wide\nand so we rest."
    _, passages = split(text)
    assert len(passages[0].sentences) == 2


def test_markup_between_sentences_belongs_to_neither():
    document, passages = split("It is **bold.** *It* is [linked.](http://x.org/?a=1.%20B) It ends.")
    assert [s.span.of(document.text) for s in passages[0].sentences] == ["It is **bold.", "It* is [linked.", "It ends."]
    assert [sentence_input(document, s) for s in passages[0].sentences] == ["It is bold.", "It is linked.", "It ends."]


def test_front_matter_is_in_no_passage():
    document, passages = split("---\ntitle: A\n---\n\nText.\n")
    assert texts(document, passages) == ["Text."]
    assert passage_input(document, passages[0]) == "A. Text."
    assert heading_input(document, passages[0]) == "A"


def test_the_title_is_not_repeated():
    document, passages = split("# THE SEA\n\n## Waves\n\nHigh.")
    assert passages[0].heading_path == ("Waves",)
    assert passage_input(document, passages[0]) == "THE SEA. Waves. High."


def test_long_contexts_leave_room_for_text():
    name = "Of the many matters that a heading should never try to hold in one breath " * 4
    document, passages = split(
        f"# Title {name}\n\n## One {name}\n\n### Two {name}\n\n#### Inner {name}\n\n{paragraphs(3)}\n"
    )
    context = passage_input(document, passages[-1])
    assert context.startswith("Title Of the many")
    assert "Inner Of the many" in context
    assert "Two" not in context
    assert context.endswith(SENTENCE)


@pytest.mark.parametrize(
    "name", sorted(p.name for p in DATA.iterdir() if p.suffix in {".md", ".txt"} and p.name != "empty.txt")
)
def test_fixtures(name):
    document = load_document(DATA / name, document_id=name, settings=Settings())
    passages = split_document(document, count_tokens=count_tokens, settings=Settings())
    check_passages(document, passages, 800)
    assert split_document(document, count_tokens=count_tokens, settings=Settings()) == passages


def test_equal_sentences_have_their_own_places():
    document = load_document(DATA / "repeated-sentence.md", document_id="r.md", settings=Settings())
    (passage,) = split_document(document, count_tokens=count_tokens, settings=Settings())
    spans = [s.span for s in passage.sentences if s.kind == "paragraph"]
    assert len(set(spans)) == 4
    assert {span.of(document.text) for span in spans} == {"It rained all day."}


def test_tokens_are_counted_in_few_calls():
    calls = []

    def counting(given):
        calls.append(len(given))
        return count_tokens(given)

    document = load_markdown(paragraphs(*[3] * 200).encode(), "n.md", Settings())
    split_document(document, count_tokens=counting, settings=Settings())
    assert len(calls) <= 2


def test_a_tokenizer_whose_counts_do_not_add_up_is_obeyed():
    def greedy(given):
        # Longer texts cost more than their parts do.
        return [int(len(text.split()) * (1.2 if len(text) > 200 else 1.0)) + 2 for text in given]

    settings = replace(Settings(), passage_max_tokens=60)
    document = load_markdown(paragraphs(30, 30).encode(), "n.md", settings)
    passages = split_document(document, count_tokens=greedy, settings=settings)
    assert max(greedy([passage_input(document, p) for p in passages])) <= 60


WORDS = st.sampled_from(
    [
        "the",
        "sea",
        "Rises",
        "and",
        "e.g.",
        "falls.",
        "Really?",
        "Dr.",
        "é",
        "😀",
        "x" * 90,
        "(so)",
        "“Yes.”",
        "**bold**",
    ]
)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)
PARTS = st.one_of(
    PARAGRAPHS,
    st.lists(PARAGRAPHS, min_size=1, max_size=6).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.builds(
        lambda level, name: f"{'#' * level} {name}",
        st.integers(1, 4),
        st.lists(WORDS, min_size=1, max_size=8).map(" ".join),
    ),
    st.lists(PARAGRAPHS, min_size=1, max_size=4).map(
        lambda rows: "| A | B |\n|---|---|\n" + "\n".join(f"| {r} | 2 |" for r in rows)
    ),
)


@given(
    st.lists(PARTS, min_size=1, max_size=12).map("\n\n".join),
    st.sampled_from([200, 800]),
    st.sampled_from([160, 240]),
    st.sampled_from(["notes.md", "notes.txt"]),
)
def test_any_document_is_covered_within_budget(text, max_chars, max_tokens, name):
    settings = replace(Settings(), passage_max_chars=max_chars, passage_max_tokens=max_tokens)
    try:
        document, passages = split(text, settings, name)
    except DocumentError:
        assert not squeezed(text).strip("#")
        return
    again = split_document(document, count_tokens=count_tokens, settings=settings)
    assert again == passages
    assert all(re.search(r"\S", p.span.of(document.text)) for p in passages)

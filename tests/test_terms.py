"""Words, stems and the marks of what a sentence holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote import terms


def test_words_are_folded_and_keep_their_spans() -> None:
    text = "The brain’s Naïve ﬁbres, 3 mg"
    found = terms.words(text)
    assert [w.text for w in found] == ["the", "brain", "naive", "fibres", "3", "mg"]
    assert [w.span.of(text) for w in found] == ["The", "brain’s", "Naïve", "ﬁbres", "3", "mg"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("infusions", "infusion"), ("treating", "treats"), ("Depression", "depressions"), ("café", "CAFE")],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert terms.analyse(one) == terms.analyse(other)


@pytest.mark.parametrize(
    ("sentence", "mark"),
    [
        ("It takes 40 minutes to an hour.", "#duration"),
        ("Relief comes within hours.", "#duration"),
        ("He was born in 1867 there.", "#year"),
        ("It cost $300.", "#money"),
        ("About 12 % of them agreed.", "#percent"),
        ("The tower is 300 m high.", "#measure"),
        ("It was built by Gustave Eiffel.", "#name"),
        ("It failed because of rain.", "#reason"),
        ("Tea is a drink.", "#definition"),
        ("On 4 July they met.", "#date"),
    ],
)
def test_sentences_are_marked(sentence: str, mark: str) -> None:
    assert mark in terms.marks(sentence)
    assert mark in terms.MARKS
    assert terms.is_mark(mark)


def test_a_plain_sentence_has_no_marks() -> None:
    assert terms.marks("they walked slowly home") == ()


@pytest.mark.parametrize(
    ("question", "marks"),
    [
        ("How long does it take?", ("#duration",)),
        ("How many moons are there?", ("#number",)),
        ("When did it end?", ("#year", "#date", "#duration")),
        ("Who built it?", ("#name",)),
        ("Why did it fail?", ("#reason",)),
        ("Is it safe?", ()),
    ],
)
def test_questions_ask_for_marks(question: str, marks: tuple[str, ...]) -> None:
    assert terms.asked_marks(question) == marks


@given(st.text(max_size=200))
def test_any_text_has_words_at_their_spans(text: str) -> None:
    for word in terms.words(text):
        assert terms.fold(word.span.of(text)) == word.text


@given(st.text(max_size=200))
def test_stems_never_look_like_marks(text: str) -> None:
    assert not any(terms.is_mark(stem) for stem in terms.analyse(text))

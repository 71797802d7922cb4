"""Words, stems and the kinds of answer that a sentence holds."""

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
    ("sentence", "kind"),
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
def test_sentences_hold_kinds_of_answer(sentence: str, kind: str) -> None:
    assert kind in terms.answer_types(sentence)
    assert kind in terms.ANSWER_TYPES
    assert terms.is_answer_type(kind)


def test_a_plain_sentence_has_no_marks() -> None:
    assert terms.answer_types("they walked slowly home") == ()


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How long does it take?", ("#duration",)),
        ("How many moons are there?", ("#number",)),
        ("When did it end?", ("#year", "#date", "#duration")),
        ("Who built it?", ("#name",)),
        ("Why did it fail?", ("#reason",)),
        ("Is it safe?", ()),
    ],
)
def test_questions_ask_for_kinds_of_answer(question: str, kinds: tuple[str, ...]) -> None:
    assert terms.asked_types(question) == kinds


@given(st.text(max_size=200))
def test_any_text_has_words_at_their_spans(text: str) -> None:
    for word in terms.words(text):
        assert terms.fold(word.span.of(text)) == word.text


@given(st.text(max_size=200))
def test_stems_never_look_like_marks(text: str) -> None:
    assert not any(terms.is_answer_type(stem) for stem in terms.analyse(text))

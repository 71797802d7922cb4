"""The engine over a tiny corpus: asking, abstaining, small talk, repeatability, selection of documents."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakes import HashingEncoder
from footnote import Footnote
from footnote.answering.selection import Selection, select
from footnote.engine import clean_question
from footnote.errors import FootnoteError, IndexMismatch, IndexMissing, QuestionError
from footnote.records import Answer
from footnote.rendering import to_json
from footnote.settings import Settings
from footnote.store import Index
from promises import FULL

EAGER = Settings(answer_threshold=0.0) if FULL else Settings(answer_threshold=0.0, reranker="small")
"""Never abstains where there is a sentence to quote: what is quoted is then tested by itself, whoever reads."""


@pytest.fixture
def footnote(tiny_index: Path, hashing_encoder: HashingEncoder) -> Footnote:
    return Footnote.open(tiny_index, settings=EAGER, encoder=hashing_encoder)


def first_quote(answer: Answer) -> str:
    assert answer.answered, answer.explanation
    return answer.citations[0].quote


def test_a_sentence_is_quoted_from_its_place(footnote: Footnote) -> None:
    answer = footnote.ask("How thick is the ice shell of Europa?")
    assert "about 20 km thick, e.g. near the equator." in first_quote(answer)
    citation = answer.citations[0]
    assert citation.document_id == "moons.md"
    assert citation.heading_path[-1] == "Europa"
    assert citation.quote == citation.span.of(footnote.document("moons.md").text)


def test_a_table_row_comes_with_its_header(footnote: Footnote) -> None:
    citation = footnote.ask("What is the diameter of Titan?").citations[0]
    assert "5,150 km" in citation.quote
    assert "Diameter" in citation.context_text
    assert citation.shown == "Titan | 5,150 km | Saturn"


def test_a_list_question_gets_the_whole_list(footnote: Footnote) -> None:
    citation = footnote.ask("Which substances do Titan's lakes hold?").citations[0]
    assert citation.shown.split("\n") == ["methane", "ethane", "dissolved nitrogen"]
    assert citation.context_text == "Titan's lakes hold:"


def test_the_heading_that_asks_brings_its_answer(footnote: Footnote) -> None:
    answer = footnote.ask("How long does a day on Titan last?")
    assert first_quote(answer).startswith("A day on Titan lasts 15 days and 22 hours.")


def test_the_same_question_gives_the_same_json_also_from_a_rebuilt_index(
    footnote: Footnote, tiny_corpus: Path, tmp_path: Path
) -> None:
    rebuilt, _ = Footnote.build(tiny_corpus, tmp_path / "again", settings=EAGER, encoder=HashingEncoder())
    question = "How much tea is needed for a pot?"
    one = to_json(footnote.ask(question))
    assert one == to_json(footnote.ask(question)) == to_json(rebuilt.ask(question))


def test_a_strict_threshold_abstains_with_reason_and_related_passages(
    tiny_corpus: Path, tmp_path: Path, hashing_encoder: HashingEncoder
) -> None:
    strict = Settings(answer_threshold=1.0)
    footnote, _ = Footnote.build(tiny_corpus, tmp_path / "index", settings=strict, encoder=hashing_encoder)
    answer = footnote.ask("What is the half-life of Europa?")
    assert not answer.answered
    assert answer.standing in {"nearest", "absent"}
    assert answer.reason == ("unknown_words" if answer.standing == "absent" else "not_answered")
    assert answer.missing_words == ("half-life",)
    assert answer.explanation
    assert answer.hits
    known = footnote.ask("Europa ice Saturn moons?")
    assert known.reason == "not_answered"


class TestMessages:
    """Messages that are more than one question about what the documents tell."""

    def test_two_questions_get_both_their_answers(self, footnote: Footnote) -> None:
        answer = footnote.ask("How thick is the ice shell of Europa and how long does a day on Titan last?")
        quoted = " ".join(citation.quote for citation in answer.citations)
        assert "20 km thick" in quoted
        assert "15 days and 22 hours" in quoted
        assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        assert answer.explanation == "2 questions, each answered by itself:"

    def test_all_parts_are_answered_from_the_generation_that_the_first_began_with(
        self, footnote: Footnote, tiny_index: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        newer = Footnote.open(tiny_index, settings=EAGER, encoder=hashing_encoder)
        asked = []

        def select_and_swap(index: Index, *given: Any, **named: Any) -> Selection:
            asked.append(index)
            footnote._index = newer.index
            return select(index, *given, **named)

        began_with = footnote.index
        monkeypatch.setattr("footnote.engine.select", select_and_swap)
        footnote.ask("How thick is the ice shell of Europa and how long does a day on Titan last?")
        assert len(asked) > 1
        assert all(index is began_with for index in asked)

    def test_a_part_that_is_not_answered_is_named(self, tiny_index: Path, hashing_encoder: HashingEncoder) -> None:
        with Footnote.open(tiny_index, encoder=hashing_encoder) as asked:
            answer = asked.ask("How long does a day on Titan last and who sells bicycles in Lisbon?")
        assert "15 days and 22 hours" in first_quote(answer)
        assert answer.explanation == "Nothing was found for “Who sells bicycles in Lisbon?”. For the rest:"

    def test_the_words_as_they_stand_are_one_question(self, footnote: Footnote) -> None:
        message = "How thick is the ice shell of Europa and how long does a day on Titan last?"
        assert footnote.ask(message, literal=True).explanation == ""

    def test_what_documents_there_are_is_told_from_their_titles_and_beginnings(self, footnote: Footnote) -> None:
        answer = footnote.ask("Which documents do you have?")
        assert "2 documents: “Moons of the giants”, “Brewing tea”" in answer.explanation
        assert [c.quote for c in answer.citations] == [
            "Jupiter and Saturn have many moons.",
            "Green tea is brewed at 80 degrees.",
        ]

    def test_a_date_is_quoted_from_where_the_document_states_it(self, footnote: Footnote) -> None:
        answer = footnote.ask("When was the moons page published?", allowed=frozenset({"moons.md"}))
        assert answer.explanation == "“Moons of the giants” is dated 2026-01-05."
        assert first_quote(answer) == "date: 2026-01-05"

    def test_what_no_document_states_is_searched(self, footnote: Footnote) -> None:
        assert "author" not in footnote.ask("Who wrote the moons page?").explanation

    def test_documents_that_mention_a_thing_are_listed(self, footnote: Footnote) -> None:
        answer = footnote.ask("Which documents mention boiling water?")
        assert answer.explanation == "1 document mentions “boiling water”: “Brewing tea”."
        assert first_quote(answer) == "Black tea needs boiling water."

    def test_a_summary_is_refused_with_the_headings_that_can_be_asked_about(self, footnote: Footnote) -> None:
        answer = footnote.ask("Summarise the moons of the giants.")
        assert not answer.answered
        assert answer.standing == "reply"
        assert "“Europa”" in answer.explanation

    @pytest.mark.parametrize("literal", [False, True])
    def test_help_comes_first_and_nobody_in_danger_is_told_what_no_document_holds(
        self, footnote: Footnote, tiny_index: Path, hashing_encoder: HashingEncoder, *, literal: bool
    ) -> None:
        strict = Footnote.open(tiny_index, settings=Settings(answer_threshold=1.0), encoder=hashing_encoder)
        refused = strict.ask("I want to kill myself on Titan", literal=literal)
        assert (refused.standing, refused.reason) == ("reply", "care")
        assert refused.explanation.startswith("If someone is in danger now, get help first.")
        assert (refused.missing_words, refused.nearest, refused.related) == ((), None, ())
        answered = footnote.ask("I took too much. How long does a day on Titan last?", literal=literal)
        assert answered.answered
        assert answered.explanation == refused.explanation

    def test_all_rows_are_quoted_where_all_are_wanted(self, footnote: Footnote) -> None:
        citation = footnote.ask("What are all the moons with their diameter and planet?").citations[0]
        assert citation.shown.split("\n") == ["Europa | 3,122 km | Jupiter", "Titan | 5,150 km | Saturn"]


@pytest.mark.parametrize("message", ["hello", "Thanks!", "What can you do?", "Good morning", "thank you very much"])
def test_small_talk_gets_a_reply_not_a_search(footnote: Footnote, message: str) -> None:
    answer = footnote.ask(message)
    assert answer.reason == "small_talk"
    assert answer.explanation
    assert not answer.hits


def test_a_document_that_is_not_allowed_never_appears(footnote: Footnote) -> None:
    answer = footnote.ask("How long does a day on Titan last?", allowed=frozenset({"tea.txt"}))
    shown = {hit.passage.document_id for hit in answer.hits} | {c.document_id for c in answer.citations}
    assert shown == {"tea.txt"}


def test_hits_do_not_overlap_and_are_ranked(footnote: Footnote) -> None:
    hits = footnote.search("moons of Saturn", k=50)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for n, one in enumerate(hits):
        for other in hits[n + 1 :]:
            same = one.passage.document_id == other.passage.document_id
            assert not (same and one.passage.span.overlaps(other.passage.span))


def test_starters_are_answered_from_their_own_sections(footnote: Footnote) -> None:
    starters = footnote.starters()
    assert starters == ("How long does a day on Titan last?", "How much tea is needed for a pot?")
    for starter in starters:
        answer = footnote.ask(starter)
        document = footnote.document(answer.citations[0].document_id)
        pair = next(p for p in document.faq_pairs() if p.question.of(document.text) == starter)
        assert pair.answer.overlaps(answer.citations[0].span)


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (("What glue is used for", "How long does glue dry?"), ("How long does glue dry?",)),
        (("What glue is used for",), ("What glue is used for",)),
    ],
)
def test_headings_that_ask_without_a_question_mark_are_starters_only_where_there_are_no_others(
    tmp_path: Path, hashing_encoder: HashingEncoder, headings: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    (tmp_path / "corpus").mkdir()
    sections = "".join(f"## {heading}\n\nAs to {heading.lower()}: glue is used for wood.\n\n" for heading in headings)
    (tmp_path / "corpus" / "glue.md").write_text(f"# Glue\n\n{sections}", "utf-8")
    built, _ = Footnote.build(tmp_path / "corpus", tmp_path / "index", settings=EAGER, encoder=hashing_encoder)
    with built:
        assert built.starters() == expected


@pytest.mark.parametrize("question", ["", "   ", "\x00\x07", "x" * 2_001])
def test_what_is_no_question_is_refused_in_one_line(footnote: Footnote, question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        footnote.ask(question)
    assert "\n" not in str(caught.value)


@given(st.text(min_size=1, max_size=60))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_question_is_answered_or_refused_and_every_quote_is_exact(footnote: Footnote, question: str) -> None:
    try:
        answer = footnote.ask(question)
    except QuestionError:
        return
    assert 0.0 <= answer.confidence <= 1.0
    assert answer.answered == (answer.reason is None)
    for citation in answer.citations:
        text = footnote.document(citation.document_id).text
        assert citation.span.of(text) == citation.quote
        assert citation.quote == citation.quote.strip()
        assert citation.context is None or citation.context.of(text) == citation.context_text
    for hit in answer.hits:
        assert hit.passage.span.of(footnote.document(hit.passage.document_id).text) == hit.text


def test_cleaning_a_question_folds_white_space() -> None:
    assert clean_question("  what\n is\x00 this ", Settings()) == "what is this"


def test_a_missing_index_says_what_to_do(tmp_path: Path, hashing_encoder: HashingEncoder) -> None:
    with pytest.raises(IndexMissing) as caught:
        Footnote.open(tmp_path / "none", encoder=hashing_encoder)
    assert "footnote index" in str(caught.value)


def test_another_encoder_is_refused(footnote: Footnote, tmp_path: Path) -> None:
    with pytest.raises(IndexMismatch):
        Footnote.open(tmp_path / "index", encoder=HashingEncoder(fingerprint="another"))


def test_a_new_generation_is_seen_after_refresh(
    footnote: Footnote, tiny_corpus: Path, tmp_path: Path, hashing_encoder: HashingEncoder
) -> None:
    assert not footnote.refresh()
    (tiny_corpus / "bread.md").write_text("# Bread\n\nBread is baked from flour and water.\n", "utf-8")
    before = footnote.fingerprint
    Footnote.build(tiny_corpus, tmp_path / "index", settings=EAGER, encoder=hashing_encoder)
    assert footnote.refresh()
    assert footnote.fingerprint != before
    assert "flour" in first_quote(footnote.ask("What is bread baked from?"))


def test_a_document_that_is_gone_is_an_error_with_a_line(footnote: Footnote) -> None:
    with pytest.raises(FootnoteError):
        footnote.document("nowhere.md")


def test_the_fingerprint_tells_settings_apart(
    footnote: Footnote, tmp_path: Path, hashing_encoder: HashingEncoder
) -> None:
    other = Footnote.open(tmp_path / "index", settings=replace(EAGER, max_quotes=1), encoder=hashing_encoder)
    assert other.fingerprint != footnote.fingerprint


def test_judged_questions_are_evaluated_in_place(footnote: Footnote, tmp_path: Path) -> None:
    text = footnote.document("tea.txt").text
    start = text.index("Take one spoon")
    gold = [{"doc": "tea.txt", "start": start, "end": start + len("Take one spoon for each cup.")}]
    rows = [{"id": "q1", "question": "How much tea is needed for a pot?", "kind": "answerable", "gold": gold}]
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    report = footnote.evaluate(questions)
    assert report.metrics["n"] == 1
    assert report.metrics["hit@1"] == 1.0
    assert report.metrics["quote exactness"] == 1.0
    assert report.fingerprint == footnote.fingerprint

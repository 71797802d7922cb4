"""The real model over the shipped corpus: known answers with exact citations, and honest abstentions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from footnote import Footnote
from footnote.rendering import to_json
from footnote.store import verify

ROOT = Path(__file__).parent.parent
JUDGED = Path(__file__).parent / "evaluation"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shipped") / "index"


@pytest.fixture(scope="module")
def footnote(index_dir: Path) -> Iterator[Footnote]:
    built, report = Footnote.build(ROOT / "corpus", index_dir)
    assert not report.skipped
    with built:
        yield built


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How long does an IV infusion take?", "40 minutes to an hour"),
        ("What are the disadvantages of taking it by mouth?", "Absorption is inconsistent"),
        ("Is the nasal spray approved?", "approved"),
        ("What long-term harm can high doses do?", "liver damage"),
        ("Does it help with anxeity?", "anxiety"),
        ("What is TRD?", "treatment-resistant depression"),
    ],
)
def test_the_first_quote_answers(footnote: Footnote, question: str, words: str) -> None:
    answer = footnote.ask(question)
    assert answer.answered, answer.explanation
    assert words in answer.citations[0].quote


@pytest.mark.parametrize("question", ["What is the capital of France?", "What is the half-life of ketamine?"])
def test_what_the_documents_do_not_answer_is_not_answered(footnote: Footnote, question: str) -> None:
    answer = footnote.ask(question)
    assert not answer.answered
    assert answer.explanation
    assert answer.hits


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (JUDGED / name).read_text("utf-8").splitlines()]


def test_our_own_questions_are_answered_or_refused_as_they_should(footnote: Footnote) -> None:
    judged = rows("ketamine.jsonl")
    right, asked, false_answers, others = 0, 0, 0, 0
    for row in judged:
        answer = footnote.ask(str(row["question"]))
        if row["kind"] == "answerable":
            asked += 1
            gold = [(g["doc"], g["start"], g["end"]) for g in row["gold"]]  # type: ignore[attr-defined]
            right += any(
                c.document_id == doc and c.span.start < end and start < c.span.end
                for c in answer.citations
                for doc, start, end in gold
            )
        else:
            others += 1
            false_answers += answer.answered
    assert asked >= 40
    assert others >= 40
    # Measured figures stand in the README; these bounds only tell a broken ranking from a working one.
    assert right / asked >= 0.7
    assert false_answers / others <= 0.3


def test_starters_are_offered_and_every_one_is_answered_from_its_own_section(footnote: Footnote) -> None:
    starters = footnote.starters()
    assert len(starters) >= 4
    for starter in starters:
        answer = footnote.ask(starter)
        first = answer.citations[0]
        document = footnote.document(first.document_id)
        assert any(
            " ".join(p.question.of(document.text).split()) == starter and p.answer.overlaps(first.span)
            for p in document.faq_pairs()
        )


def test_a_rebuilt_index_gives_the_same_json(footnote: Footnote, tmp_path: Path) -> None:
    again, _ = Footnote.build(ROOT / "corpus", tmp_path / "again")
    with again:
        for question in ("How does ketamine work in the brain?", "What does it cost?", "thanks"):
            assert to_json(again.ask(question)) == to_json(footnote.ask(question))


def test_the_index_passes_its_check(footnote: Footnote, index_dir: Path) -> None:
    assert footnote.passages_count > 20
    assert verify(index_dir) == []

"""Sections asked for by number: the text under that heading, whole, and of the right document."""

from __future__ import annotations

from pathlib import Path

import pytest

from footnote import Footnote
from footnote.answering.exact_matches import asked_section
from footnote.settings import Settings

LEASE = """# Lease of the mill

## 4 The tenant

### 4.1 Rent

The rent is due on the first of the month.

### 4.2 Animals

Cats are welcome. Dogs need the landlord's consent.

## 41 Nothing else

There are no other terms.
"""
BYLAWS = (
    "# Bylaws of the choir\n\n## 2 Rehearsals\n\nThe choir meets on Tuesdays.\n\n## 7 Fees\n\nMembers pay 30 euros.\n"
)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    corpus: Path = tmp_path_factory.mktemp("papers")
    (corpus / "lease.md").write_text(LEASE, "utf-8")
    (corpus / "bylaws.md").write_text(BYLAWS, "utf-8")
    return Footnote.build(corpus, tmp_path_factory.mktemp("index"), settings=Settings(reranker="off"))[0]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("What does section 4.2 say?", "4.2"),
        ("what's in Chapter 7", "7"),
        ("§ 12", "12"),
        ("the chapter on fees", None),
        ("compare section 4 and section 5", None),
        ("apply part 3b", None),
    ],
)
def test_a_section_is_asked_for_by_its_number(question: str, number: str | None) -> None:
    found = asked_section(question)
    assert (found.number if found else None) == number


@pytest.mark.parametrize(
    ("question", "told", "untold"),
    [
        ("What does section 4.2 say?", ("Cats are welcome", "landlord's consent"), ("rent is due", "other terms")),
        ("section 4", ("rent is due", "Cats are welcome"), ("other terms", "Tuesdays")),
        ("Clause 7 of the choir's bylaws", ("30 euros",), ("Tuesdays",)),
    ],
)
def test_the_text_under_a_number_is_quoted_whole(
    papers: Footnote, question: str, told: tuple[str, ...], untold: tuple[str, ...]
) -> None:
    answer = papers.ask(question)
    quotes = " ".join(each.quote for each in answer.citations)
    assert all(words in quotes for words in told)
    assert not any(words in quotes for words in untold)
    for citation in answer.citations:
        assert papers.document(citation.document_id).text[citation.span.start : citation.span.end] == citation.quote


def test_only_the_documents_that_are_asked_are_looked_in(papers: Footnote) -> None:
    asked = papers.ask("What does section 4.2 say?", allowed=frozenset({"bylaws.md"}))
    assert all(each.document_id == "bylaws.md" for each in asked.citations)


def test_a_question_about_a_section_is_searched(papers: Footnote) -> None:
    asked = papers.ask("Does section 4.2 allow parrots in the kitchen?")
    assert "Cats are welcome. Dogs" not in " ".join(each.quote for each in asked.citations) or asked.confidence < 0.9

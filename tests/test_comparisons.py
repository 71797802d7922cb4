"""Comparisons: what the documents tell of each side is quoted together, and nothing where a side is not theirs."""

from __future__ import annotations

import pytest

from footnote import Footnote
from footnote.answering.comparisons import SAID_OF_BOTH, compared_sides

CAMPS = """# Mountain camps

| Camp | Height | Beds |
|---|---|---|
| Alder | 900 m | 14 |
| Birch | 1,200 m | 22 |
| Cedar | 1,650 m | 8 |

## Stoves

### Gas stove

The gas stove boils a litre in four minutes. It needs a cartridge.

### Wood stove

The wood stove boils a litre in eleven minutes. It needs dry wood.
"""


@pytest.fixture(scope="module")
def camps(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    corpus = tmp_path_factory.mktemp("camps")
    (corpus / "camps.md").write_text(CAMPS, "utf-8")
    return Footnote.build(corpus, tmp_path_factory.mktemp("index"))[0]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("What is the difference between a kayak and a canoe?", {"kayak"}, {"cano"}),
        ("How is the Basic ticket different from the Plus ticket?", {"basic"}, {"plus"}),
        ("Compare Basic and Plus tickets", {"basic"}, {"plus", "ticket"}),
        ("Basic vs Plus", {"basic"}, {"plus"}),
        ("Is the red line faster than the blue line?", {"red"}, {"blue"}),
        ("Which is heavier, granite or chalk?", {"granit"}, {"chalk"}),
    ],
)
def test_the_two_sides_of_a_comparison(question: str, one: set[str], other: set[str]) -> None:
    assert compared_sides(question) == (one, other)


@pytest.mark.parametrize(
    "question",
    [
        "Can I bring more than my children?",
        "Should I pay or wait?",
        "Is there any other way than this?",
        "How long does it take between the first visit and the second one that my doctor orders after the last of them?",
        "Is tea better than tea?",
        "",
    ],
)
def test_what_compares_no_two_things(question: str) -> None:
    assert compared_sides(question) is None


def test_rows_of_one_table_are_one_quote_with_its_header(camps: Footnote) -> None:
    answer = camps.ask("What is the difference between the Alder and the Birch camp?")
    (citation,) = answer.citations
    assert "900 m" in citation.quote
    assert "1,200 m" in citation.quote
    assert "Cedar" not in citation.quote
    assert "Height" in citation.context_text
    assert answer.explanation == SAID_OF_BOTH
    assert answer.standing == "answered"


@pytest.mark.parametrize(
    "question",
    [
        "What is the difference between the gas stove and the wood stove?",
        "Is the gas stove faster than the wood stove?",
        "Compare the wood stove with the gas stove",
    ],
)
def test_two_sections_are_quoted_side_by_side(camps: Footnote, question: str) -> None:
    answer = camps.ask(question)
    quotes = [citation.quote for citation in answer.citations]
    assert len(quotes) == 2
    assert {"four" in quote or "cartridge" in quote for quote in quotes} == {True, False}
    assert answer.explanation == SAID_OF_BOTH
    assert answer.confidence < 0.85, "what each side tells is certain, not that it was wanted"


def test_a_side_that_the_documents_do_not_tell_of_is_not_compared(camps: Footnote) -> None:
    answer = camps.ask("What is the difference between the gas stove and the solar stove?")
    assert answer.explanation != SAID_OF_BOTH
    assert not answer.answered

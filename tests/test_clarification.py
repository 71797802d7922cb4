"""Asking back: what a question may mean is offered where several documents or sections answer it, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from footnote import Footnote
from footnote.records import Answer, Choice
from footnote.rendering import json_text, to_html, to_json, to_markdown, to_terminal

CLUBS = {
    "bremen.md": """# Bremen Chess Club

## Fees

Grown-ups pay 84 euros a year. Pupils pay 30 euros.

## Evenings

We play on Tuesdays from 19:00 in the old town hall.
""",
    "kiel.md": """# Kiel Chess Club

## Fees

Grown-ups pay 96 euros a year. Pupils play for nothing.

## Evenings

We play on Fridays from 18:30 in the library. Guests ring the bell at the side door.
""",
    "pump.md": """# Handbook of the garden pump

## Model P20

### Maintenance

The filter is rinsed every two weeks.

## Model P80

### Maintenance

The filter is rinsed every three months.

## Storage

Keep the pump dry in winter.
""",
}


@pytest.fixture(scope="module")
def clubs(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    corpus = tmp_path_factory.mktemp("clubs")
    for name, text in CLUBS.items():
        (corpus / name).write_text(text, "utf-8")
    return Footnote.build(corpus, tmp_path_factory.mktemp("index"))[0]


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("How much do grown-ups pay a year?", {"Bremen Chess Club", "Kiel Chess Club"}),
        ("On which day do we play?", {"Bremen Chess Club", "Kiel Chess Club"}),
        ("How often is the filter rinsed?", {"Model P20", "Model P80"}),
    ],
)
def test_what_several_answer_is_offered_for_each_beside_the_answer(
    clubs: Footnote, question: str, labels: set[str]
) -> None:
    answer = clubs.ask(question)
    assert {choice.label for choice in answer.choices} == labels
    assert answer.standing in ("answered", "nearest")
    assert answer.confidence <= 0.8, "one of several is never very likely the one that is meant"
    for choice in answer.choices:
        assert choice.question == f"{answer.interpreted_as} ({choice.label})"


@pytest.mark.parametrize(
    "question",
    [
        "How much do grown-ups pay in Kiel?",
        "On which day does the chess club in Bremen play?",
        "How often is the filter of the P80 rinsed?",
        "Where do guests ring the bell?",
        "How is the pump kept in winter?",
        "Who invented the telephone?",
    ],
)
def test_nothing_is_asked_back_where_one_is_named_or_only_one_answers(clubs: Footnote, question: str) -> None:
    assert clubs.ask(question).choices == ()


@pytest.mark.parametrize(
    ("question", "label", "told"),
    [
        ("How much do grown-ups pay a year?", "Kiel Chess Club", "96 euros"),
        ("How much do grown-ups pay a year?", "Bremen Chess Club", "84 euros"),
        ("How often is the filter rinsed?", "Model P80", "three months"),
    ],
)
def test_a_choice_asks_a_question_that_its_own_passage_answers_and_that_asks_nothing_back(
    clubs: Footnote, question: str, label: str, told: str
) -> None:
    choice = next(each for each in clubs.ask(question).choices if each.label == label)
    answer = clubs.ask(choice.question, literal=True)
    assert told in answer.citations[0].quote
    assert answer.citations[0].document_id == choice.document_id
    assert answer.choices == ()


def test_only_the_documents_that_are_asked_are_offered(clubs: Footnote) -> None:
    assert clubs.ask("How much do grown-ups pay a year?", allowed=frozenset({"kiel.md", "pump.md"})).choices == ()


def test_quotes_that_differ_in_a_number_alone_are_both_given(clubs: Footnote) -> None:
    quotes = [citation.quote for citation in clubs.ask("How much do grown-ups pay a year?").citations]
    assert any("84" in quote for quote in quotes)
    assert any("96" in quote for quote in quotes)


@pytest.fixture
def asking(clubs: Footnote) -> Answer:
    return clubs.ask("How often is the filter rinsed?")


def test_every_form_of_an_answer_offers_the_choices(asking: Answer) -> None:
    assert len(asking.choices) == 2
    for text in (to_terminal(asking, colour=False, width=200), to_markdown(asking), to_html(asking)):
        assert "Which is meant?" in text
        for choice in asking.choices:
            assert choice.label in text
    published = json.loads(json_text(to_json(asking)))["choices"]
    assert published == [{"label": c.label, "question": c.question, "doc": c.document_id} for c in asking.choices]
    silent = replace(asking, choices=())
    for text in (to_terminal(silent, colour=False, width=200), to_markdown(silent), to_html(silent)):
        assert "Which is meant?" not in text


def test_a_label_is_text_in_every_form(asking: Answer) -> None:
    odd = "<img src=x onerror=alert(1)> *P20* \x1b[31m"
    answer = replace(asking, choices=(Choice(odd, f"How often? ({odd})", "pump.md"),))
    assert "<img" not in to_html(answer)
    assert "*P20*" not in to_markdown(answer)
    assert "\x1b" not in to_terminal(answer, colour=False)

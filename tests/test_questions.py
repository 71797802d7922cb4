"""What a message asks: its parts, whether it is about the documents themselves, what no quote can give, and in which language."""

from __future__ import annotations

import pytest

from footnote.questions.about_documents import DocumentQuestion, document_question
from footnote.questions.beyond_quoting import (
    Beyond,
    beyond_quoting,
    foreign_language,
    said_beyond,
    summary_refusal,
)
from footnote.questions.parts import MOST_PARTS, parts_of


class TestParts:
    @pytest.mark.parametrize(
        ("message", "parts"),
        [
            ("How long is the tour and who leads it?", ("How long is the tour?", "Who leads it?")),
            ("What does it cost, and is it safe?", ("What does it cost?", "Is it safe?")),
            ("how long does it last and does it hurt", ("How long does it last?", "Does it hurt?")),
            (
                "How do I plant it, how do I water it and where are the seeds?",
                ("How do I plant it?", "How do I water it?", "Where are the seeds?"),
            ),
            ("Do I need a permit? How much is it?", ("Do I need a permit?", "How much is it?")),
            (
                "We arrive late. When does the desk close? And who has the key?",
                ("We arrive late. When does the desk close?", "Who has the key?"),
            ),
            (
                "Is the hall, which is new, heated and does it have a stage?",
                ("Is the hall, which is new, heated?", "Does it have a stage?"),
            ),
        ],
    )
    def test_each_question_of_a_message_is_a_part(self, message: str, parts: tuple[str, ...]) -> None:
        assert parts_of(message) == parts

    @pytest.mark.parametrize(
        "message",
        [
            "What is the fee?",
            "How and when can I apply?",
            "Is it sweet or bitter?",
            "Who is the guide who plans and who signs?",
            "What happens when it rains and when it snows?",
            "What are the opening hours and the prices?",
            "Can I swim and dive?",
            "My aunt is 80. She cannot climb. Is there a lift?",
            "I do not know what to bring and who to ask. Who can help?",
            "gate code",
            "",
            "?",
        ],
    )
    def test_one_question_stays_whole(self, message: str) -> None:
        assert parts_of(message) == (message,)

    def test_a_message_of_many_questions_is_a_story(self) -> None:
        message = " ".join(f"Where is hut {name}?" for name in ("Alm", "Bach", "Cima", "Dorn", "Eck")[: MOST_PARTS + 1])
        assert parts_of(message) == (message,)


class TestAboutDocuments:
    @pytest.mark.parametrize(
        ("question", "asked"),
        [
            ("How many documents are there?", DocumentQuestion("list")),
            ("Which files do you have?", DocumentQuestion("list")),
            ("what's in this folder", DocumentQuestion("list")),
            ("What is this document about?", DocumentQuestion("about")),
            ("What is the garden plan about?", DocumentQuestion("about", "garden plan")),
            ("Who wrote the garden plan?", DocumentQuestion("author", "garden plan")),
            ("who is the author of this?", DocumentQuestion("author")),
            ("How old is this article?", DocumentQuestion("date")),
            ("When was the garden plan last updated?", DocumentQuestion("date", "garden plan")),
            ("Which documents mention moles?", DocumentQuestion("mention", "moles")),
            ("Is there a document about compost?", DocumentQuestion("mention", "compost")),
        ],
    )
    def test_a_question_about_documents_is_known(self, question: str, asked: DocumentQuestion) -> None:
        assert document_question(question) == asked

    @pytest.mark.parametrize(
        "question",
        [
            "How many documents do I need for a permit?",
            "What documents do I need?",
            "When was the bridge opened?",
            "How old is the oak?",
            "Who made the bridge?",
            "What does it say?",
            "What is compost?",
        ],
    )
    def test_a_question_about_what_they_tell_is_searched(self, question: str) -> None:
        assert document_question(question) is None


class TestBeyondQuoting:
    @pytest.mark.parametrize(
        ("question", "kind"),
        [
            ("Summarise the garden plan.", "summary"),
            ("Can you give me a short summary?", "summary"),
            ("What do a spade and a rake cost in total?", "sum"),
            ("How many tools are there?", "count"),
            ("What is the average of these?", "average"),
            ("How many seeds did we sow?", None),
            ("Is there a summary of the rules?", None),
        ],
    )
    def test_what_quotes_cannot_give_is_known(self, question: str, kind: str | None) -> None:
        assert beyond_quoting(question) == kind

    @pytest.mark.parametrize(
        ("kind", "question", "quote"),
        [
            ("sum", "What do a spade and a rake cost in total?", "The tools cost 90 euros in total."),
            ("count", "How many rules are there?", "There are three house rules."),
            ("average", "How warm is it on average?", "The mean is 12 degrees."),
        ],
    )
    def test_nothing_is_said_where_the_quote_tells_it(self, kind: Beyond, question: str, quote: str) -> None:
        assert said_beyond(kind, question, [quote]) == ""

    @pytest.mark.parametrize(
        ("kind", "question", "quote"),
        [
            ("sum", "What do a spade and a rake cost in total?", "A spade costs 30 euros."),
            ("count", "How many rules are there?", "Rule 3 | No fires"),
            ("average", "How warm is it on average?", "It was 12 degrees in May."),
        ],
    )
    def test_else_it_is_said_that_quotes_are_all(self, kind: Beyond, question: str, quote: str) -> None:
        assert said_beyond(kind, question, [quote]).startswith("Footnote only quotes")

    def test_a_refused_summary_offers_the_headings(self) -> None:
        assert "“Tools”, “Seeds”" in summary_refusal(["Tools", "Seeds"])
        assert "sections" not in summary_refusal([])


class TestLanguage:
    @pytest.mark.parametrize(
        ("question", "language"),
        [
            ("Wie viele Bäume stehen im Garten?", "German"),
            ("combien de jours de congé par an", "French"),
            ("Hvad koster det?", "Danish"),
            ("Что такое компост?", "Russian"),
        ],
    )
    def test_another_language_is_named(self, question: str, language: str) -> None:
        assert foreign_language(question) == language

    @pytest.mark.parametrize(
        "question",
        [
            "What does the Zyblorx do?",
            "norketamine metabolite hydroxynorketamine CYP3A4",
            "wots the dose of it pls",
            "side effects",
            "Who is Nils Haugen?",
            "",
        ],
    )
    def test_english_with_strange_words_is_english(self, question: str) -> None:
        assert foreign_language(question) is None

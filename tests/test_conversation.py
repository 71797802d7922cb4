"""Follow-ups: what is added, what is left alone, and the figures that the fitted numbers were written down with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import HashingEncoder
from footnote.conversation import interpret
from footnote.conversation.candidates import phrases, read_turns
from footnote.conversation.choice import is_cased, packaged_models
from footnote.conversation.cues import read_cues
from footnote.conversation.phrase_features import FEATURES
from footnote.conversation.rewriting import with_pronoun_replaced
from footnote.ranking.model import CONVERSATION, fitted_numbers
from footnote.records import Turn

LENSES = [Turn("Does the lens help with fog?", "The lens clears most fog within an hour.")]
PRISMS = [Turn("What are the advantages of the brass prism?", "It is light.")]
BORN = [
    Turn("Where was Mary Anning born?", "Mary Anning was born in Lyme Regis."),
    Turn("What did she find?", "In 1811 Mary Anning found the skull of an ichthyosaur."),
]


@pytest.mark.parametrize(
    ("question", "history", "understood"),
    [
        ("And with rain?", LENSES, "Does the lens help with rain?"),
        ("What about with rain?", LENSES, "Does the lens help with rain?"),
        ("Does the same hold for rain?", LENSES, "Does the lens help with rain?"),
        ("Why?", LENSES, "Why? (lens help, fog)"),
        ("How long?", LENSES, "How long? (lens help, fog)"),
        ("What does it cost?", LENSES, "What does lens cost?"),
        ("What are its drawbacks?", PRISMS, "What are brass prism's drawbacks?"),
        ("Which of the two is cheaper?", [Turn("Is it glass or brass?", "Both.")], "Which of the two is cheaper? (glass, brass)"),
        ("And snow?", [Turn("Does heavy rain hurt old brass?", "It does.")], "And snow? (heavy rain hurt old brass)"),
        ("When did she die?", BORN, "When did Mary Anning die?"),
        ("Who were her parents?", BORN, "Who were Mary Anning's parents?"),
    ],
)  # fmt: skip
def test_a_follow_up_becomes_the_question_it_stands_for(question: str, history: list[Turn], understood: str) -> None:
    assert interpret(question, history).question == understood


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "How long does the coating last?",
        "Which agency approved the coating?",
        "Is it safe to swim in the lake?",
        "Did Henry De la Beche say who helped him?",
        "  Does rain   hurt brass? ",
        "thanks",
        "ok, thank you",
        "What can you do?",
    ],
)
@pytest.mark.parametrize("history", [LENSES, BORN])
def test_what_stands_alone_takes_nothing_along(question: str, history: list[Turn]) -> None:
    assert interpret(question, history).question == question


def test_two_people_who_are_as_likely_to_be_meant_are_both_readings() -> None:
    history = [Turn("Who runs the shop?", "Emil Sand runs it with Jonas Berg.")]
    understood = interpret("How old is he?", history)
    assert dict(understood.readings) == {
        "Emil Sand": "How old is he? (Emil Sand)",
        "Jonas Berg": "How old is he? (Jonas Berg)",
    }
    assert understood.question == understood.readings[0][1]
    assert interpret("How old is the shop?", history).readings == ()
    assert interpret("How old is he?", [Turn("Who runs the shop?", "Emil Sand runs it.")]).readings == ()


@pytest.mark.parametrize("question", ["And with rain?", "Why?", "What does it cost?"])
def test_without_history_nothing_changes(question: str) -> None:
    assert interpret(question, []).question == question
    assert interpret(question, [Turn("hello", "Hello. Ask a question about the documents.")]).question == question


def test_the_encoder_finds_what_a_fragment_replaces() -> None:
    history = [Turn("How much rain should there be on brass?", "Little rain.")]
    assert interpret("What about snow?", history).question == "How much rain should there be on snow?"

    class Weather(HashingEncoder):
        def _encode(self, texts):  # type: ignore[no-untyped-def]
            return super()._encode(["weather" if {"rain", "snow"} & set(t.split()) else t for t in texts])

    assert (
        interpret("What about snow?", history, encoder=Weather()).question == "How much snow should there be on brass?"
    )


@pytest.mark.parametrize("question", ["how is it given", "does it hurt?", "How long does it last?"])
def test_it_stays_what_every_question_called_it(question: str) -> None:
    history = [Turn("is it safe", "It is safe in a clinic."), Turn("what does it cost", "The fee is 40 euros.")]
    assert interpret(question, history).question == question


def test_it_means_no_person_and_he_no_thing() -> None:
    history = [
        Turn("How much does the Brewline 300 weigh?", "The Brewline 300 weighs 12 kg."),
        Turn("Who leads the firmware group?", "Marek Novak leads the firmware group. He joined in 2018."),
    ]
    assert "Novak" not in interpret("How do I clean it?", history).question
    assert "Brewline 300" in interpret("How do I clean it?", history).question
    assert "Marek Novak" in interpret("Where was he born?", history).question
    assert "Brewline" not in interpret("Where was he born?", history).question


def test_a_name_takes_the_whole_place_of_another() -> None:
    history = [Turn("When did Marek Novak join?", "He joined in 2018.")]
    assert interpret("And Anna?", history, encoder=HashingEncoder()).question == "When did Anna join?"


def test_an_earlier_reading_does_not_pile_up() -> None:
    history = [*LENSES, Turn("Why? (lens help, fog)", "The lens is warm.")]
    assert interpret("How long?", history).question == "How long? (lens help, fog)"


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What did he do after that?", {"he", "this"}),
        ("Why?", {"bare"}),
        ("And for rain?", {"opener", "fragment"}),
        ("Are there any other lenses?", {"other"}),
        ("Is there a lens that clears fog?", set()),
        ("Are there lenses other than brass ones?", set()),
        ("Is it possible to see that?", {"this"}),
        ("Why did Anning sell her fossils?", set()),
        ("Was the album successful?", {"role"}),
    ],
)
def test_what_points_back(question: str, kinds: set[str]) -> None:
    assert read_cues(question).kinds >= kinds
    assert bool(read_cues(question).kinds) == bool(kinds)


@pytest.mark.parametrize(
    ("question", "reads"),
    [
        ("Did they like her?", "Did Ada like her?"),
        ("Who saw her?", "Who saw Ada?"),
        ("Who saw her brother?", "Who saw Ada's brother?"),
        ("Is that true?", None),
        ("Did this album sell?", None),
        ("Who hurt himself?", None),
        ("Who likes this?", "Who likes Ada?"),
    ],
)
def test_a_phrase_takes_a_pronouns_place(question: str, reads: str | None) -> None:
    assert with_pronoun_replaced(read_cues(question), "Ada") == reads


def test_names_are_whole_and_nothing_said_counts_for_nothing() -> None:
    turns = read_turns(
        [Turn("Where did she live?", "Anne of Green Gables lived in Avonlea."), Turn("Why?", "I don't know.")]
    )
    found = {p.text: p for p in phrases(turns)}
    assert found["Anne of Green Gables"].name
    assert "know" not in " ".join(found).casefold()
    assert is_cased(turns)
    assert not is_cased(read_turns([Turn("what is NMDA?", "Receptors in the brain.")]))


texts = st.text(max_size=60) | st.lists(
    st.sampled_from("and for why it she this the two Mary Anning lens what about other ( ) ? . 7 İ".split()), max_size=9
).map(" ".join)


@given(question=texts, history=st.lists(st.builds(Turn, texts, texts), max_size=4))
def test_any_text_is_understood_the_same_twice(question: str, history: list[Turn]) -> None:
    encoder = HashingEncoder()
    understood = interpret(question, history, encoder=encoder).question
    assert interpret(question, history, encoder=encoder).question == understood
    assert interpret(question, []).question == question
    if not read_cues(question).leans:
        assert understood == question


def test_the_fitted_numbers_match_the_code_and_their_report_holds() -> None:
    models = packaged_models()
    assert {name: model.names for name, model in models.items()} == {"cased": FEATURES, "plain": FEATURES}
    assert all(bool((model.scale > 0).all()) for model in models.values())
    report = fitted_numbers(CONVERSATION)["report"]
    assert json.loads(json.dumps(report)) == report
    left_out, alone = report["out of fold"], report["question alone"]
    assert left_out["agreement_words"] >= 0.62 > alone["agreement_words"] + 0.1
    assert left_out["agreement_vectors"] >= alone["agreement_vectors"] + 0.1
    assert left_out["extra_words"] <= 1.0
    assert left_out["left_alone"] >= 0.95

"""What makes the page say first where help is, and what must not."""

from __future__ import annotations

import pytest

from footnote.questions.crisis import speaks_of_danger


@pytest.mark.parametrize(
    "message",
    [
        "I want to die",
        "i want to kill myself",
        "I’m going to end it all tonight",
        "I'm feeling suicidal, does ketamine help?",
        "I am suicidal",
        "I have been thinking about killing myself",
        "I don't want to live anymore",
        "I do not want to be alive. Is ketamine fast?",
        "everyone would be better off without me",
        "there is no point in living",
        "I keep hurting myself",
        "how do I take my own life",
        "My daughter is suicidal, what can she take?",
        "my brother wants to kill himself",
        "she is planning to end her life",
        "I just tried suicide",
        "I took too much ketamine",
        "my friend took too many pills",
        "I think I'm overdosing",
        "my boyfriend overdosed",
        "He is not breathing after ketamine",
        "my roommate can't breathe",
        "My friend passed out? she is unconscious",
        "someone has collapsed",
        "should I call an ambulance",
        "this is an emergency",
    ],
)
def test_it_is_said_where_help_is(message):
    assert speaks_of_danger(message)


@pytest.mark.parametrize(
    "message",
    [
        "Does ketamine reduce suicidal ideation?",
        "What does research say about suicide prevention?",
        "How fast does it act on suicidal thoughts?",
        "Is ketamine used in emergency rooms?",
        "Is ketamine an emergency anesthetic?",
        "Can you die from a ketamine overdose?",
        "What are the signs of an overdose?",
        "What happens if someone takes a high dose?",
        "Does ketamine affect breathing?",
        "Does ketamine make people unconscious?",
        "Who should not take ketamine?",
        "Does it help people who self-harm?",
        "What kills brain cells?",
        "How long does an IV infusion take?",
        "I want to know whether ketamine is safe",
        "We want to end the treatment early, is that safe?",
        "My doctor is planning to end my treatment",
        "What is the death rate?",
        "Is too much ketamine harmful?",
        "Is ketamine given to suicidal patients?",
        "",
    ],
)
def test_a_factual_question_is_only_answered(message):
    assert not speaks_of_danger(message)

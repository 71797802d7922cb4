"""A follow-up and its history become the question it stands for.

Nothing here writes prose: words of the conversation take a pronoun's place, or stand in brackets after the question, and
the person sees the result.  A question that points back at nothing is returned as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from footnote.conversation.candidates import Phrase, read_turns
from footnote.conversation.choice import Models, choose, is_cased, packaged_models
from footnote.conversation.cues import Cues, read_cues
from footnote.conversation.phrase_features import Frequencies
from footnote.conversation.rewriting import (
    bracketed,
    earlier_words,
    focus,
    question_words,
    substitute,
    with_pronoun_replaced,
)
from footnote.encoding import Encoder
from footnote.interpretation import small_talk_reply
from footnote.records import Turn
from footnote.store import Index

__all__ = ["Understood", "interpret", "understand"]

FEWEST_NAMED = 2
"""Words of a question's own from which it may stand alone though it looks as if it leaned."""
SURE = 0.4
"""A phrase at least this likely takes the pronoun's place; others only stand in brackets."""


class Understood(NamedTuple):
    """A question as it is searched.

    Attributes:
        question: the question itself where it stands alone.
        readings: (what is meant, the question with it) of two things that are nearly as likely to be meant; empty mostly.
        others: further ways to read it, for where this one finds nothing: as it was typed, and with the words of the question before.
    """

    question: str
    readings: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()


def interpret(
    question: str,
    history: Sequence[Turn],
    *,
    index: Index | None = None,
    encoder: Encoder | None = None,
) -> Understood:
    """The question as it is searched.

    Args:
        question: as it was asked.
        history: earlier turns, oldest first.
        index: for how rare words are; the words' places alone decide where None.
        encoder: finds the phrase that "and X?" replaces; the place alone decides where None.
    """
    return understand(question, history, models=packaged_models(), frequencies=_frequencies(index), encoder=encoder)


def understand(
    question: str,
    history: Sequence[Turn],
    *,
    models: Models,
    frequencies: Frequencies | None = None,
    encoder: Encoder | None = None,
) -> Understood:
    """``interpret`` with models of the caller's: fitting judges those that it holds out."""
    itself = Understood(question)
    if small_talk_reply(question) is not None:
        return itself
    cues = read_cues(question)
    turns = read_turns([turn for turn in history if small_talk_reply(turn.question) is None])
    if not turns:
        return itself
    understood = _read(cues, turns, models, frequencies, encoder)
    return understood._replace(others=_others(cues, turns, understood.question))


def _others(cues: Cues, turns: tuple[Turn, ...], reading: str) -> tuple[str, ...]:
    """The question as it was typed, where it names something itself, and with the words of the question before it."""
    named = len(cues.content) >= FEWEST_NAMED and not cues.pronouns
    ways = [*([cues.question] if named else []), bracketed(cues.question, question_words(cues, turns))]
    return tuple(way for way in dict.fromkeys(ways) if way != reading)


def _read(
    cues: Cues, turns: tuple[Turn, ...], models: Models, frequencies: Frequencies | None, encoder: Encoder | None
) -> Understood:
    question = cues.question
    if not cues.leans or _is_of_what_nobody_named(cues, turns):
        return Understood(question)
    by_form = _understood_by_form(cues, turns, encoder)
    if by_form is not None:
        return Understood(by_form)
    chosen, rival = choose(cues, turns, models=models, frequencies=frequencies)
    if not chosen and not is_cased(turns):
        # A conversation without names: its newest question says what is spoken of.
        return Understood(bracketed(question, question_words(cues, turns)))
    reading = _worded(cues, chosen)
    if rival is None:
        return Understood(reading)
    first, probability = chosen[0]
    meant = (first.text, rival.text), (_worded(cues, [(phrase, probability)]) for phrase in (first, rival))
    return Understood(reading, tuple(zip(*meant, strict=True)))


def _is_of_what_nobody_named(cues: Cues, turns: Sequence[Turn]) -> bool:
    """Whether "it" is what every question so far called "it": the subject of the documents, which nobody had to name."""
    kind = cues.pronouns[0][0] if cues.pronouns else ""
    if kind not in {"it", "they"}:
        return False
    return all(any(each == kind for each, _ in read_cues(turn.question).pronouns) for turn in turns)


def _understood_by_form(cues: Cues, turns: tuple[Turn, ...], encoder: Encoder | None) -> str | None:
    """What the form of the question alone settles; None where the fitted model has to choose."""
    substituted = substitute(cues, turns, encoder)
    if substituted is not None:
        return substituted
    kept = earlier_words(cues, turns)
    if kept:
        return bracketed(cues.question, kept)
    if cues.pronouns and cues.pronouns[0][0] in {"it", "they"} and not is_cased(turns):
        subject = focus(cues, turns)
        return with_pronoun_replaced(cues, subject) if subject else None
    return None


def _worded(cues: Cues, chosen: Sequence[tuple[Phrase, float]]) -> str:
    """The likeliest phrase in the pronoun's place where it is likely enough, the others in brackets."""
    texts = [phrase.text for phrase, _ in chosen]
    reads = with_pronoun_replaced(cues, texts[0]) if chosen and chosen[0][1] >= SURE else None
    return bracketed(cues.question, texts) if reads is None else bracketed(reads, texts[1:])


def _frequencies(index: Index | None) -> Frequencies | None:
    if index is None:
        return None

    def look_up(stems: Sequence[str]) -> tuple[Sequence[int], int]:
        counts = index.document_frequencies(stems)
        return [counts.get(stem, 0) for stem in stems], index.facts.passages

    return look_up

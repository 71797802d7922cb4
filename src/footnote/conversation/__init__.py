"""A follow-up and its history become the question it stands for.

Nothing here writes prose: words of the conversation take a pronoun's place, or stand in brackets after the question, and
the person sees the result.  A question that points back at nothing is returned as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

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

__all__ = ["interpret", "understand"]

SURE = 0.4
"""A phrase at least this likely takes the pronoun's place; others only stand in brackets."""


def interpret(
    question: str,
    history: Sequence[Turn],
    *,
    index: Index | None = None,
    encoder: Encoder | None = None,
) -> str:
    """The question as it is searched.

    Args:
        question: as it was asked.
        history: earlier turns, oldest first.
        index: for how rare words are; the words' places alone decide where None.
        encoder: finds the phrase that "and X?" replaces; the place alone decides where None.

    Returns:
        The question itself where it stands alone.
    """
    return understand(question, history, models=packaged_models(), frequencies=_frequencies(index), encoder=encoder)


def understand(
    question: str,
    history: Sequence[Turn],
    *,
    models: Models,
    frequencies: Frequencies | None = None,
    encoder: Encoder | None = None,
) -> str:
    """``interpret`` with models of the caller's: fitting judges those that it holds out."""
    if small_talk_reply(question) is not None:
        return question
    cues = read_cues(question)
    turns = read_turns([turn for turn in history if small_talk_reply(turn.question) is None])
    if not turns or not cues.leans:
        return question
    if _is_of_what_nobody_named(cues, turns):
        return question
    by_form = _understood_by_form(cues, turns, encoder)
    if by_form is not None:
        return by_form
    chosen = choose(cues, turns, models=models, frequencies=frequencies)
    if not chosen and not is_cased(turns):
        # A conversation without names: its newest question says what is spoken of.
        return bracketed(question, question_words(cues, turns))
    return _worded(cues, chosen)


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

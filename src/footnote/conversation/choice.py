"""Which phrases of the history a question stands on: a fitted model over (question, phrase) and a greedy choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from footnote.conversation.agreement import agreeing
from footnote.conversation.candidates import Phrase, phrases
from footnote.conversation.cues import Cues
from footnote.conversation.phrase_features import FEATURES, Frequencies, describe, is_verbal
from footnote.ranking.model import CONVERSATION, LinearModel, fitted_numbers
from footnote.records import Turn
from footnote.terms import stem_words, words

Models = Mapping[str, LinearModel]
"""By the way a conversation is written: "cased" where names have capitals, "plain" where none do."""

MOST_PLAIN_WORDS = 3
MOST_PHRASES = 3
FIRST_LEAST = 0.2
"""A question that leans gets its likeliest phrase at this probability: without any it would find nothing of use."""
MORE_LEAST = 0.45
"""Further phrases must be likelier: each wrong word costs."""
RIVAL_SHARE = 0.8
"""Another name at this share of the first one's probability may as well be meant."""


class Chosen(NamedTuple):
    """What a question stands on.

    Attributes:
        phrases: with their probabilities, likeliest first.
        rival: a name that may be meant instead of the first one; None where none is nearly as likely.
    """

    phrases: list[tuple[Phrase, float]]
    rival: Phrase | None = None


@lru_cache(maxsize=1)
def packaged_models() -> Models:
    """The fitted models of the package."""
    return {name: LinearModel.from_json(fitted_numbers(CONVERSATION)[name], FEATURES) for name in ("cased", "plain")}


def is_cased(turns: Sequence[Turn]) -> bool:
    """Whether names can be told by their capitals: some word inside a sentence has one, abbreviations aside."""
    for turn in turns:
        for text in (turn.question, turn.answer):
            for word in words(text):
                surface = word.span.of(text)
                before = text[: word.span.start].rstrip()
                inside = before and before[-1] not in ".?!:;|*\"“”'‘(-"
                if inside and surface[0].isupper() and surface[1:].islower():
                    return True
    return False


def choose(
    cues: Cues,
    turns: Sequence[Turn],
    *,
    models: Models,
    frequencies: Frequencies | None,
) -> Chosen:
    """Phrases to add.

    Args:
        cues: of the question.
        turns: newest first.
        models: by the way the conversation is written.
        frequencies: of stems in the documents, where there are any.
    """
    cased = is_cased(turns)
    # Without capitals a word out of a run tells less than the run, and verbs cannot be told from names.
    found = [p for p in phrases(turns) if cased or (p.whole and len(p.words) <= MOST_PLAIN_WORDS and not is_verbal(p))]
    found = agreeing(cues, turns, found)
    if not found:
        return Chosen([])
    model = models["cased" if cased else "plain"]
    probable = model.probability(describe(cues, turns, found, frequencies))
    asked = frozenset(stem_words([w.text for w in cues.words]))
    chosen: list[tuple[Phrase, float]] = []
    added: set[str] = set()
    for i in np.argsort(-probable, kind="stable"):
        if len(chosen) >= MOST_PHRASES or probable[i] < (MORE_LEAST if chosen else FIRST_LEAST):
            break
        stems = set(found[i].stems)
        if stems - asked and not (stems - asked) & added:
            chosen.append((found[i], float(probable[i])))
            added |= stems
    return Chosen(chosen, _rival(chosen[0], found, probable, asked) if chosen else None)


def _rival(
    first: tuple[Phrase, float], found: Sequence[Phrase], probable: npt.NDArray[np.float64], asked: frozenset[str]
) -> Phrase | None:
    """The likeliest other name that may be meant instead of the first; None where none is nearly as likely."""
    phrase, probability = first
    taken = asked | set(phrase.stems)
    order: list[int] = np.argsort(-probable, kind="stable").tolist()
    for i in order:
        other = found[i]
        if not (phrase.whole and phrase.name) or probable[i] < RIVAL_SHARE * probability:
            return None
        # Of the same kind as far as form tells: "Ilse Baum" and "Emil Sand", not "Ghent".
        alike = other.whole and other.name and len(other.words) == len(phrase.words)
        if alike and taken.isdisjoint(other.stems):
            return other
    return None

"""Reading question and passage together: the packaged rerankers, any cross-encoder, or none.

Vectors and words find passages that are *about* a question.  A reranker sees both texts at once, tells whether the passage
*answers*, and finds the words that do.
"""

from __future__ import annotations

from footnote.reranking.cross_encoder import CrossEncoderReranker
from footnote.reranking.packaged import LARGE, SMALL, PackagedReranker
from footnote.reranking.reranker import (
    NO_ANSWER_GAIN,
    Reading,
    ReadingInput,
    Reranker,
    Rerankers,
    answer_gain,
    best_answer,
)
from footnote.settings import PACKAGED_RERANKERS, RERANKER_OFF, SMALL_RERANKER, Settings

__all__ = [
    "NO_ANSWER_GAIN",
    "Reading",
    "ReadingInput",
    "Reranker",
    "Rerankers",
    "answer_gain",
    "best_answer",
    "load_rerankers",
]


def load_rerankers(settings: Settings) -> Rerankers:
    """The rerankers of ``settings.reranker``, none where it is off.

    Raises:
        EncoderError: one cannot be loaded.
    """
    if settings.reranker == RERANKER_OFF:
        return Rerankers()
    if settings.reranker in {PACKAGED_RERANKERS, SMALL_RERANKER}:
        large = PackagedReranker(LARGE) if settings.reranker == PACKAGED_RERANKERS else None
        return Rerankers(PackagedReranker(SMALL), large)
    return Rerankers(CrossEncoderReranker(settings.reranker))

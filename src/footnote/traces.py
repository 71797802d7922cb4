"""What an answer carries about how it was made: the fingerprint of all that shaped it, and the time each stage took."""

from __future__ import annotations

import hashlib
import json
import time
from functools import lru_cache

from footnote.conversation.choice import fitted_digest as follow_ups_digest
from footnote.ranking.model import fitted_digest
from footnote.records import Timing
from footnote.reranking import Rerankers
from footnote.settings import Settings
from footnote.store import Index

__all__ = ["Clock", "answer_fingerprint"]


class Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._laps: list[Timing] = []

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps.append(Timing(stage, (now - self._last) * 1000.0))
        self._last = now

    def timings(self) -> tuple[Timing, ...]:
        return tuple(self._laps)


def answer_fingerprint(reader: Index, settings: Settings, rerankers: Rerankers) -> str:
    """Hex digest over the index's content, the models, the fitted numbers and the settings that shape an answer."""
    return _fingerprint(reader.fingerprint, settings, rerankers.fingerprint)


@lru_cache(maxsize=16)
def _fingerprint(index: str, settings: Settings, rerankers: tuple[str, ...]) -> str:
    shaping = {
        "candidates_k": settings.candidates_k,
        "top_k": settings.top_k,
        "max_quotes": settings.max_quotes,
        "answer_threshold": settings.answer_threshold,
        "rerank_passages": settings.rerank_passages,
        "rerank_closely": settings.rerank_closely,
        "rerankers": rerankers,
        "fitted": [fitted_digest(), follow_ups_digest()],
        "index": index,
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]

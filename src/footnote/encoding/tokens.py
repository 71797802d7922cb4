"""A model's tokeniser, read from its ``tokenizer.json`` without transformers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Tokens"]


class Tokens:
    """Token ids as the model takes them; safe to use from several threads.

    Attributes:
        max_tokens: what is over it is cut from ids, special tokens included, and never from counts.
    """

    def __init__(self, tokenizer_json: str, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._json = tokenizer_json
        self._whole = self._load()
        self._cutting: Tokenizer | None = None
        self._lock = threading.Lock()

    def ids(self, text: str) -> list[int]:
        """Ids of one text, at most ``max_tokens``."""
        ids = self._whole.encode_batch_fast([text])[0].ids
        if len(ids) <= self.max_tokens:
            return ids
        # Truncation is a state of a tokenizer, so it has one of its own; passages fit, so it is seldom needed.
        with self._lock:
            if self._cutting is None:
                self._cutting = self._load()
                self._cutting.enable_truncation(self.max_tokens)
            cutting = self._cutting
        return cutting.encode_batch_fast([text])[0].ids

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut."""
        return [len(encoding.ids) for encoding in self._whole.encode_batch_fast(list(texts))]

    def _load(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self._json)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

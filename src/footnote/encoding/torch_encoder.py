"""A model run by sentence-transformers in PyTorch: the reference, and the way for models without an int8 export."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from footnote.encoding.encoder import FloatArray
from footnote.encoding.models import ModelFolder, fingerprint
from footnote.errors import EncoderError

__all__ = ["TorchEncoder", "load_sentence_transformer"]

_TORCH_RECIPE = "torch-1"
# One text a run: padding to a batch's longest text changes the last bits of the others' vectors, and batches gain nothing on
# a processor (66 passages a second in batches of 32, 80 one by one).
_BATCH = 1
_PROGRESS_EVERY = 32


class TorchEncoder:
    """An ``Encoder`` over sentence-transformers on the processor.

    Attributes:
        dimension: length of a vector.
        max_tokens: what is over it is cut by the model.
        fingerprint: hex digest of the model's files and of this way of running it.
        description: for people.
    """

    def __init__(self, folder: ModelFolder) -> None:
        digest = folder.digest()
        try:
            self._model = load_sentence_transformer(folder.path)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
            raise EncoderError(f"the model does not load ({error})", where=str(folder.path)) from error
        self._lock = threading.Lock()
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or self._model.tokenizer.model_max_length)
        self.fingerprint = fingerprint(digest, _TORCH_RECIPE, max_tokens=self.max_tokens, dimension=self.dimension)
        self.description = f"{folder.short_name}, 32-bit on PyTorch"

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        """Unit rows, float32, shape (queries, dimension)."""
        return self._encode(self._model.encode_query, queries, None)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        """Unit rows, float32, shape (texts, dimension); ``progress`` is told how many texts are done."""
        return self._encode(self._model.encode_document, texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut."""
        if not texts:
            return []
        # verbose=False: a text over the limit is what counting is for, not something to warn of.
        with self._lock:
            encoded = self._model.tokenizer(list(texts), truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _encode(
        self, encode: Callable[..., Any], texts: Sequence[str], progress: Callable[[int], None] | None
    ) -> FloatArray:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _PROGRESS_EVERY):
            part = list(texts[start : start + _PROGRESS_EVERY])
            with self._lock:
                rows[start : start + len(part)] = encode(
                    part, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            if progress is not None:
                progress(start + len(part))
        return rows


def load_sentence_transformer(folder: Path, **model_kwargs: Any) -> Any:
    """The model in a folder, on the processor, from local safetensors files alone.

    Args:
        folder: a sentence-transformers model.
        **model_kwargs: what transformers is to be told besides.
    """
    from sentence_transformers import SentenceTransformer

    with _quiet_transformers():
        return SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True, **model_kwargs}
        )


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    # It draws a progress bar on stderr for a load that takes a tenth of a second.
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()

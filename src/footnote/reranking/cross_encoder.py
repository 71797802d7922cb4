"""Any cross-encoder of sentence-transformers as a reranker that puts passages in order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from footnote.errors import EncoderError
from footnote.reranking.reranker import Reading, ReadingInput

__all__ = ["CrossEncoderReranker"]


class CrossEncoderReranker:
    """A ``Reranker`` over a cross-encoder given by name or folder; one that is not on this machine is not fetched.

    Raises:
        EncoderError: sentence-transformers cannot load it.
    """

    finds_spans = False

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(name, device="cpu", trust_remote_code=False, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise EncoderError(
                f"the cross-encoder cannot be loaded ({reason})",
                where=name,
                remedy="name a folder that sentence-transformers saved, or set reranker to packaged or off",
            ) from error
        if self._model.config.num_labels != 1:
            raise EncoderError("the cross-encoder has several outputs, and one score is needed", where=name)
        self.fingerprint = _fingerprint(name)

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """One reading a passage, in their order, without spans."""
        if not passages:
            return []
        pairs = [(question, " ".join(filter(None, (passage.context, *passage.pieces)))) for passage in passages]
        # One pair a batch: padding would let a score depend on its neighbours.
        scores = self._model.predict(pairs, batch_size=1, show_progress_bar=False)
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return [Reading(float(score), none, none, none, nothing, nothing) for score in scores]


def _fingerprint(name: str) -> str:
    """Of the weights where the model is a folder, else of its name."""
    digest = hashlib.sha256(name.encode())
    for path in sorted(Path(name).glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

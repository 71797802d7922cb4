"""The int8 export run by ONNX Runtime: the way that is used by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from footnote.encoding.encoder import FloatArray, usable_cores
from footnote.encoding.exports import ExportUnusable, ModelExport
from footnote.encoding.probes import PROBES
from footnote.encoding.recipe import ONNX_NAME, RECIPE, SAME_DISTANCE, TOKENIZER_NAME, fingerprint
from footnote.encoding.sessions import open_session, run_ids, runtime_errors
from footnote.encoding.tokens import Tokens
from footnote.errors import EncoderError

__all__ = ["OnnxEncoder"]

# Texts a worker takes at a time: few enough for a steady progress, many enough that handing over costs nothing.
_PORTION = 16


class OnnxEncoder:
    """An ``Encoder`` over a cached export.

    Each text is a run of its own on one thread; many texts share the cores by going to several threads.  That gives a text the
    same bits wherever it stands, and is the fastest way besides: for passages of 62 tokens 365 a second on 2 cores, against
    331 in batches of 32 and 314 with two threads in each run.  For one query a second thread would gain 0.3 of 1.5 ms on an
    idle machine and lose far more on a busy one.

    Attributes:
        dimension: length of a vector.
        max_tokens: what is over it does not reach the model.
        fingerprint: hex digest of the model's files and of the export's recipe.
        description: for people.
    """

    def __init__(self, export: ModelExport, name: str, *, threads: int | None = None) -> None:
        self._export = export
        self._threads = threads or usable_cores()
        # Kept: on a busy machine starting a thread takes longer than encoding a question.
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encode")
        self._tokens = Tokens(export.read(TOKENIZER_NAME).decode("utf-8"), export.max_tokens)
        self._session = self._open()
        self._check_arithmetic()
        self.dimension = export.dimension
        self.max_tokens = export.max_tokens
        self.fingerprint = fingerprint(
            export.model_digest,
            RECIPE,
            max_tokens=export.max_tokens,
            dimension=export.dimension,
            weight_bits=export.weight_bits,
        )
        self.description = f"{name}, int8 on ONNX Runtime"

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        """Unit rows, float32, shape (queries, dimension)."""
        texts = [self._export.query_prompt + query for query in queries]
        if len(texts) == 1:
            return self._vector(texts[0])[np.newaxis]
        return self._encode_many(texts, None)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        """Unit rows, float32, shape (texts, dimension); ``progress`` is told how many texts are done."""
        return self._encode_many([self._export.document_prompt + text for text in texts], progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut."""
        return self._tokens.counts(texts)

    def _encode_many(self, texts: Sequence[str], progress: Callable[[int], None] | None) -> FloatArray:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return rows

        # A question's few variants are shared by all threads too.
        portion = min(_PORTION, -(-len(texts) // self._threads))

        def encode_portion(start: int) -> int:
            end = min(start + portion, len(texts))
            for row in range(start, end):
                rows[row] = self._vector(texts[row])
            return end

        waiting = [self._pool.submit(encode_portion, start) for start in range(0, len(texts), portion)]
        try:
            for portion_done in waiting:
                done = portion_done.result()
                if progress is not None:
                    progress(done)
        finally:
            # After an error or Ctrl-C, texts that nobody waits for are not encoded.
            for portion_waiting in waiting:
                portion_waiting.cancel()
        return rows

    def _vector(self, text: str) -> FloatArray:
        return run_ids(self._session, self._tokens.ids(text))

    def _open(self) -> Any:
        try:
            return open_session(self._export.read(ONNX_NAME))
        except runtime_errors() as error:
            raise EncoderError(
                f"ONNX Runtime does not run the exported model ({error})", where=str(self._export.path)
            ) from error

    def _check_arithmetic(self) -> None:
        # The cache may have been filled on another processor, whose arithmetic suited another export.
        recorded = np.asarray(self._export.probe_vector, dtype=np.float32)
        distance = float(np.linalg.norm(self._vector(PROBES[0]) - recorded))
        if not distance <= SAME_DISTANCE:
            raise ExportUnusable(
                f"the exported model gives other vectors on this processor than where it was made ({distance:.3f} away)",
                where=str(self._export.path),
            )

"""The reader that comes with the package: an int8 cross-encoder made from the packaged embedding model (``model/CARD.md``)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from footnote.encoding.encoder import usable_cores
from footnote.encoding.models import find_model
from footnote.encoding.sessions import open_session, runtime_errors
from footnote.errors import EncoderError
from footnote.reading.reading import Reading, ReadingInput
from footnote.settings import PACKAGED_MODEL

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["MODEL_SHA256", "PackagedReader"]

MODEL_SHA256 = "883f61915978be9ff6ac32fce35d080193492ccbd4b14c8f682009423a9be792"
"""Of ``model/reader.onnx``: native code reads nothing else."""

_MOST_QUESTION_TOKENS = 48
_MOST_TOKENS = 320
"""Of question, context and passage together: a passage has 240 at most."""
_MOST_CONTEXT_TOKENS = 24
"""As it was trained."""


class PackagedReader:
    """A ``PassageReader`` over the packaged model; safe to use from several threads, and loaded when it is first used.

    As in the encoder, each pair is a run of its own on one thread, so that a reading does not depend on its neighbours.
    """

    fingerprint = MODEL_SHA256[:16]
    finds_spans = True

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads or usable_cores()
        self._loading = threading.Lock()

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """One reading a passage, in their order.

        Raises:
            EncoderError: the model is not what the package should hold, or does not run here.
        """
        with self._loading:
            session, tokenizer, pool = self._session, self._tokenizer, self._pool
        asked = tokenizer.encode(question, add_special_tokens=False).ids[:_MOST_QUESTION_TOKENS]
        texts = [text for passage in passages for text in (passage.context, *passage.pieces)]
        encoded = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
        inputs = [(next(encoded), [next(encoded) for _ in passage.pieces]) for passage in passages]
        return list(pool.map(lambda each: self._read_one(session, asked, *each), inputs))

    def _read_one(self, session: Any, asked: Sequence[int], context: Encoding, pieces: Sequence[Encoding]) -> Reading:
        first, separator = self._marks
        head = [first, *asked, separator, *context.ids[-_MOST_CONTEXT_TOKENS:]]
        room = _MOST_TOKENS - len(head) - 1
        tokens = [
            (token, number, *offsets)
            for number, piece in enumerate(pieces)
            for token, offsets in zip(piece.ids, piece.offsets, strict=True)
        ][:room]
        ids = [*head, *(token[0] for token in tokens), separator]
        score, spans = session.run(None, {"input_ids": np.asarray([ids], dtype=np.int64)})
        # The first token stands for "no answer".
        gains = spans[0, len(head) : len(head) + len(tokens)] - spans[0, 0]
        places = np.asarray([token[1:] for token in tokens], dtype=np.int64).reshape(-1, 3)
        return Reading(float(score[0]), places[:, 0], places[:, 1], places[:, 2], gains[:, 0], gains[:, 1])

    @cached_property
    def _session(self) -> Any:
        path = files("footnote.reading").joinpath("model", "reader.onnx")
        try:
            model = path.read_bytes()
        except OSError as error:
            raise EncoderError("the reader's model is missing", where=str(path), remedy=_REMEDY) from error
        if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
            raise EncoderError("the reader's model was altered or damaged", where=str(path), remedy=_REMEDY)
        try:
            return open_session(model)
        except runtime_errors() as error:
            raise EncoderError(
                f"ONNX Runtime does not run the reader ({error})", where=str(path), remedy=_REMEDY
            ) from error

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        # It was made from the packaged embedding model and keeps its words, whatever model the index uses.
        folder = find_model(PACKAGED_MODEL)
        folder.digest()
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _marks(self) -> tuple[int, int]:
        first, separator = self._tokenizer.encode("").ids
        return first, separator

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="read")


_REMEDY = "reinstall Footnote, or set reader to off"

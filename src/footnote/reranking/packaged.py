"""The rerankers that come with the package: int8 cross-encoders, a small and a large one (``model/CARD.md``)."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from footnote.encoding.encoder import FloatArray, usable_cores
from footnote.encoding.onnx_encoder import PACKAGED_TOKENIZER
from footnote.encoding.onnx_models import ModelFile, ids_feed, load_tokenizer, open_session, runtime_errors
from footnote.errors import EncoderError
from footnote.reranking.reranker import Reading, ReadingInput

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["LARGE", "SMALL", "PackagedModel", "PackagedReranker"]

_MOST_QUESTION_TOKENS = 48
_MOST_TOKENS = 320
"""Of question, context and passage together: a passage has 240 at most."""
_MOST_CONTEXT_TOKENS = 24
"""As they were trained."""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """The files of one reranker, each with its SHA-256: native code reads nothing else.

    Attributes:
        name: for messages.
        graph: ONNX file.
        tokenizer: its ``tokenizer.json``.
        words: table of words' vectors as rows of int8, for a graph that takes vectors; None for one that takes token ids.
        separators: marks between question and passage.
    """

    name: str
    graph: ModelFile
    tokenizer: ModelFile
    words: ModelFile | None = None
    separators: int = 1


_FOLDER = Path(__file__).parent / "model"
_REMEDY = "reinstall Footnote, or set reranker to off"

SMALL = PackagedModel(
    "small",
    ModelFile(_FOLDER / "small.onnx", "c303ae201a79b026025048ee98ac4f5c4c7dbe90fdc26b9753a1755b80b1905a"),
    # It was made from the packaged embedding model, and keeps its words whatever model the index uses.
    PACKAGED_TOKENIZER,
)
LARGE = PackagedModel(
    "large",
    ModelFile(_FOLDER / "large.onnx", "354f8fe109676050721ab1e0b3c5cce39d1cc214080274b76a503ca34518e5a1"),
    ModelFile(_FOLDER / "large-tokenizer.json", "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"),
    ModelFile(_FOLDER / "large.words.npz", "6aa740977b6478c430adad08266a05e3ce57ab735689b9ead2a14a17b278f989"),
    separators=2,
)


class PackagedReranker:
    """A ``Reranker`` over a packaged model; safe to use from several threads, and loaded when it is first used.

    As in the encoder, each pair is a run of its own on one thread, so that a reading does not depend on its neighbours.
    """

    finds_spans = True

    def __init__(self, model: PackagedModel, *, threads: int | None = None) -> None:
        self.fingerprint = model.graph.sha256[:16]
        self._model = model
        self._threads = threads or usable_cores()
        self._loading = threading.Lock()

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """One reading a passage, in their order.

        Raises:
            EncoderError: the model is not what the package should hold, or does not run here.
        """
        with self._loading:
            network, tokenizer, pool = self._network, self._tokenizer, self._pool
        asked = _shortened(tokenizer.encode(question, add_special_tokens=False).ids, question)
        texts = [text for passage in passages for text in (passage.context, *passage.pieces)]
        encoded = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
        inputs = [(next(encoded), [next(encoded) for _ in passage.pieces]) for passage in passages]
        return list(pool.map(lambda each: self._read_one(network, asked, *each), inputs))

    def _read_one(
        self, network: _Network, asked: Sequence[int], context: Encoding, pieces: Sequence[Encoding]
    ) -> Reading:
        first, separator = self._marks
        head = [first, *asked, *[separator] * self._model.separators, *context.ids[-_MOST_CONTEXT_TOKENS:]]
        room = _MOST_TOKENS - len(head) - 1
        tokens = [
            (token, number, *offsets)
            for number, piece in enumerate(pieces)
            for token, offsets in zip(piece.ids, piece.offsets, strict=True)
        ][:room]
        score, spans = network.run([*head, *(token[0] for token in tokens), separator])
        # The first token stands for "no answer".
        gains = spans[0, len(head) : len(head) + len(tokens)] - spans[0, 0]
        places = np.asarray([token[1:] for token in tokens], dtype=np.int64).reshape(-1, 3)
        return Reading(float(score[0]), places[:, 0], places[:, 1], places[:, 2], gains[:, 0], gains[:, 1])

    @property
    def _network(self) -> _Network:
        return _load_network(self._model)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return load_tokenizer(self._model.tokenizer.read(_REMEDY))

    @cached_property
    def _marks(self) -> tuple[int, int]:
        marks = self._tokenizer.encode("").ids
        return marks[0], marks[-1]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="rerank")


@dataclass(frozen=True, slots=True)
class _Network:
    """A session and, where it takes vectors, the table that turns words into them: (v, width) of int8 and (v, 1) scales."""

    session: Any
    words: tuple[npt.NDArray[np.int8], FloatArray] | None

    def run(self, ids: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Score, shape (1,), and span logits, shape (1, tokens, 2)."""
        if self.words is None:
            score, spans = self.session.run(None, ids_feed(ids))
        else:
            rows, scales = self.words
            vectors = (rows[list(ids)] * scales[list(ids)]).astype(np.float32)
            score, spans = self.session.run(None, {"word_vectors": vectors[np.newaxis]})
        return score, spans


@lru_cache(maxsize=4)
def _load_network(model: PackagedModel) -> _Network:
    """One in a process, however many indexes it has open: the large one takes a second and 110 MB."""
    graph = model.graph.read(_REMEDY)
    words = None
    if model.words is not None:
        with np.load(io.BytesIO(model.words.read(_REMEDY)), allow_pickle=False) as table:
            words = table["rows"], table["scales"]
    try:
        return _Network(open_session(graph), words)
    except runtime_errors() as error:
        raise EncoderError(
            f"ONNX Runtime does not run the {model.name} reranker ({error})",
            where=str(model.graph.path),
            remedy=_REMEDY,
        ) from error


def _shortened(ids: Sequence[int], question: str) -> Sequence[int]:
    """As many tokens as a question may have: the last of a story that ends with its question, else the first."""
    return ids[-_MOST_QUESTION_TOKENS:] if question.rstrip().endswith("?") else ids[:_MOST_QUESTION_TOKENS]

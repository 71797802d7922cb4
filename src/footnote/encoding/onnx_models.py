"""Models as files that native code reads: their bytes are checked first, then ONNX Runtime runs them, one text a run.

The packaged encoder and the packaged rerankers are read and run by what is here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from footnote.encoding.encoder import FloatArray
from footnote.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["ModelFile", "Tokens", "ids_feed", "load_tokenizer", "open_session", "run_ids", "runtime_errors"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model, and the SHA-256 that it must have.

    Attributes:
        path: where it is.
        sha256: hex digest of its bytes.
    """

    path: Path
    sha256: str

    def read(self, remedy: str = "reinstall Footnote") -> bytes:
        """Its bytes, checked: native code reads them unguarded.

        Args:
            remedy: what mends it, for the message.

        Raises:
            EncoderError: it is missing, or not what it should be.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise EncoderError(
                f"a model's file cannot be read ({error.strerror})", where=str(self.path), remedy=remedy
            ) from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise EncoderError("a model's file was altered or damaged", where=str(self.path), remedy=remedy)
        return content


class Tokens:
    """Token ids as a model takes them; safe to use from several threads.

    Attributes:
        max_tokens: what is over it is cut from ids, special tokens included, and never from counts.
    """

    def __init__(self, tokenizer_json: bytes, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._json = tokenizer_json
        self._whole = load_tokenizer(tokenizer_json)
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
                self._cutting = load_tokenizer(self._json)
                self._cutting.enable_truncation(self.max_tokens)
            cutting = self._cutting
        return cutting.encode_batch_fast([text])[0].ids

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut."""
        return [len(encoding.ids) for encoding in self._whole.encode_batch_fast(list(texts))]


def load_tokenizer(content: bytes) -> Tokenizer:
    """A tokeniser from the bytes of a ``tokenizer.json``, without transformers; it neither pads nor cuts."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def open_session(model: bytes) -> Any:
    """An inference session over a model's bytes; several threads may run it at once, each run stays on its thread.

    Args:
        model: the content of an ONNX file whose hash has been checked.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Errors come as exceptions; what is below them would be printed to stderr by native code.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model,
        options,
        providers=["CPUExecutionProvider"],
        # Its fused addition and normalisation takes a tenth of a passage's time more than the two operators it replaces.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: each of its errors derives from Exception directly."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)
    return (*kinds, state.RuntimeException, RuntimeError)


def run_ids(session: Any, ids: Sequence[int]) -> FloatArray:
    """The unit vector, shape (dimension,), of one text's token ids.

    One text a run, because the int8 arithmetic takes its scale from the largest number in the run: in a batch, a text's
    vector would depend on its neighbours.
    """
    vector: FloatArray = session.run(None, ids_feed(ids))[0][0]
    return vector


def ids_feed(ids: Sequence[int]) -> dict[str, npt.NDArray[np.int64]]:
    """One text's token ids as a graph takes them, shape (1, tokens)."""
    return {"input_ids": np.asarray([ids], dtype=np.int64)}

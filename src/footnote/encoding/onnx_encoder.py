"""A model's int8 export run by ONNX Runtime: the way that is used by default.

``training/encoder`` makes the export: a folder of ONNX files, the tokeniser, and ``encoder.json``, which says how to feed them.
The packaged model's comes with Footnote (``model/CARD.md``); another model's lies in its folder, under ``int8``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from footnote.encoding.encoder import FloatArray, usable_cores
from footnote.encoding.models import find_model, fingerprint
from footnote.encoding.onnx_models import ModelFile, Tokens, open_session, run_ids, runtime_errors
from footnote.errors import EncoderError
from footnote.settings import PACKAGED_MODEL
from footnote.wire import WireError, decode

__all__ = [
    "PACKAGED_TOKENIZER",
    "ExportFacts",
    "Int8Export",
    "Int8Unavailable",
    "OnnxEncoder",
    "OnnxWeights",
    "find_export",
]

FACTS_NAME: Final = "encoder.json"
TOKENIZER_NAME: Final = "tokenizer.json"
EXPORT_FOLDER: Final = "int8"
"""Where another model's folder keeps its int8 export."""

PACKAGED_DIR: Final = Path(__file__).parent / "model"
PACKAGED_FACTS: Final = ModelFile(
    PACKAGED_DIR / FACTS_NAME, "edd873efadbb9224a059ba8a7b2e70a8c9db44beaf90f4d90da8cadbbafa6ce1"
)
PACKAGED_TOKENIZER: Final = ModelFile(
    PACKAGED_DIR / TOKENIZER_NAME, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)
"""Also the small reranker's, which was made from the same model."""

_KNOWN_AS: Final = {
    "ee11f82acad8a1f9d760cb22ebf9988619c18c66612bbf7ee7a99ed1d9802831": "61d5ea3b7fa2b454223f7f4633008c1bb80451b303f8fe80f7d6c145b99e9a55",
    "3dbfd04fc384c78883d32316855ffb03961aa9fe352145a714c63cafa5fab879": "eff59ed6a5a9dafce1fb10e6d7d5be8f3c15a547adaeb65362defc18510d6d03",
}
"""Fingerprints under which Footnote knew these files when it made them itself, at its first start: what was indexed keeps answering."""

_SAME_DISTANCE: Final = 0.01
"""Largest distance between the unit vectors that a file gave where it was made and gives here: with 8-bit weights another
processor's is .066 away where its integers overflow, and a millionth where they do not."""

# Texts a worker takes at a time: few enough for a steady progress, many enough that handing over costs nothing.
_PORTION = 16


class Int8Unavailable(EncoderError):
    """A model has no int8 export, or none that runs here."""


@dataclass(frozen=True, slots=True)
class OnnxWeights:
    """One ONNX file of a model.

    Attributes:
        weight_bits: 8, or 7 for processors that add up products of 8 bits in pairs in 16 bits, which overflow.
        file: its name.
        sha256: hex digest of its bytes.
        probe_vector: its vector of the model's probe, where it was made.
    """

    weight_bits: int
    file: str
    sha256: str
    probe_vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What ``encoder.json`` says; besides, it says how close the export comes to the model, and what made it.

    Attributes:
        model_digest: ``ModelFolder.digest`` of the model that it was made from.
        tokenizer_sha256: hex digest of ``tokenizer.json``.
        dimension: length of a vector.
        max_tokens: longest input, special tokens included.
        query_prompt: what goes before a query.
        document_prompt: what goes before a passage.
        probe: a text that tells whether a file gives here the vectors that it gave where it was made.
        weights: the files, the most exact first.
    """

    model_digest: str
    tokenizer_sha256: str
    dimension: int
    max_tokens: int
    query_prompt: str
    document_prompt: str
    probe: str
    weights: tuple[OnnxWeights, ...]


@dataclass(frozen=True, slots=True)
class Int8Export:
    """An int8 export on this machine.

    Attributes:
        name: of the model, for people.
        folder: where its files are.
        facts: what is known of it.
        remedy: what mends a damaged file, for messages.
    """

    name: str
    folder: Path
    facts: ExportFacts
    remedy: str

    def read(self, name: str, sha256: str) -> bytes:
        """The bytes of one of its files.

        Raises:
            EncoderError: it is missing, or not what was made.
        """
        return ModelFile(self.folder / name, sha256).read(self.remedy)


def find_export(name: str) -> Int8Export:
    """The int8 export of a model given as in the settings; its files are checked when they are read.

    Raises:
        Int8Unavailable: the model has none.
        EncoderError: there is no such model, or its export is damaged or another model's.
    """
    if name == PACKAGED_MODEL:
        return Int8Export(name, PACKAGED_DIR, decode(ExportFacts, PACKAGED_FACTS.read()), "reinstall Footnote")
    model = find_model(name)
    facts_path = model.path / EXPORT_FOLDER / FACTS_NAME
    remedy = "make it with training/encoder/export.py"
    if not facts_path.is_file():
        raise Int8Unavailable(
            "the model has no int8 export", where=name, remedy=f'{remedy}, or choose the encoder backend "torch"'
        )
    try:
        facts = decode(ExportFacts, facts_path.read_bytes())
    except (OSError, WireError) as error:
        raise EncoderError(
            f"the model's int8 export is damaged ({error})", where=str(facts_path), remedy=remedy
        ) from error
    if facts.model_digest != model.digest():
        raise EncoderError("the int8 export was made from another model", where=str(facts_path), remedy=remedy)
    return Int8Export(model.short_name, facts_path.parent, facts, remedy)


class OnnxEncoder:
    """An ``Encoder`` over an int8 export.

    Each text is a run of its own on one thread; many texts share the cores by going to several threads.  That gives a text the
    same bits wherever it stands, and is the fastest way besides: for passages of 62 tokens 365 a second on 2 cores, against
    331 in batches of 32 and 314 with two threads in each run.  For one query a second thread would gain 0.3 of 1.5 ms on an
    idle machine and lose far more on a busy one.

    Attributes:
        dimension: length of a vector.
        max_tokens: what is over it does not reach the model.
        fingerprint: hex digest of the file that runs here, of the tokeniser, and of how it is fed.
        description: for people.

    Raises:
        Int8Unavailable: no file of the export gives here what it gave where it was made.
        EncoderError: a file is missing or damaged.
    """

    def __init__(self, export: Int8Export, *, threads: int | None = None) -> None:
        facts = export.facts
        self._query_prompt, self._document_prompt = facts.query_prompt, facts.document_prompt
        self._threads = threads or usable_cores()
        # Kept: on a busy machine starting a thread takes longer than encoding a question.
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encode")
        self._tokens = Tokens(export.read(TOKENIZER_NAME, facts.tokenizer_sha256), facts.max_tokens)
        weights, self._session = self._open(export)
        self.dimension = facts.dimension
        self.max_tokens = facts.max_tokens
        made_of = fingerprint(
            weights.sha256,
            facts.tokenizer_sha256,
            max_tokens=facts.max_tokens,
            query_prompt=facts.query_prompt,
            document_prompt=facts.document_prompt,
        )
        self.fingerprint = _KNOWN_AS.get(made_of, made_of)
        self.description = f"{export.name}, int8 on ONNX Runtime"

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        """Unit rows, float32, shape (queries, dimension)."""
        texts = [self._query_prompt + query for query in queries]
        if len(texts) == 1:
            return self._vector(texts[0])[np.newaxis]
        return self._encode_many(texts, None)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        """Unit rows, float32, shape (texts, dimension); ``progress`` is told how many texts are done."""
        return self._encode_many([self._document_prompt + text for text in texts], progress)

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

    def _open(self, export: Int8Export) -> tuple[OnnxWeights, Any]:
        """The most exact file that this processor's arithmetic suits, and its session."""
        probe = self._tokens.ids(export.facts.probe)
        reasons = []
        for weights in export.facts.weights:
            content = export.read(weights.file, weights.sha256)
            try:
                session = open_session(content)
                distance = float(np.linalg.norm(run_ids(session, probe) - np.asarray(weights.probe_vector, np.float32)))
            except runtime_errors() as error:
                reasons.append(f"ONNX Runtime does not run {weights.file} ({error})")
                continue
            if distance <= _SAME_DISTANCE:
                return weights, session
            reasons.append(f"{weights.file} gives other vectors on this processor ({distance:.3f} away)")
        raise Int8Unavailable("; ".join(reasons), where=str(export.folder), remedy='choose the encoder backend "torch"')

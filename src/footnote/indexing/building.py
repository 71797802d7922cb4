"""One run of the indexer: load, split, encode what is new, commit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from footnote.encoding import Encoder, FloatArray
from footnote.errors import CorpusError, DocumentError
from footnote.indexing.surveying import Corpus, Progress, Report, loader_versions, read_otherwise, splitting_digest
from footnote.loaders import parse_document, read_document
from footnote.records import BuildReport, Document, Move, Passage
from footnote.settings import Settings
from footnote.splitting import heading_input, passage_input, sentence_input, split_document
from footnote.store import DocumentEntry, IndexBuilder, PassageEntry, PassageVectors, Unread, open_builder
from footnote.terms import answer_types, stem_words, words

PORTION = 256
"""Passages encoded before their vectors are kept on the disk: what an interrupted run loses, a few seconds."""
WAVE_BYTES = 32_000_000
"""Files loaded and split before their passages are encoded: long texts beside long ones waste nothing, and memory stays bounded."""


def open_for(
    location: Path | str, corpus_dir: Path, encoder: Encoder, settings: Settings, report: Report
) -> IndexBuilder:
    """What writes the index of a folder of documents, as the settings and today's code make it."""
    return open_builder(
        location,
        encoder_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        splitting=splitting_digest(settings),
        loaders=loader_versions(),
        vector_search=settings.vector_search,
        corpus_dir=corpus_dir,
        lock_wait_seconds=settings.lock_wait_seconds,
        on_wait=lambda holder: report(Progress(f"waiting for process {holder}, which writes the index", 0, 0)),
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is encoded for a passage."""

    passage: str
    sentences: tuple[str, ...]
    heading: str

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for text in self.texts():
            encoded = text.encode("utf-8")
            # Lengths keep ("ab", "c") and ("a", "bc") apart.
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        return digest.hexdigest()

    def texts(self) -> Iterator[str]:
        yield self.passage
        yield self.heading
        yield from self.sentences


def inputs_of(document: Document, passage: Passage) -> Inputs:
    sentences = tuple(sentence_input(document, sentence) for sentence in passage.sentences)
    return Inputs(passage_input(document, passage), sentences, heading_input(document, passage))


def entry_of(
    document: Document, passage: Passage, inputs: Inputs, digest: str, vectors: PassageVectors
) -> PassageEntry:
    """A passage's entry in the index."""
    headings = [_folded(heading) for heading in (document.title, *passage.heading_path)]
    # A table row's input names its columns: words that a question about the row uses.
    found = [[word.text for word in words(text)] for text in inputs.sentences]
    return PassageEntry(
        passage=passage,
        input_sha256=digest,
        vector=vectors.passage,
        sentence_vectors=vectors.sentences,
        heading_vector=vectors.heading,
        # As terms.sentence_terms and terms.analyse, with each text cut into words only once.
        sentence_terms=tuple(
            (*stem_words(folded), *answer_types(text)) for folded, text in zip(found, inputs.sentences, strict=True)
        ),
        heading_terms=tuple(stem for folded in headings for stem in stem_words(folded)),
        words=frozenset(word for folded in (*headings, *found) for word in folded),
    )


@lru_cache(maxsize=1_024)
def _folded(heading: str) -> tuple[str, ...]:
    return tuple(word.text for word in words(heading))


@dataclass(frozen=True, slots=True)
class Draft:
    """A document with everything but its vectors."""

    document: Document
    passages: tuple[Passage, ...]
    inputs: tuple[Inputs, ...]

    def entry(self, vectors: Mapping[str, PassageVectors]) -> DocumentEntry:
        """The document on its way into the index.

        Args:
            vectors: of all its inputs, by their digests.
        """
        digests = [inputs.sha256 for inputs in self.inputs]
        passages = zip(self.passages, self.inputs, digests, strict=True)
        return DocumentEntry(
            self.document,
            tuple(
                entry_of(self.document, passage, inputs, digest, vectors[digest])
                for passage, inputs, digest in passages
            ),
        )


def read_draft(corpus_dir: Path, name: str, digest: str, encoder: Encoder, settings: Settings) -> Draft | Unread:
    """A document read and split, or why it cannot be read.

    Args:
        corpus_dir: the folder of documents.
        name: of the document in it.
        digest: of the file, as it was surveyed.
        encoder: counts tokens.
        settings: how documents are read and passages made.
    """
    try:
        raw = read_document(corpus_dir, name, settings)
        # Of the bytes that are parsed: the file may be another by now than when it was surveyed.
        digest = hashlib.sha256(raw).hexdigest()
        document = parse_document(raw, document_id=name, settings=settings)
    except DocumentError as error:
        return Unread(name, digest, error.what)
    passages = split_document(document, count_tokens=encoder.count_tokens, settings=settings)
    return Draft(document, passages, tuple(inputs_of(document, passage) for passage in passages))


class Build:
    """One run: what it reads from, and what it has found so far."""

    def __init__(
        self,
        corpus_dir: Path,
        encoder: Encoder,
        settings: Settings,
        builder: IndexBuilder,
        corpus: Corpus,
        report: Report,
        *,
        empty: bool,
    ) -> None:
        self._corpus_dir, self._encoder, self._settings = corpus_dir, encoder, settings
        self._builder, self._corpus, self._report = builder, corpus, report
        self._empty = empty
        self._known = builder.known()
        self._unread: list[Unread] = []
        self._passages_encoded = self._passages_done = 0
        self._bytes_split = 0
        self._bytes_total = 0

    def run(self, began: float) -> BuildReport:
        """Find what changed, commit it, and say what was done."""
        known, digests = self._known, self._corpus.digests
        before = {(file.path, file.sha256): file for file in self._builder.unread()}
        otherwise = read_otherwise({*known, *(name for name, _ in before)}, self._builder.loaders())
        self._unread = [before[pair] for pair in sorted(digests.items()) if pair in before and pair[0] not in otherwise]
        wanted = sorted(
            name
            for name, digest in digests.items()
            if name in otherwise or (known.get(name) != digest and (name, digest) not in before)
        )
        gone = [name for name in known if name not in digests]
        unread_gone = len(before) > len(self._unread)
        if wanted or gone or unread_gone or self._builder.needs_commit():
            self._bytes_total = sum(self._corpus.sizes[name] for name in wanted)
            stale = [name for name in known if name in digests and (known[name] != digests[name] or name in otherwise)]
            self._builder.commit(self._entries(wanted), [*gone, *stale], changing=wanted, unread=self._unread)
        else:
            self._builder.forget_vectors()
        return self._summary(began)

    def _summary(self, began: float) -> BuildReport:
        known, now, base = self._known, self._builder.known(), self._builder.base
        assert base is not None, "a commit was made, or there was nothing to do"
        added, removed = [n for n in now if n not in known], [n for n in known if n not in now]
        moved = _moved({name: known[name] for name in removed}, {name: now[name] for name in added})
        sources, targets = {old for old, _ in moved}, {new for _, new in moved}
        return BuildReport(
            generation=base.generation,
            documents=base.documents,
            passages=base.passages,
            added=tuple(sorted(set(added) - targets)),
            changed=tuple(sorted(name for name in now if name in known and now[name] != known[name])),
            moved=moved,
            removed=tuple(sorted(set(removed) - sources)),
            skipped=tuple(sorted((*self._corpus.skipped, *(u.skipped() for u in base.unread)), key=lambda s: s.path)),
            passages_encoded=self._passages_encoded,
            seconds=time.monotonic() - began,
        )

    def _entries(self, wanted: Sequence[str]) -> Iterator[DocumentEntry]:
        written = 0
        for entry in self._made(wanted):
            written += 1
            yield entry
        if not self._empty and not written and not any(name in self._corpus.digests for name in self._known):
            first = self._unread[0]
            raise CorpusError(
                f"holds no document that can be read: {first.path} {first.reason}",
                where=str(self._corpus_dir),
                remedy="add some, or name another folder",
            )

    def _made(self, wanted: Sequence[str]) -> Iterator[DocumentEntry]:
        """The entries of some documents, in order; what cannot be read is noted."""
        for wave in self._waves(wanted):
            yield from self._encode([draft for name in wave if (draft := self._draft(name)) is not None])

    def _waves(self, wanted: Sequence[str]) -> Iterator[list[str]]:
        wave: list[str] = []
        held = 0
        for name in wanted:
            wave.append(name)
            held += self._corpus.sizes[name]
            if held >= WAVE_BYTES:
                yield wave
                wave, held = [], 0
        if wave:
            yield wave

    def _draft(self, name: str) -> Draft | None:
        self._bytes_split += self._corpus.sizes[name]
        found = read_draft(self._corpus_dir, name, self._corpus.digests[name], self._encoder, self._settings)
        if isinstance(found, Unread):
            self._unread.append(found)
            return None
        return found

    def _encode(self, drafts: Sequence[Draft]) -> Iterator[DocumentEntry]:
        digests = {inputs.sha256: inputs for draft in drafts for inputs in draft.inputs}
        vectors = dict(self._builder.vectors_for(digests))
        new = {digest: inputs for digest, inputs in digests.items() if digest not in vectors}
        vectors |= self._vectors(new)
        for draft in drafts:
            digests_here = [inputs.sha256 for inputs in draft.inputs]
            self._passages_encoded += sum(digest in new for digest in digests_here)
            self._passages_done += len(digests_here)
            yield draft.entry(vectors)

    def _vectors(self, new: Mapping[str, Inputs]) -> dict[str, PassageVectors]:
        split = self._passages_done + len(new)
        # Exact with one wave; with more, the passages of the bytes to come are estimated from those before.
        total = max(split, round(split * self._bytes_total / max(self._bytes_split, 1)))
        rows: dict[str, FloatArray] = {}
        found: dict[str, PassageVectors] = {}
        pairs = list(new.items())
        for start in range(0, len(pairs), PORTION):
            portion = dict(pairs[start : start + PORTION])
            self._encode_portion(portion.values(), rows, self._passages_done + start, total)
            vectors = {digest: vectors_of(inputs, rows) for digest, inputs in portion.items()}
            self._builder.keep_vectors(vectors)
            found |= vectors
        return found

    def _encode_portion(
        self, portion: Collection[Inputs], rows: dict[str, FloatArray], done_before: int, total: int
    ) -> None:
        """Add the vectors of a portion's texts to ``rows``, which holds those that were encoded before."""
        texts = list(dict.fromkeys(text for inputs in portion for text in inputs.texts() if text not in rows))
        share = len(portion) / max(len(texts), 1)

        def told(done: int) -> None:
            self._report(Progress("encoding passages", done_before + round(done * share), total))

        rows.update(zip(texts, self._encoder.encode_passages(texts, told), strict=True))


def vectors_of(inputs: Inputs, rows: Mapping[str, FloatArray]) -> PassageVectors:
    """The vectors of a passage's inputs, by the texts' own."""
    passage = rows[inputs.passage]
    sentences = np.array([rows[text] for text in inputs.sentences], dtype=np.float32).reshape(-1, len(passage))
    return PassageVectors(passage, sentences, rows[inputs.heading])


def _moved(removed: Mapping[str, str], added: Mapping[str, str]) -> tuple[Move, ...]:
    """Files that went and came with the same content."""
    came: dict[str, list[str]] = {}
    for name in sorted(added, reverse=True):
        came.setdefault(added[name], []).append(name)
    return tuple(Move(name, came[removed[name]].pop()) for name in sorted(removed) if came.get(removed[name]))

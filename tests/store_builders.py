"""Documents and entries made by hand, so that the store's tests need no loader, splitter or model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fakes import HashingEncoder
from footnote.records import Block, Document, Metadatum, Passage, Sentence, Span, Style
from footnote.store import DocumentEntry, LocalIndex, LocalIndexBuilder, PassageEntry, all_documents, passage_key
from footnote.terms import analyse, sentence_terms, words

ENCODER = HashingEncoder()
SUBJECTS = ("moon", "tea", "glacier", "violin", "harbour", "lichen", "comet", "bread", "falcon", "copper")
VERBS = ("circles", "holds", "covers", "warms", "feeds", "breaks", "follows", "hides")


def make_text(number: int, paragraphs: int = 3) -> str:
    """A text of its own for each number: a heading and paragraphs of two sentences."""
    name = f"{SUBJECTS[number % len(SUBJECTS)]} {number}"
    lines = [f"About the {name}"]
    for n in range(paragraphs):
        verb, other = VERBS[(number + n) % len(VERBS)], SUBJECTS[(number * 3 + n) % len(SUBJECTS)]
        lines.append(f"The {name} {verb} the {other} for {n + 2} days. Nobody saw part {n} of {name} — naïve 😀.")
    return "\n".join(lines)


def make_document(document_id: str, text: str) -> Document:
    blocks = []
    for n, match in enumerate(re.finditer(r"[^\n]+", text)):
        span = Span(match.start(), match.end())
        if n == 0:
            blocks.append(Block("heading", span, level=1, asks=text.startswith("What")))
        else:
            styles = (Style(Span(span.start, span.start + 1), "strong"),)
            blocks.append(Block("paragraph", span, headings=(0,), styles=styles))
    return Document(
        id=document_id,
        title=text.split("\n", 1)[0],
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        blocks=tuple(blocks),
        source=f"https://example.org/{document_id}",
        metadata=(Metadatum("date", "2026-01-05"),),
        warnings=("a byte order mark was removed",),
    )


def make_passages(document: Document) -> tuple[Passage, ...]:
    """One passage a paragraph; the heading belongs to the first."""
    passages = []
    for n, block in enumerate(document.blocks[1:], start=1):
        heading = (Sentence(document.blocks[0].span, 0, "heading"),) if n == 1 else ()
        parts = re.finditer(r"[^.\n]+(?:\.|$)", block.span.of(document.text))
        sentences = tuple(
            Sentence(
                Span(
                    block.span.start + m.start() + len(m.group()) - len(m.group().lstrip()), block.span.start + m.end()
                ),
                n,
                block.kind,
            )
            for m in parts
        )
        span = Span(0 if n == 1 else block.span.start, sentences[-1].span.end)
        passages.append(
            Passage(f"{document.id}:{span.start}-{span.end}", document.id, span, (document.title,), heading + sentences)
        )
    return tuple(passages)


def make_entry(document_id: str, text: str, encoder: HashingEncoder = ENCODER) -> DocumentEntry:
    document = make_document(document_id, text)
    entries = []
    for passage in make_passages(document):
        texts = [sentence.span.of(text) for sentence in passage.sentences]
        entries.append(
            PassageEntry(
                passage=passage,
                input_sha256=hashlib.sha256(passage.span.of(text).encode()).hexdigest(),
                vector=encoder.encode_passages([passage.span.of(text)])[0],
                sentence_vectors=encoder.encode_passages(texts),
                heading_vector=encoder.encode_passages([document.title])[0],
                sentence_terms=tuple(sentence_terms(text) for text in texts),
                heading_terms=tuple(analyse(document.title)),
                words=frozenset(word.text for word in words(passage.span.of(text))),
            )
        )
    return DocumentEntry(document, tuple(entries))


def make_entries(numbers: Sequence[int], encoder: HashingEncoder = ENCODER) -> list[DocumentEntry]:
    return [make_entry(f"doc-{n:03d}.txt", make_text(n), encoder) for n in numbers]


def writer(
    index_dir: Path,
    encoder: HashingEncoder = ENCODER,
    *,
    splitting: str = "",
    vector_search: str = "auto",
    wait_seconds: float = 5.0,
) -> LocalIndexBuilder:
    return LocalIndexBuilder(
        index_dir,
        encoder_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        splitting=splitting,
        vector_search=vector_search,
        lock_wait_seconds=wait_seconds,
    )


def query(text: str) -> np.ndarray:
    return ENCODER.encode_queries([text])[0]


def all_keys(reader: LocalIndex) -> np.ndarray:
    """Keys of all passages, in order of their documents' ids and of their places."""
    keys = [passage_key(each.id, n) for each in all_documents(reader) for n in range(each.passages)]
    return np.array(keys, dtype=np.int64)


def stored_vectors(reader: LocalIndex, keys: np.ndarray, name: str) -> np.ndarray:
    """The vectors themselves, of which ``Candidates`` has the products only, read off unit vectors one by one.

    Args:
        reader: of vectors of ``dimension`` numbers.
        keys: of passages.
        name: "passage", "heading" or "sentence".
    """
    axes = np.eye(reader.facts.dimension, dtype=np.float32)
    columns = [getattr(reader.candidates(keys, axis), f"{name}_similarity") for axis in axes]
    return np.stack(columns, axis=1)


def signature(index_dir: Path) -> str:
    """Digest of all that a reader can get out of an index, searches included, but for the generation's number."""
    digest = hashlib.sha256()
    with LocalIndex.open(index_dir) as reader:
        digest.update(reader.facts.fingerprint.encode())
        for summary in all_documents(reader):
            digest.update(repr((summary, reader.document(summary.id))).encode())
        keys = np.sort(reader.search_passages(np.ones(reader.facts.dimension, np.float32), 10_000)[0])
        digest.update(repr(reader.passages(keys)).encode())
        for name in ("passage", "heading", "sentence"):
            digest.update(stored_vectors(reader, keys, name).tobytes())
        found = reader.candidates(keys, np.ones(reader.facts.dimension, np.float32))
        for name in (
            "terms",
            "term_sentences",
            "heading_terms",
            "ordinals",
        ):
            digest.update(getattr(found, name).tobytes())
        for subject in SUBJECTS:
            ids = [passage.id for passage in reader.passages(reader.search_terms([subject], 20)[0])]
            digest.update(repr(ids).encode())
            vector = np.resize(query(subject), reader.facts.dimension)
            ids = [passage.id for passage in reader.passages(reader.search_sentences(vector, 20)[0])]
            digest.update(repr(ids).encode())
        digest.update(
            repr(
                (sorted(reader.vocabulary().items()), reader.document_frequencies(SUBJECTS), reader.facts.mean_terms)
            ).encode()
        )
    return digest.hexdigest()

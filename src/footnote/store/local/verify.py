"""Whether an index folder is what it promises to be: all of it, as ``footnote check`` asks, or cheaply, as a server asks."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from cachetools import LRUCache

from footnote.errors import IndexFolderError, IndexMissing
from footnote.records import Document, Passage, Sentence, Span
from footnote.store.entries import FloatArray, KeyArray, passage_key
from footnote.store.local.approximate import Centres, Entries
from footnote.store.local.durable import StoredFile, matches
from footnote.store.local.generation import OF_NO_GENERATION, all_terms, lexical_strangers, open_segment
from footnote.store.local.lexical import LexicalIndex
from footnote.store.local.manifest import MANIFEST_NAME, REBUILD, Manifest, read_manifest
from footnote.store.local.rows import content_digest, document_of, floats, passage_of, words_of
from footnote.store.local.segments import UNREADABLE, Segment, count_terms
from footnote.store.local.vectors import read_centres, read_entries
from footnote.store.state import LOCK_NAME, left_behind
from footnote.wire import decode

UNIT_TOLERANCE = 0.01
"""How far from 1 the length of a vector may be after rounding to float16."""
FREQUENCIES_CHECKED = 2_000
"""What may lie in the folder without being part of the index."""
HEALTHY_KEPT = 10_000

_healthy: LRUCache[tuple[Path, StoredFile], tuple[int, ...]] = LRUCache(HEALTHY_KEPT)
"""How a file looked when it was found to be whole."""
_lock = threading.Lock()


def health(index_dir: Path) -> str:
    """What is wrong with the committed generation's manifest and rows, naming files without their folder, and what mends it.

    Empty when nothing is.  What is derived from the rows is held in memory by whoever reads.  A file is hashed only when its
    size or its times differ from when it was found to be whole, so that this can be asked every second.
    """
    try:
        manifest = read_manifest(index_dir)
    except IndexFolderError as error:
        return f"{error.what}; {error.remedy}"
    for segment in manifest.segments:
        file, seen = segment.rows, _seen(index_dir / segment.rows.path)
        with _lock:
            known = _healthy.get((index_dir, file))
        if seen and known == seen:
            continue
        if not matches(index_dir, file, whole=True):
            return f"{file.path} is missing or is not what was written; {REBUILD}"
        with _lock:
            _healthy[index_dir, file] = seen
    return ""


def _seen(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def verify(index_dir: Path | str) -> list[str]:
    """Check the whole index.

    Returns:
        What is wrong, each beginning with the path of the file concerned; empty when nothing is.
    """
    folder = Path(index_dir)
    try:
        manifest = read_manifest(folder)
    except IndexMissing as error:
        return [f"{folder / MANIFEST_NAME}: is missing: {error.what}"]
    except IndexFolderError as error:
        return [error.message]
    altered = [f for f in manifest.files() if not matches(folder, f, whole=True)]
    problems = [f"{folder / file.path}: is missing or is not what was written" for file in altered]
    problems += _strangers(folder, manifest)
    if problems:
        # Native code is only given files that are known to be what was written.
        return problems
    return [*_check(folder, manifest)]


def _strangers(folder: Path, manifest: Manifest) -> list[str]:
    known = {file.path.folder or file.path for file in manifest.files()} | set(OF_NO_GENERATION)
    names = [path.name for path in sorted(folder.iterdir()) if path.name not in known]
    if manifest.lexical_dir:
        names += lexical_strangers(folder, manifest)
    problems = [f"{folder / name}: does not belong to the index" for name in names]
    if left_behind(folder):
        problems.append(f"{folder / LOCK_NAME}: was left by a writer that died; the next `footnote index` clears it")
    return problems


def _check(folder: Path, manifest: Manifest) -> Iterator[str]:
    segments: list[Segment] = []
    try:
        for info in manifest.segments:
            segments.append(open_segment(folder, info, manifest.dimension))
            for problem in _check_segment(folder, segments[-1], manifest):
                yield f"{segments[-1].path}: {problem}"
        yield from _check_lexical(folder, manifest, segments)
        files = [pair for segment in segments for pair in segment.files()]
        if len(dict(files)) != len(files) or content_digest(dict(files)) != manifest.content_sha256:
            yield f"{folder / MANIFEST_NAME}: names other documents than the rows hold"
    except (IndexFolderError, sqlite3.Error, *UNREADABLE) as error:
        yield f"{segments[-1].path if segments else folder}: cannot be read as rows of an index ({error})"
    finally:
        for segment in segments:
            segment.close()


def _check_segment(folder: Path, segment: Segment, manifest: Manifest) -> Iterator[str]:
    info = segment.info
    for (message,) in segment.select("PRAGMA integrity_check"):
        if message != "ok":
            yield message
    counts = segment.select("SELECT count(*), sum(passages), sum(sentences), sum(body_terms) FROM documents")[0]
    if counts != (info.documents, info.passages, info.sentences, info.body_terms):
        yield f"holds {counts} documents, passages, sentences and terms, not what the manifest says"
    rows = [row[0] for row in segment.select("SELECT row FROM passages ORDER BY row")]
    if rows != list(range(1, info.passages + 1)):
        yield "has gaps in its rows"
    strays = "SELECT count(*) FROM passages p JOIN documents d ON d.number = p.document WHERE p.row != d.first_row + p.ordinal"
    if segment.select(strays) != [(0,)]:
        yield "has passages that are not where their documents say"
    named = segment.select(
        "SELECT d.id, p.ordinal FROM passages p JOIN documents d ON d.number = p.document ORDER BY p.row"
    )
    if [passage_key(name, ordinal) for name, ordinal in named] != segment.keys().tolist():
        yield "lists other keys than its passages have"
    words: Counter[str] = Counter()
    for name, first, count in segment.select("SELECT id, first_row, passages FROM documents ORDER BY number"):
        row = segment.document_row(name)
        if row is not None:
            words.update(words_of(row["words"]))
            passages = _passages(segment, name, first, count)
            yield from (f"{name}: {problem}" for problem in spans_problems(document_of(row), passages))
    if dict(words) != words_of(segment.statistic("words")):
        yield "counts other words than its documents hold"
    yield from _check_terms(segment)
    yield from _check_vectors(folder, segment, manifest)


def _passages(segment: Segment, document_id: str, first: int, count: int) -> list[Passage]:
    statement = """SELECT start, "end", page, heading_path, sentences FROM passages
                   WHERE row >= ? AND row < ? ORDER BY row"""
    rows = segment.select(statement, (first, first + count))
    return [passage_of(document_id, *row) for row in rows]


def spans_problems(document: Document, passages: list[Passage]) -> Iterator[str]:
    whole = Span(0, len(document.text))
    for n, block in enumerate(document.blocks):
        if not whole.contains(block.span) or not all(block.span.contains(s) for s in (*block.cells, *block.hidden)):
            yield f"block {n} lies outside its text"
    if not _in_order([passage.span for passage in passages]):
        yield "its passages overlap or are out of order"
    for passage in passages:
        if not whole.contains(passage.span) or not passage.span.of(document.text).strip():
            yield f"passage {passage.id} is no stretch of the text"
        if document.page_of(passage.span.start) != passage.page:
            yield f"passage {passage.id} is on another page"
        if not _in_order([sentence.span for sentence in passage.sentences]):
            yield f"sentences of passage {passage.id} overlap or are out of order"
        if not all(_stands(sentence, passage, document) for sentence in passage.sentences):
            yield f"a sentence of passage {passage.id} is no stretch of it"


def _in_order(spans: list[Span]) -> bool:
    return all(one.end <= following.start for one, following in pairwise(spans))


def _stands(sentence: Sentence, passage: Passage, document: Document) -> bool:
    """Whether a sentence is text of its passage and of its block."""
    block = document.blocks[sentence.block] if sentence.block < len(document.blocks) else None
    inside = passage.span.contains(sentence.span) and block is not None and block.span.contains(sentence.span)
    context = sentence.context is None or sentence.context.end <= len(document.text)
    return inside and context and bool(sentence.span.of(document.text).strip())


def _check_terms(segment: Segment) -> Iterator[str]:
    ids, counts = count_terms([body.tobytes() + heading.tobytes() for _, _, body, heading in segment.terms()])
    stored = (segment.statistic("term_ids"), segment.statistic("term_passages"))
    if stored != (ids.astype("<u4").tobytes(), counts.astype("<u4").tobytes()):
        yield "counts other stems than its passages hold"


def _check_vectors(folder: Path, segment: Segment, manifest: Manifest) -> Iterator[str]:
    info, how = segment.info, manifest.approximation
    centres = None if how is None else read_centres(folder, how, manifest.dimension)
    if how is not None and centres is None:
        yield f"{how.centres.path} holds no centres of its vectors"
    for file, (vectors, keys) in (
        (info.passage_vectors, segment.vectors()),
        (info.sentence_vectors, segment.sentence_vectors()),
    ):
        yield from _check_unit(vectors)
        if file is not None and centres is not None:
            yield from _check_entries(folder, file, segment, centres, vectors, keys)
    rows = segment.select(
        "SELECT heading_vector, sentences, length(sentence_vectors), sentence_terms, length(terms) FROM passages"
    )
    yield from _check_unit(floats(b"".join(row[0] for row in rows), manifest.dimension))
    for _, sentences, vector_bytes, terms, term_bytes in rows:
        per_sentence = np.frombuffer(terms, dtype="<u4")
        expected = (len(per_sentence) * manifest.dimension * 2, int(per_sentence.sum()) * 4)
        if (vector_bytes, term_bytes) != expected or len(decode(tuple[Sentence, ...], sentences)) != len(per_sentence):
            yield "has a passage whose sentences, vectors and terms do not match"


def _check_unit(vectors: FloatArray) -> Iterator[str]:
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1.0) <= UNIT_TOLERANCE):
        yield "holds a vector that is not of unit length"


def _check_entries(
    folder: Path, file: StoredFile, segment: Segment, centres: Centres, vectors: FloatArray, keys: KeyArray
) -> Iterator[str]:
    found = read_entries(folder, file, segment, centres)
    expected = centres.encode(vectors, keys)
    if found is None or not _same_vectors(found, expected):
        yield f"{file.path} holds other vectors"


def _same_vectors(found: Entries, expected: Entries) -> bool:
    if not (np.array_equal(found.keys, expected.keys) and np.array_equal(found.long, expected.long)):
        return False
    # Two centres may be equally near to a vector, and its short code is that of the list it is in.
    same = found.lists == expected.lists
    return np.array_equal(found.short[same], expected.short[same])


def _check_lexical(folder: Path, manifest: Manifest, segments: list[Segment]) -> Iterator[str]:
    if not manifest.lexical_dir:
        return
    where = folder / manifest.lexical_dir
    index = LexicalIndex.open(where)
    if index is None:
        index = LexicalIndex.in_memory(all_terms(segments))
    expected = [segment.keys() for segment in segments]
    if not np.array_equal(index.keys(), np.sort(np.concatenate(expected))):
        yield f"{where}: holds other passages than the rows"
    ids, counts = count_terms([body.tobytes() for _, _, body, _ in all_terms(segments)])
    for at in np.argsort(-counts.astype(np.int64), kind="stable")[:FREQUENCIES_CHECKED]:
        # Passages that were removed count until Tantivy merges them away.
        if index.frequency("body", int(ids[at])) < counts[at]:
            yield f"{where}: misses a stem of the rows"
            return

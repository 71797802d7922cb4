"""Vector search over the segments of an index: exact for a small one, approximate, with files of codes, for a large one.

FAISS reads damaged files without complaint, and files made for it can have it open others: so it never reads one.  Its
objects are made from the vectors of the rows, or from plain arrays, and never changed after they are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from footnote.store.entries import FloatArray, KeyArray
from footnote.store.local import approximate
from footnote.store.local.durable import StoredFile, matches, read_checked, write_once
from footnote.store.local.manifest import Approximation, Manifest, SegmentInfo
from footnote.store.local.names import StoredName
from footnote.store.local.segments import Segment
from footnote.store.topk import Found

EXACT_VECTORS = 50_000
"""Passages, or sentences, up to which a query is compared with all of them: beyond, that takes longer than all the rest."""
INDEXED_SENTENCES = 2_000_000
"""Sentences up to which they are indexed, 0.8 GB in memory; beyond, those of the passages found are compared."""
KEPT_GROWTH = 4
"""Centres are made anew when the index has grown by this factor: until then the lists are at most so much longer."""
MEASURED_QUERIES = 100


class Searchable(Protocol):
    """Vectors with keys that can be searched."""

    total: int

    def search(self, vector: FloatArray, k: int, allowed: KeyArray | None = None) -> Found:
        """Keys and dot products of the ``k`` nearest rows, nearest first; fewer when there are fewer.

        Args:
            vector: (d,).
            k: how many.
            allowed: the keys to look at; None for all.
        """
        ...


class VectorIndex:
    """Compares a query with every vector; safe to share between threads.

    Args:
        vectors: (n, d) unit vectors.
        keys: (n,), which may repeat.
    """

    def __init__(self, vectors: FloatArray, keys: KeyArray) -> None:
        import faiss

        self._index = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
        if len(keys):
            self._index.add_with_ids(np.ascontiguousarray(vectors), keys)
        self.total = len(keys)

    def search(self, vector: FloatArray, k: int, allowed: KeyArray | None = None) -> Found:
        """Keys and dot products of the ``k`` nearest rows, nearest first; fewer when there are fewer."""
        import faiss

        # One question is one row: a team of threads costs more than it brings.
        faiss.omp_set_num_threads(1)
        options: dict[str, Any] = {}
        if allowed is not None:
            parameters: Any = faiss.SearchParameters
            options["params"] = parameters(sel=faiss.IDSelectorBatch(allowed))
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        scores, keys = self._index.search(query, min(k, self.total), **options)
        found = keys[0] >= 0
        return Found(keys[0][found].astype(np.int64), scores[0][found].astype(np.float32))


def is_approximate(passages: int, sentences: int, choice: str) -> bool:
    """Whether an index of this size is searched approximately; ``choice`` is "auto", "exact" or "approximate"."""
    return choice == "approximate" or (choice == "auto" and max(passages, sentences) > EXACT_VECTORS)


def vector_search_fits(index_dir: Path, manifest: Manifest, choice: str) -> bool:
    """Whether an index is searched as it would be if it were written now, with its centres intact."""
    how = manifest.approximation
    sentences = sum(info.sentences for info in manifest.segments)
    wanted = bool(manifest.passages) and is_approximate(manifest.passages, sentences, choice)
    return wanted == (how is not None) and (how is None or matches(index_dir, how.centres, whole=True))


def write_vectors(
    index_dir: Path,
    kept: Sequence[Segment],
    news: Sequence[Segment],
    generation: int,
    *,
    before: Approximation | None,
    choice: str,
) -> tuple[tuple[SegmentInfo, ...], Approximation | None]:
    """Write the vector files of new segments, and those of the kept ones where the way of searching changes.

    Args:
        index_dir: the index folder.
        kept: unchanged segments, with vector files of the generation before.
        news: segments whose rows have just been written.
        generation: the number of this one.
        before: how the generation before is searched.
        choice: "auto", "exact" or "approximate".

    Returns:
        All segments with their files, and how they are searched.
    """
    segments = [*kept, *news]
    passages, sentences = (sum(getattr(s.info, name) for s in segments) for name in ("passages", "sentences"))
    if not passages or not is_approximate(passages, sentences, choice):
        return tuple(replace(s.info, passage_vectors=None, sentence_vectors=None) for s in segments), None
    indexed = sentences <= INDEXED_SENTENCES
    if before is not None and before.sentences == indexed and passages <= KEPT_GROWTH * before.trained_on:
        centres = read_centres(index_dir, before, segments[0].dimension)
        if centres is not None:
            return _written(index_dir, segments, news, news, generation, centres, indexed=indexed), before
    data = trained(segments)
    centres = approximate.Centres(data, segments[0].dimension)
    file = write_once(index_dir, StoredName.of("centres", generation), data)
    infos = _written(index_dir, segments, news, segments, generation, centres, indexed=indexed)
    probes, recall = _measured(index_dir, segments, infos, centres)
    return infos, Approximation(file, passages, probes, round(recall, 4), indexed)


def trained(segments: Sequence[Segment]) -> bytes:
    """Centres for the vectors of these segments, as the bytes of their file.

    They are drawn from sentences too: those have larger components than passages, which 8 bits would cut off.
    """
    passages, sentences = (sum(getattr(s.info, name) for s in segments) for name in ("passages", "sentences"))
    wanted = approximate.sample_size(passages)
    step, sentence_step = max(1, passages // wanted), max(1, sentences // wanted)
    sample = [
        rows
        for segment in segments
        # Copied, as a slice would keep all of its segment's vectors in memory.
        for rows in (segment.vectors()[0][::step].copy(), segment.sentence_vectors()[0][::sentence_step].copy())
    ]
    return approximate.train_centres(np.concatenate(sample), passages)


def _written(
    index_dir: Path,
    segments: Sequence[Segment],
    news: Sequence[Segment],
    todo: Sequence[Segment],
    generation: int,
    centres: approximate.Centres,
    *,
    indexed: bool,
) -> tuple[SegmentInfo, ...]:
    """The segments' infos; files of those to do are written under numbers of this generation that no rows have."""
    infos = []
    for at, segment in enumerate(segments):
        info = segment.info
        if segment in todo:
            number = (at - (len(segments) - len(news))) % len(segments)
            kinds = {"passages": segment.vectors, "sentences": segment.sentence_vectors}
            passages, sentences = (
                write_once(index_dir, StoredName.of(kind, generation, number), codes_of(centres, *rows()))
                if indexed or kind == "passages"
                else None
                for kind, rows in kinds.items()
            )
            info = replace(info, passage_vectors=passages, sentence_vectors=sentences)
        infos.append(info)
    return tuple(infos)


def codes_of(centres: approximate.Centres, vectors: FloatArray, keys: KeyArray) -> bytes:
    """The file of some vectors."""
    return approximate.to_bytes(centres.encode(vectors, keys))


def read_centres(index_dir: Path, how: Approximation, dimension: int) -> approximate.Centres | None:
    """What the segments share, or None when the file is not what was written."""
    data = read_checked(index_dir, how.centres)
    try:
        return None if data is None else approximate.Centres(data, dimension)
    except ValueError:
        return None


def read_entries(
    index_dir: Path, file: StoredFile | None, segment: Segment, centres: approximate.Centres
) -> approximate.Entries | None:
    """The entries of one of a segment's files of codes, or None when it is not what was written."""
    data = None if file is None else read_checked(index_dir, file)
    if data is None:
        return None
    info = segment.info
    total = info.passages if file == info.passage_vectors else info.sentences
    return approximate.from_bytes(data, centres, total=total, keys=segment.keys())


def _measured(
    index_dir: Path, segments: Sequence[Segment], infos: Sequence[SegmentInfo], centres: approximate.Centres
) -> tuple[int, float]:
    parts = []
    for segment, info in zip(segments, infos, strict=True):
        entries = read_entries(index_dir, info.passage_vectors, segment, centres)
        parts.append(entries or centres.encode(*segment.vectors()))
    index = centres.join(parts, approximate.PROBES[0])
    # A sentence is the nearest thing to a question that an index holds: short, and about what passages are about.
    step = max(1, len(segments) * 8 // MEASURED_QUERIES)
    each = max(1, MEASURED_QUERIES * step // len(segments))
    some = (segment.sentence_vectors()[0] for segment in segments[::step])
    queries = np.concatenate([rows[:: max(1, len(rows) // each)][:each].copy() for rows in some])
    return approximate.choose_probes(index, queries, lambda: (segment.vectors() for segment in segments))

"""Indexes over the engine of Milvus that runs in this process, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from footnote.store import DocumentEntry, Index, IndexBuilder, all_documents, open_builder
from footnote.store.contract import DIMENSION, ENCODER, entry, unit_vector
from footnote.store.milvus.address import parse_address
from footnote.store.milvus.connection import release
from footnote.terms import analyse

MADE_BY = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION}


def location(place: Path) -> str:
    return f"milvus+file:{place}"


def write(place: Path, added: list[DocumentEntry], removed: list[str] | None = None) -> int:
    with open_builder(location(place), **MADE_BY) as builder:
        return builder.commit(added, removed or [])


def said(index: Index) -> dict[str, str]:
    """Everything that an index gives of its documents' texts, through searches as well as by id."""
    texts = {each.id: index.text_of(each.id)[1] for each in all_documents(index)}
    keys = index.search_all(unit_vector("the moon carries tea"), analyse("nobody counted"), 1_000)
    for passage in index.passages(keys):
        assert passage.span.of(texts[passage.document_id]), passage.id
    assert len(keys) == index.facts.passages
    return texts


def changed(number: int) -> DocumentEntry:
    return entry(number, paragraphs=5)


@contextmanager
def ending_engines(place: Path) -> Iterator[None]:
    """The engines that are begun in a folder end with the block."""
    yield
    for folder in place.rglob("milvus.db"):
        release(parse_address(location(folder.parent)))


def begin(make: Callable[..., IndexBuilder], where: str) -> None:
    """Enter a builder of an index, and leave it again."""
    with make(where, **MADE_BY):
        pass

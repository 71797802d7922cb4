"""The collections of an index in Milvus: their fields, and the indexes over them."""

from __future__ import annotations

from typing import Any

from footnote.store.milvus.connection import Connection
from footnote.store.milvus.pointer import Pointer

VARCHAR_BYTES = 65_535
"""The longest text of a field, in bytes."""
NAME_BYTES = 16_384
HNSW = {"M": 16, "efConstruction": 200}
SEARCH_EF = 64
"""With these, recall@50 was 1.0 over 200,000 passages."""

PASSAGE_ROW = ("key", "pk", "document", "place", "terms", "numbers")
"""What a passage is read back from."""
VECTOR_INDEXES = {"passages": ("vector", "lexical"), "sentences": ("vector",), "documents": ("nothing",)}


def collection_name(index: str, series: int, kind: str) -> str:
    """The name of a collection of "passages", "sentences" or "documents"."""
    return f"{index}_{series}_{kind}"


def make_collections(connection: Connection, index: str, pointer: Pointer) -> None:
    """Make the collections of a pointer's series that are not there yet."""
    dimension, exact = pointer.dimension, pointer.exact
    wanted = {
        "passages": (passages_schema(dimension), passages_indexes(exact=exact)),
        "documents": (documents_schema(), documents_indexes()),
    }
    if pointer.sentences:
        wanted["sentences"] = (sentences_schema(dimension), sentences_indexes(exact=exact))
    for kind, (schema, indexes) in wanted.items():
        connection.make(collection_name(index, pointer.series, kind), schema, indexes)


def passages_schema(dimension: int) -> Any:
    """A passage: ``pk`` is its version and its place in the document, ``input`` 63 bits of the digest of what was encoded."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("key", DataType.INT64)
    schema.add_field("input", DataType.INT64)
    schema.add_field("document", DataType.VARCHAR, max_length=NAME_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("lexical", DataType.SPARSE_FLOAT_VECTOR)
    for column in ("place", "terms", "numbers"):
        schema.add_field(column, DataType.VARCHAR, max_length=VARCHAR_BYTES)
    return schema


def sentences_schema(dimension: int) -> Any:
    """A sentence's vector; ``pk`` is the version and the sentence's number in the document, ``passage`` that row's ``pk``."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("key", DataType.INT64)
    schema.add_field("passage", DataType.INT64)
    schema.add_field("document", DataType.VARCHAR, max_length=NAME_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    return schema


def documents_schema() -> Any:
    """A part of a document's text, blocks or words, or of what was too long for the row of a passage."""
    from pymilvus import DataType

    schema = _schema()
    schema.add_field("piece", DataType.VARCHAR, max_length=VARCHAR_BYTES)
    # A collection has to have a vector.
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    return schema


def objects_schema() -> Any:
    """A part of an object."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("pk", DataType.VARCHAR, is_primary=True, max_length=NAME_BYTES)
    schema.add_field("name", DataType.VARCHAR, max_length=NAME_BYTES)
    schema.add_field("part", DataType.INT64)
    schema.add_field("parts", DataType.INT64)
    schema.add_field("piece", DataType.VARCHAR, max_length=VARCHAR_BYTES)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    return schema


def _schema() -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("pk", DataType.INT64, is_primary=True)
    schema.add_field("version", DataType.INT64)
    return schema


def passages_indexes(*, exact: bool) -> Any:
    indexes = _vector_index("vector", exact=exact)
    indexes.add_index("lexical", index_type="SPARSE_INVERTED_INDEX", index_name="lexical", metric_type="IP")
    for field in ("version", "key", "input"):
        indexes.add_index(field, index_type="INVERTED", index_name=field)
    return indexes


def sentences_indexes(*, exact: bool) -> Any:
    indexes = _vector_index("vector", exact=exact)
    indexes.add_index("version", index_type="INVERTED", index_name="version")
    return indexes


def documents_indexes() -> Any:
    indexes = _vector_index("nothing", exact=True)
    indexes.add_index("version", index_type="INVERTED", index_name="version")
    return indexes


def objects_indexes() -> Any:
    return _vector_index("nothing", exact=True)


def _vector_index(field: str, *, exact: bool) -> Any:
    from pymilvus import MilvusClient

    indexes = MilvusClient.prepare_index_params()
    kind, parameters = ("FLAT", {}) if exact else ("HNSW", HNSW)
    indexes.add_index(field, index_type=kind, index_name=field, metric_type="IP", params=parameters)
    return indexes

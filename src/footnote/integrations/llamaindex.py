"""A retriever for LlamaIndex: ``pip install 'footnote[llamaindex]'``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from footnote.engine import Footnote
from footnote.integrations.passage_source import FoundPassage, PassageSource

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "LlamaIndex is not installed: pip install 'footnote[llamaindex]'", name=error.name
    ) from error

__all__ = ["FootnoteRetriever"]


class FootnoteRetriever(BaseRetriever):
    """The best passages of a folder of documents, as LlamaIndex's nodes with scores.

        FootnoteRetriever("index", similarity_top_k=5).retrieve("How long does an infusion take?")

    Args:
        index: an index folder, or an open ``Footnote``.
        corpus: a folder of documents that the index is brought up to date with first.
        address: of a server; then there is no index here.
        token: what the server asks for.
        similarity_top_k: how many passages.
        documents: ids of the documents to search; all where None.
        more: what LlamaIndex's own base class takes.

    Raises:
        FootnoteError: the index cannot be opened; says why and what to do.
    """

    def __init__(
        self,
        index: Footnote | Path | str = "index",
        *,
        corpus: Path | str | None = None,
        address: str = "",
        token: str = "",
        similarity_top_k: int = 10,
        documents: Sequence[str] | None = None,
        **more: Any,
    ) -> None:
        self._source = PassageSource(index, corpus=corpus, address=address, token=token)
        self._source.open()
        self._similarity_top_k = similarity_top_k
        self._documents = documents
        super().__init__(**more)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._source.search(query_bundle.query_str, self._similarity_top_k, self._documents)
        return [NodeWithScore(node=_node(each), score=each.score) for each in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # LlamaIndex's own would keep the loop waiting.
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(passage: FoundPassage) -> TextNode:
    """A passage as a node; of its place a language model is shown what can be read, not the offsets."""
    start, end = passage.metadata["start"], passage.metadata["end"]
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=passage.metadata,
        excluded_llm_metadata_keys=["start", "end"],
        start_char_idx=start,
        end_char_idx=end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.metadata["doc"])},
    )

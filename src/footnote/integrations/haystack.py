"""A retriever for Haystack: ``pip install 'footnote[haystack]'``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from footnote.errors import UsageError
from footnote.integrations.passage_source import PassageSource

try:
    from haystack import Document, component, default_from_dict, default_to_dict
    from haystack.utils import Secret
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("Haystack is not installed: pip install 'footnote[haystack]'", name=error.name) from error

__all__ = ["FootnoteRetriever"]


@component
class FootnoteRetriever:
    """The best passages of a folder of documents, as Haystack's documents with scores.

        FootnoteRetriever("index", top_k=5).run(query="How long does an infusion take?")["documents"]

    Args:
        index: an index folder.
        corpus: a folder of documents that the index is brought up to date with first.
        address: of a server; then there is no index here.
        token: what the server asks for; ``FOOTNOTE_TOKEN`` where that is set.
        top_k: how many passages.
        documents: ids of the documents to search; all where None.
    """

    def __init__(
        self,
        index: Path | str = "index",
        *,
        corpus: Path | str | None = None,
        address: str = "",
        token: Secret | None = None,
        top_k: int = 10,
        documents: list[str] | None = None,
    ) -> None:
        if top_k < 1:
            raise UsageError(f"{top_k} passages cannot be found", where="top_k", remedy="ask for 1 or more")
        self.index = str(index)
        self.corpus = None if corpus is None else str(corpus)
        self.address = address
        self.token = Secret.from_env_var("FOOTNOTE_TOKEN", strict=False) if token is None else token
        self.top_k = top_k
        self.documents = documents
        shown = (self.token.resolve_value() or "") if address else ""
        self._source = PassageSource(index, corpus=corpus, address=address, token=shown)

    def warm_up(self) -> None:
        """Open the index; building it first may take minutes.

        Raises:
            FootnoteError: it cannot be opened or built; says why and what to do.
        """
        self._source.open()

    def to_dict(self) -> dict[str, Any]:
        """As a pipeline writes it; of the token only where it comes from."""
        return default_to_dict(
            self, index=self.index, corpus=self.corpus, address=self.address, token=self.token.to_dict(),
            top_k=self.top_k, documents=self.documents,
        )  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> FootnoteRetriever:
        """From what a pipeline wrote."""
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """Search.

        Args:
            query: as a person would ask.
            top_k: how many passages; as at the beginning where None.

        Raises:
            FootnoteError: the query is empty or too long, or the index or the server cannot be asked.
        """
        found = self._source.search(query, self.top_k if top_k is None else top_k, self.documents)
        return {
            "documents": [
                Document(id=each.id, content=each.text, score=each.score, meta=each.metadata) for each in found
            ]
        }

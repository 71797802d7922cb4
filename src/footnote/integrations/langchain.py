"""A retriever for LangChain: ``pip install 'footnote[langchain]'``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, SecretStr

from footnote.engine import Footnote
from footnote.integrations.passage_source import PassageSource

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import run_in_executor
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "LangChain is not installed: pip install 'footnote[langchain]'", name=error.name
    ) from error

__all__ = ["FootnoteRetriever"]


class FootnoteRetriever(BaseRetriever):
    """The best passages of a folder of documents, as LangChain's documents.

    Each has its place as metadata: ``doc``, ``title``, ``start``, ``end``, ``heading_path``, ``page``, and its ``score``.

        FootnoteRetriever(index="index", k=5).invoke("How long does an infusion take?")

    Raises:
        FootnoteError: the index cannot be opened, or a search fails; says why and what to do.
    """

    index: Footnote | Path | str = "index"
    """An index folder, or an open ``Footnote``."""
    corpus: Path | str | None = None
    """A folder of documents that the index is brought up to date with first."""
    address: str = ""
    """Of a server; then there is no index here."""
    token: SecretStr = SecretStr("")
    """What the server asks for."""
    k: int = Field(default=10, ge=1)
    documents: list[str] | None = None
    """Ids of the documents to search; all where None."""

    _source: PassageSource = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._source = PassageSource(
            self.index, corpus=self.corpus, address=self.address, token=self.token.get_secret_value()
        )
        self._source.open()

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain gives it by this name
        k: int | None = None,
    ) -> list[Document]:
        found = self._source.search(query, self.k if k is None else k, self.documents)
        return [
            Document(id=each.id, page_content=each.text, metadata={**each.metadata, "score": each.score})
            for each in found
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        # LangChain's own would not pass k on.
        return await run_in_executor(None, self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k)

"""Where a retriever's passages come from: an index on this machine, or a server of Footnote."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from footnote.engine import Footnote
from footnote.errors import FootnoteError, UsageError
from footnote.wire import to_json

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A ranked passage, in the form that every retriever gives on.

    Attributes:
        id: ``document:start-end``, by which a server gives the place again (``/api/v1/citations/…``).
        text: the document's text from ``start`` to ``end``.
        score: higher is better; comparable within one query only.
        metadata: ``doc``, ``title``, ``start``, ``end``, ``heading_path`` and ``page``, as in the JSON of a hit.
    """

    id: str
    text: str
    score: float
    metadata: dict[str, Any]


class PassageSource:
    """Searches an index here or asks a server; the passages and their order are the same.

    Args:
        index: an index folder, or an engine that is open already.
        corpus: a folder of documents; the index is built from it, or brought up to date with it, when it is opened.
        address: of a server, such as ``http://127.0.0.1:7860``; then there is no index here.
        token: what the server asks for; empty where it asks for none.

    Raises:
        UsageError: the address is none, or both an address and documents are given.
    """

    def __init__(
        self, index: Footnote | Path | str, *, corpus: Path | str | None = None, address: str = "", token: str = ""
    ) -> None:
        if address and corpus is not None:
            raise UsageError("a server has its own documents", where=str(corpus), remedy="leave out corpus or address")
        if address and not address.startswith(("https://", "http://")):
            raise UsageError("this is no server's address", where=address, remedy="write http://127.0.0.1:7860")
        self._engine = index if isinstance(index, Footnote) else None
        self._index = index
        self._corpus = corpus
        self._address = address.rstrip("/")
        self._token = token
        self._opening = threading.Lock()

    def open(self) -> None:
        """Open the index, or build it first; nothing where it is open, or a server is asked.

        Raises:
            FootnoteError: it cannot be opened or built; says why and what to do.
        """
        with self._opening:
            if self._engine is None and not self._address:
                assert not isinstance(self._index, Footnote), "then it is open"
                if self._corpus is None:
                    self._engine = Footnote.open(self._index)
                else:
                    self._engine, _ = Footnote.build(self._corpus, self._index)

    def search(self, query: str, k: int, documents: Sequence[str] | None = None) -> list[FoundPassage]:
        """The k best passages for a query, best first.

        Args:
            query: as a person would ask.
            k: how many; a server gives 50 at most.
            documents: ids of the documents to search; None for all.

        Raises:
            FootnoteError: the query is empty or too long, or the index or the server cannot be asked.
        """
        if k < 1:
            raise UsageError(f"{k} passages cannot be found", remedy="ask for 1 or more")
        if self._address:
            return [_found(hit) for hit in self._ask_server({"query": query, "k": k, "documents": documents})]
        self.open()
        assert self._engine is not None, "it was just opened"
        self._engine.refresh()
        allowed = None if documents is None else frozenset(documents)
        return [_found(to_json(hit)) for hit in self._engine.search(query, k, allowed=allowed)]

    def _ask_server(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        import httpx2

        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            response = httpx2.post(
                f"{self._address}/api/v1/search", json=body, headers=headers, timeout=TIMEOUT_SECONDS
            )
            said = response.json()
            if response.is_success:
                return list(said["hits"])
            told = [f"{each['where'].removeprefix('body.')}: {each['what']}" for each in said["errors"]]
            what, remedy = "; ".join([said["detail"], *told]), said["remedy"]
        except httpx2.HTTPError as error:
            remedy = "start one with: footnote serve"
            raise FootnoteError(f"no server answers ({error})", where=self._address, remedy=remedy) from error
        except (ValueError, LookupError, TypeError) as error:
            raise FootnoteError("what answers there is no Footnote", where=self._address) from error
        raise FootnoteError(what, where=self._address, remedy=remedy)


def _found(hit: Mapping[str, Any]) -> FoundPassage:
    """A passage from the JSON of a hit."""
    metadata = {key: hit[key] for key in ("doc", "title", "start", "end", "heading_path", "page")}
    return FoundPassage(f"{hit['doc']}:{hit['start']}-{hit['end']}", hit["text"], hit["score"], metadata)

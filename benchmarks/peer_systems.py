"""One system as a process: it indexes passages, then answers each line of its input with what it found and how long it took.

    python benchmarks/peer_systems.py SYSTEM CHUNKS.jsonl MODEL_DIR [VECTORS.npz]

Every system is used as its own documentation shows first.  With VECTORS.npz texts are looked up there and not encoded: for
comparing what is found, not how fast.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Search = Callable[[str, int], Sequence[int]]
"""Question and k to the numbers of the passages found, best first."""


class Lookup:
    """Texts to vectors that were made before."""

    def __init__(self, path: str) -> None:
        import numpy as np

        data = np.load(path, allow_pickle=False)
        self._rows = dict(zip(data["texts"].tolist(), data["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Any:
        import numpy as np

        return np.stack([self._rows[text] for text in texts]).astype(np.float32)


def langchain(texts: Sequence[str], model: str, lookup: Lookup | None) -> Search:
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import Embeddings
    from langchain_huggingface import HuggingFaceEmbeddings

    class Given(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return lookup(texts).tolist()  # type: ignore[misc]

        def embed_query(self, text: str) -> list[float]:
            return lookup([text])[0].tolist()  # type: ignore[misc]

    embeddings = Given() if lookup else HuggingFaceEmbeddings(model_name=model)
    store = FAISS.from_texts(list(texts), embeddings, metadatas=[{"n": n} for n in range(len(texts))])
    return lambda question, k: [found.metadata["n"] for found in store.similarity_search(question, k=k)]


def llamaindex(texts: Sequence[str], model: str, lookup: Lookup | None) -> Search:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    class Given(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return lookup([text])[0].tolist()  # type: ignore[misc]

        _get_query_embedding = _get_text_embedding

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    embeddings = Given() if lookup else HuggingFaceEmbedding(model_name=model)
    nodes = [TextNode(text=text, id_=str(n)) for n, text in enumerate(texts)]
    index = VectorStoreIndex(nodes, embed_model=embeddings)
    retrievers = {k: index.as_retriever(similarity_top_k=k) for k in (5, 10)}
    return lambda question, k: [int(found.node.node_id) for found in retrievers[k].retrieve(question)]


def txtai(texts: Sequence[str], model: str, lookup: Lookup | None) -> Search:
    from txtai import Embeddings

    if lookup:

        def given(some: Sequence[str]) -> Any:
            # txtai calls nothing but plain functions.
            return lookup(some)

        embeddings = Embeddings(method="external", transform=given, hybrid=True, content=False)
    else:
        embeddings = Embeddings(path=model, hybrid=True, content=False)
    embeddings.index(list(texts))
    return lambda question, k: [int(n) for n, _ in embeddings.search(question, k)]


def haystack(texts: Sequence[str], model: str, lookup: Lookup | None) -> Search:
    from haystack import Document
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    documents = [Document(id=str(n), content=text) for n, text in enumerate(texts)]
    if lookup:
        documents = [
            Document(id=str(n), content=text, embedding=row.tolist())
            for n, (text, row) in enumerate(zip(texts, lookup(texts), strict=True))
        ]
    else:
        embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
        embedder.warm_up()
        documents = embedder.run(documents)["documents"]
    store.write_documents(documents)
    asker = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    if not lookup:
        asker.warm_up()
    retriever = InMemoryEmbeddingRetriever(store)

    def search(question: str, k: int) -> list[int]:
        vector = lookup([question])[0].tolist() if lookup else asker.run(question)["embedding"]
        return [int(found.id) for found in retriever.run(query_embedding=vector, top_k=k)["documents"]]

    return search


def chroma(texts: Sequence[str], model: str, lookup: Lookup | None) -> Search:
    import chromadb
    from chromadb.config import Settings
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

    client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
    function = None if lookup else SentenceTransformerEmbeddingFunction(model_name=model)
    collection = client.create_collection("passages", embedding_function=function)
    for at in range(0, len(texts), 1000):
        some = list(texts[at : at + 1000])
        ids = [str(n) for n in range(at, at + len(some))]
        if lookup:
            collection.add(ids=ids, documents=some, embeddings=lookup(some))
        else:
            collection.add(ids=ids, documents=some)

    def search(question: str, k: int) -> list[int]:
        asked = {"query_embeddings": lookup([question])} if lookup else {"query_texts": [question]}
        return [int(n) for n in collection.query(**asked, n_results=k)["ids"][0]]

    return search


SYSTEMS = {"langchain": langchain, "llamaindex": llamaindex, "txtai": txtai, "haystack": haystack, "chroma": chroma}


def main() -> None:
    name, chunks, model = sys.argv[1:4]
    lookup = Lookup(sys.argv[4]) if len(sys.argv) > 4 else None
    # The libraries talk on stdout; the answers go where they cannot.
    answers, sys.stdout = sys.stdout, sys.stderr
    texts = [json.loads(line)["text"] for line in Path(chunks).read_text(encoding="utf-8").splitlines()]
    print("ready to index", file=answers, flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    search = SYSTEMS[name](texts, model, lookup)
    print(json.dumps({"seconds": time.perf_counter() - began}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        found = search(asked["question"], asked["k"])
        milliseconds = (time.perf_counter() - began) * 1000
        print(json.dumps({"ms": milliseconds, "found": list(found)}), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""The retrievers for other frameworks, with the real packages: from an index here and from a server, the same passages."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from browser_support import LIGHT, served
from conftest import write_corpus
from fakes import TOKEN, HashingEncoder
from footnote.engine import Footnote
from footnote.errors import FootnoteError, IndexMissing, QuestionError, UsageError
from footnote.integrations.passage_source import PassageSource
from footnote.settings import Settings

# Haystack would tell its makers of each pipeline that runs.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

try:
    from langchain_tests.integration_tests import RetrieversIntegrationTests
except ModuleNotFoundError:

    class RetrieversIntegrationTests:
        def test_the_standard_ones(self) -> None:
            pytest.skip("langchain-tests is not installed")


QUERY = "How long does a day on Titan last?"


class Place(NamedTuple):
    index: Path
    address: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An index, and a server over it that asks for a token."""
    home = tmp_path_factory.mktemp("retrievers")
    (home / "corpus").mkdir()
    with served(write_corpus(home / "corpus"), home / "index", *LIGHT, FOOTNOTE_TOKEN=TOKEN) as address:
        yield Place(home / "index", str(address))


@pytest.fixture(scope="module")
def opened(place: Place) -> Iterator[Footnote]:
    """The same index, asked as the server asks it."""
    with Footnote.open(place.index, settings=Settings(reranker="small")) as footnote:
        yield footnote


def found_by(footnote: Footnote, k: int) -> list[tuple[str, str, float]]:
    """What a retriever has to give: ids, texts and scores."""
    hits = footnote.search(QUERY, k)
    return [(f"{h.document_id}:{h.span.start}-{h.span.end}", h.text, float(f"{h.score:.6g}")) for h in hits]


def framework(name: str, package: str) -> Any:
    """The retriever's class; the test is skipped where the framework is not installed."""
    pytest.importorskip(package, reason=f"{package} is not installed")
    return importlib.import_module(f"footnote.integrations.{name}").FootnoteRetriever


@pytest.mark.slow
class TestSource:
    def test_a_server_gives_what_its_index_gives(self, place, opened):
        there = PassageSource("none", address=f"{place.address}/", token=TOKEN)
        here = PassageSource(opened)
        for k, documents in ((1, None), (3, None), (5, ["tea.txt"])):
            found = here.search(QUERY, k, documents)
            assert there.search(QUERY, k, documents) == found
            assert {each.metadata["doc"] for each in found} <= {*(documents or ["moons.md", "tea.txt"])}
        document = opened.document(found[0].metadata["doc"])
        assert document.text[found[0].metadata["start"] : found[0].metadata["end"]] == found[0].text

    def test_what_cannot_be_asked_is_one_line_that_says_what_to_do(self, place):
        for source, told in (
            (PassageSource("", address=place.address, token="guessed"), "the token"),
            (PassageSource("", address=f"{place.address}/readyz", token=TOKEN), "There is nothing here"),
            (PassageSource("", address="http://127.0.0.1:9"), "footnote serve"),
        ):
            with pytest.raises(FootnoteError, match=told) as refused:
                source.search(QUERY, 3)
            assert "\n" not in str(refused.value)
        with pytest.raises(FootnoteError, match="Input should be less than or equal to 50"):
            PassageSource("", address=place.address, token=TOKEN).search(QUERY, 51)


class TestSourceHere:
    def test_a_folder_of_documents_is_indexed_first(self, tiny_corpus, tmp_path, monkeypatch):
        monkeypatch.setattr("footnote.engine.load_encoder", lambda _: HashingEncoder())
        source = PassageSource(tmp_path / "index", corpus=tiny_corpus)
        assert source.search("Titan", 1)[0].metadata["title"] == "Moons of the giants"
        (tiny_corpus / "late.txt").write_text("Pluto\nA day on Pluto lasts 153 hours.\n", encoding="utf-8")
        again = PassageSource(tmp_path / "index", corpus=tiny_corpus)
        assert again.search("Pluto", 1)[0].metadata["doc"] == "late.txt"
        # What is open follows the index.
        assert source.search("Pluto", 1)[0].metadata["doc"] == "late.txt"

    def test_what_makes_no_sense_is_refused_at_once(self, engine, tmp_path):
        with pytest.raises(UsageError, match="its own documents"):
            PassageSource("index", corpus="corpus", address="http://127.0.0.1:1")
        with pytest.raises(UsageError, match="no server's address"):
            PassageSource("index", address="127.0.0.1:7860")
        with pytest.raises(UsageError, match="1 or more"):
            PassageSource(engine).search(QUERY, 0)
        with pytest.raises(QuestionError, match="empty"):
            PassageSource(engine).search(" ", 3)
        with pytest.raises(IndexMissing):
            PassageSource(tmp_path / "none").open()

    def test_what_answers_but_is_no_footnote_is_told(self, monkeypatch):
        import httpx2

        for body in (b"<html>", b"[]", b'{"hits": 3}', b"{}"):
            monkeypatch.setattr("httpx2.post", lambda *_, body=body, **__: httpx2.Response(200, content=body))
            with pytest.raises(FootnoteError, match="no Footnote"):
                PassageSource("", address="http://127.0.0.1:1").search(QUERY, 1)

    @pytest.mark.parametrize(
        ("name", "package"), [("langchain", "langchain_core"), ("llamaindex", "llama_index"), ("haystack", "haystack")]
    )
    def test_without_its_framework_a_retriever_says_what_to_install(self, monkeypatch, name, package):
        for each in [each for each in sys.modules if each.partition(".")[0] == package]:
            monkeypatch.delitem(sys.modules, each)
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(sys.modules, f"footnote.integrations.{name}", raising=False)
        with pytest.raises(ModuleNotFoundError, match=rf"pip install 'footnote\[{name}\]'"):
            importlib.import_module(f"footnote.integrations.{name}")


class _Standard(RetrieversIntegrationTests):
    """LangChain's own tests of a retriever."""

    @property
    def retriever_constructor(self) -> Any:
        return framework("langchain", "langchain_core")

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return self.params

    @property
    def retriever_query_example(self) -> str:
        return QUERY


@pytest.mark.slow
@pytest.mark.anyio
class TestLangChainHere(_Standard):
    @pytest.fixture(autouse=True)
    def _params(self, opened: Footnote) -> None:
        self.params = {"index": opened}


@pytest.mark.slow
@pytest.mark.anyio
class TestLangChainOverHttp(_Standard):
    @pytest.fixture(autouse=True)
    def _params(self, place: Place) -> None:
        self.params = {"address": place.address, "token": TOKEN}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.slow
class TestLangChain:
    def test_documents_are_the_passages(self, opened):
        retriever = framework("langchain", "langchain_core")(index=opened, k=3)
        given = retriever.invoke(QUERY)
        assert [(d.id, d.page_content, d.metadata["score"]) for d in given] == found_by(opened, 3)
        assert given[0].metadata["doc"] == "moons.md"
        assert len(asyncio.run(retriever.ainvoke(QUERY, k=2))) == 2
        assert [each.id for each in retriever.batch([QUERY])[0]] == [each.id for each in given]

    def test_the_token_is_not_shown(self, place):
        retriever = framework("langchain", "langchain_core")(address=place.address, token=TOKEN)
        assert retriever.invoke(QUERY)
        assert TOKEN not in f"{retriever!r} {retriever} {retriever.model_dump_json()}"

    def test_it_is_a_step_of_a_chain(self, opened):
        chain = framework("langchain", "langchain_core")(index=opened, k=1) | (lambda found: found[0].page_content)
        assert "15 days and 22 hours" in chain.invoke(QUERY)


@pytest.mark.slow
class TestLlamaIndex:
    def test_nodes_are_the_passages(self, place, opened):
        made = framework("llamaindex", "llama_index.core")
        for retriever in (
            made(opened, similarity_top_k=3),
            made(address=place.address, token=TOKEN, similarity_top_k=3),
        ):
            given = retriever.retrieve(QUERY)
            assert [(each.node_id, each.text, each.score) for each in given] == found_by(opened, 3)
            assert asyncio.run(retriever.aretrieve(QUERY)) == given
        first = given[0].node
        assert opened.document(first.ref_doc_id).text[first.start_char_idx : first.end_char_idx] == first.text
        assert "start" not in first.get_metadata_str("llm")

    def test_only_the_named_documents_are_searched(self, opened):
        retriever = framework("llamaindex", "llama_index.core")(opened, documents=["tea.txt"])
        assert {each.node.metadata["doc"] for each in retriever.retrieve(QUERY)} == {"tea.txt"}


@pytest.mark.slow
class TestHaystack:
    def test_documents_are_the_passages_also_in_a_pipeline_that_was_written_and_read(self, place, opened, monkeypatch):
        made = framework("haystack", "haystack")
        from haystack import Pipeline

        monkeypatch.setenv("FOOTNOTE_TOKEN", TOKEN)
        pipeline = Pipeline()
        pipeline.add_component("retriever", made(address=place.address, top_k=3))
        written = pipeline.dumps()
        assert TOKEN not in written
        assert "FOOTNOTE_TOKEN" in written
        for each in (pipeline, Pipeline.loads(written, allowed_modules=["footnote.integrations.haystack"])):
            given = each.run({"retriever": {"query": QUERY}})["retriever"]["documents"]
            assert [(d.id, d.content, d.score) for d in given] == found_by(opened, 3)
            assert given[0].meta["heading_path"] == list(opened.search(QUERY, 1)[0].heading_path)
        assert len(pipeline.run({"retriever": {"query": QUERY, "top_k": 1}})["retriever"]["documents"]) == 1

    def test_an_index_here_is_opened_when_the_pipeline_warms_up(self, place, tmp_path):
        made = framework("haystack", "haystack")
        retriever = made(place.index, top_k=2)
        retriever.warm_up()
        assert len(retriever.run(query=QUERY)["documents"]) == 2
        with pytest.raises(IndexMissing):
            made(tmp_path / "none").warm_up()
        with pytest.raises(UsageError, match="1 or more"):
            made(place.index, top_k=0)

"""What every index and every builder has to keep, as tests that any of them can be put to.

    from footnote.store.contract import IndexContract

    class TestMine(IndexContract):
        def builder(self, place, **options): return MyBuilder(place, **options)
        def index(self, place, **options): return MyIndex.open(place, **options)

pytest gives each test a folder of its own, ``tmp_path``, in which ``place`` is a name: a remote store may take it for the name of
a collection.  Nothing but the two protocols is asked, and no file is looked at: how an index is kept is its own affair.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from footnote.errors import FootnoteError, IndexMismatch, IndexMissing, NotFound
from footnote.records import Block, Document, Passage, Sentence, Span
from footnote.store.entries import DocumentEntry, FloatArray, PassageEntry, PassageVectors, Unread, passage_key
from footnote.store.protocol import Index, IndexBuilder, all_documents
from footnote.terms import analyse, is_answer_type, sentence_terms, term_id, words

DIMENSION = 32
ENCODER = "contract"
THINGS = (
    "moon",
    "tea",
    "glacier",
    "violin",
    "harbour",
    "lichen",
    "comet",
    "bread",
    "falcon",
    "copper",
    "willow",
    "amber",
)
ROUNDED = 2e-3
"""A stored vector's components may be rounded to 16 bits."""
APPROXIMATE = 0.03
"""An approximate search ranks by products that may be off by so much."""


def unit_vector(text: str) -> FloatArray:
    """A unit vector for a text: the sum of those of its words, each drawn from the word's digest."""
    total = np.full(DIMENSION, 1e-3)
    for word in words(text):
        seed = int.from_bytes(hashlib.sha256(word.text.encode()).digest()[:8], "little")
        total += np.random.default_rng(seed).standard_normal(DIMENSION)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


def entry(number: int, paragraphs: int = 3) -> DocumentEntry:
    """A document with a heading and passages of two sentences."""
    name, other = f"{THINGS[number % len(THINGS)]} {number}", THINGS[(number * 5 + 2) % len(THINGS)]
    lines = [f"About the {name}"]
    lines += [
        f"The {name} carries the {other} for {n + 2} days. Nobody counted part {n} of it." for n in range(paragraphs)
    ]
    text = "\n".join(lines)
    places = [Span(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    blocks = (Block("heading", places[0], level=1), *(Block("paragraph", span, headings=(0,)) for span in places[1:]))
    document_id = f"part/document-{number:03d}.txt"
    digest = hashlib.sha256(text.encode()).hexdigest()
    document = Document(
        id=document_id,
        title=lines[0],
        text=text,
        sha256=digest,
        blocks=blocks,
        source=f"https://example.org/{number}",
    )
    return DocumentEntry(document, tuple(_passage(document, n, span) for n, span in enumerate(places[1:], start=1)))


def _passage(document: Document, block: int, span: Span) -> PassageEntry:
    text = span.of(document.text)
    ends = [match.end() for match in re.finditer(r"\.(?: |$)", text)]
    spans = [Span(span.start + at, span.start + end) for at, end in zip([0, *ends], ends, strict=False)]
    sentences = tuple(Sentence(each, block, "paragraph") for each in spans)
    said = [each.of(document.text) for each in spans]
    passage = Passage(f"{document.id}:{span.start}-{span.end}", document.id, span, (document.title,), sentences)
    return PassageEntry(
        passage=passage,
        input_sha256=hashlib.sha256(f"{document.id} {text}".encode()).hexdigest(),
        vector=unit_vector(text),
        sentence_vectors=np.stack([unit_vector(each) for each in said]),
        heading_vector=unit_vector(document.title),
        sentence_terms=tuple(tuple(sentence_terms(each)) for each in said),
        heading_terms=tuple(analyse(document.title)),
        words=frozenset(word.text for word in words(f"{document.title} {text}")),
    )


def entries(numbers: Iterable[int]) -> list[DocumentEntry]:
    return [entry(number) for number in numbers]


def keys_of(every: Iterable[DocumentEntry]) -> list[int]:
    return [passage_key(each.document.id, n) for each in every for n in range(len(each.passages))]


def refused(error: type[FootnoteError | KeyError], call: Callable[[], object]) -> bool:
    """Whether a call raises this error."""
    try:
        call()
    except error:
        return True
    return False


class IndexContract:
    """Base of the tests of a kind of index; a subclass says how one is opened and built."""

    count = 12
    """Documents in the index that most tests ask."""

    def builder(self, place: Path, **options: Any) -> IndexBuilder:
        """What writes the index at a place; options as of ``open_builder``."""
        raise NotImplementedError

    def index(self, place: Path, **options: Any) -> Index:
        """The newest generation of the index at a place; options as of ``open_index``."""
        raise NotImplementedError

    def _write(
        self, place: Path, added: Iterable[DocumentEntry] = (), removed: Iterable[str] = (), **options: Any
    ) -> int:
        chosen = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION, **options}
        with self.builder(place, **chosen) as builder:
            return builder.commit(list(added), list(removed))

    def _made(self, tmp_path: Path) -> tuple[Index, list[DocumentEntry]]:
        every = entries(range(self.count))
        self._write(tmp_path / "index", every)
        return self.index(tmp_path / "index"), every

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        assert [summary.id for summary in all_documents(index)] == [each.document.id for each in every]
        for each in every:
            assert index.document(each.document.id) == each.document
            assert index.text_of(each.document.id) == (each.document.title, each.document.text)
        passages = [passage.passage for each in every for passage in each.passages]
        assert index.passages(keys_of(every)[::-1]) == passages[::-1]
        facts = index.facts
        assert (facts.generation, facts.documents, facts.passages) == (1, len(every), len(passages))
        assert (facts.encoder_fingerprint, facts.dimension) == (ENCODER, DIMENSION)
        stems = [
            t
            for each in every
            for p in each.passages
            for terms in p.sentence_terms
            for t in terms
            if not is_answer_type(t)
        ]
        assert np.isclose(facts.mean_terms, len(stems) / len(passages))
        assert index.health() == ""
        index.close()

    def test_documents_come_in_pages_by_id(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        ids, found, after = [each.document.id for each in every], list[str](), ""
        while page := index.documents(after=after, limit=5):
            assert len(page) <= 5
            found += [summary.id for summary in page]
            after = found[-1]
        assert found == ids
        assert [summary.id for summary in index.documents(after="part/document-007", limit=1)] == [ids[7]]
        index.close()

    def test_what_is_not_there_is_said_so(self, tmp_path: Path) -> None:
        index, _ = self._made(tmp_path)
        assert refused(NotFound, lambda: index.document("gone.txt"))
        assert refused(NotFound, lambda: index.text_of("gone.txt"))
        assert refused(KeyError, lambda: index.passages([12_345]))
        assert refused(KeyError, lambda: index.candidates([12_345], unit_vector("moon")))
        assert (index.passages([]), len(index.candidates([], unit_vector("moon")).keys)) == ([], 0)
        index.close()

    def test_keys_are_the_same_in_every_index(self, tmp_path: Path) -> None:
        one, every = self._made(tmp_path)
        self._write(tmp_path / "other", [every[7]])
        self._write(tmp_path / "other", [every[2]])
        other = self.index(tmp_path / "other")
        keys = keys_of([every[7], every[2]])
        assert other.passages(keys) == one.passages(keys)
        vector = unit_vector("the moon carries tea")
        found = other.search_all(vector, analyse("moon tea"), 50)
        assert sorted(found.tolist()) == sorted(keys)
        one.close()
        other.close()

    def test_candidates_are_what_ranking_needs(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        vector, keys = unit_vector("the moon carries tea"), keys_of(every)[::-1]
        found = index.candidates(keys, vector)
        passages = [(n, each) for n, each in ((n, p) for one in every for n, p in enumerate(one.passages))][::-1]
        assert found.keys.tolist() == keys
        assert found.ordinals.tolist() == [n for n, _ in passages]
        assert found.document_places.tolist() == [n for n, one in enumerate(every) for _ in one.passages][::-1]
        for row, (_, passage) in enumerate(passages):
            first, end = found.sentence_offsets[row : row + 2]
            assert np.isclose(found.passage_similarity[row], passage.vector @ vector, atol=ROUNDED)
            assert np.isclose(found.heading_similarity[row], passage.heading_vector @ vector, atol=ROUNDED)
            assert np.allclose(found.sentence_similarity[first:end], passage.sentence_vectors @ vector, atol=ROUNDED)
            for number, terms in enumerate(passage.sentence_terms, start=int(first)):
                assert found.terms[found.term_sentences == number].tolist() == [term_id(term) for term in terms]
            first, end = found.heading_term_offsets[row : row + 2]
            assert found.heading_terms[first:end].tolist() == [term_id(term) for term in passage.heading_terms]
        index.close()

    def test_each_of_the_three_searches_brings_its_best(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        passages = dict(zip(keys_of(every), (p for e in every for p in e.passages), strict=True))
        for text in ("The moon 0 carries the glacier for 2 days.", "willow", "Nobody counted part 2 of it."):
            vector = unit_vector(text)
            nearest = sorted((float(p.vector @ vector) for p in passages.values()), reverse=True)[:3]
            closest = sorted((float((p.sentence_vectors @ vector).max()) for p in passages.values()), reverse=True)[:3]
            found = index.search_all(vector, analyse(text), 3, {"body": 1.0, "heading": 1.5})
            assert found.dtype == np.int64
            assert len(set(found.tolist())) == len(found)
            got = [passages[key] for key in found.tolist()]
            by_passage = sorted((float(p.vector @ vector) for p in got), reverse=True)[:3]
            by_sentence = sorted((float((p.sentence_vectors @ vector).max()) for p in got), reverse=True)[:3]
            # Which of equals is found is open, but not how near it is.
            assert np.allclose(by_passage, nearest, atol=APPROXIMATE)
            assert np.allclose(by_sentence, closest, atol=APPROXIMATE)
            alone = index.search_passages(vector, 3)
            assert np.allclose(alone.scores, nearest, atol=APPROXIMATE)
            assert np.allclose(
                alone.scores, [passages[key].vector @ vector for key in alone.keys.tolist()], atol=APPROXIMATE
            )
            assert set(alone.keys.tolist()) <= set(found.tolist())
            by_terms = index.search_terms(analyse(text), 3, {"body": 1.0, "heading": 1.5}).keys
            assert set(by_terms.tolist()) <= set(found.tolist())
            assert index.search_all(vector, analyse(text), 3, {"body": 1.0, "heading": 1.5}).tolist() == found.tolist()
        assert refused(IndexMismatch, lambda: index.search_all(np.ones(3, dtype=np.float32), [], 3))
        index.close()

    def test_terms_are_found_where_they_stand_best_first(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        stems = analyse("falcon days nobody")
        found = index.search_terms(stems, 1_000)
        holding = [
            key
            for key, p in zip(keys_of(every), (p for each in every for p in each.passages), strict=True)
            if set(stems) & {*p.heading_terms, *(term for terms in p.sentence_terms for term in terms)}
        ]
        assert sorted(found.keys.tolist()) == sorted(holding)
        # Equals stand as their documents do.
        places = np.array([keys_of(every).index(key) for key in found.keys.tolist()])
        assert np.array_equal(np.lexsort((places, -found.scores)), np.arange(len(places)))
        for k in (1, 2, 7):
            assert index.search_terms(stems, k).keys.tolist() == found.keys[:k].tolist()
        falcons = index.passages(index.search_terms(analyse("falcon"), 1).keys)
        assert "falcon" in falcons[0].span.of(index.text_of(falcons[0].document_id)[1])
        for nothing in ([], ["#number"], ["unheard"]):
            assert len(index.search_terms(nothing, 5).keys) == 0
        index.close()

    def test_only_allowed_documents_are_searched(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        text = "The moon carries the tea for 2 days"
        for names in (
            {every[3].document.id},
            {every[3].document.id, every[8].document.id, "gone.txt"},
            {"gone.txt"},
            set(),
        ):
            allowed = frozenset[str](names)
            inside = sorted(keys_of(each for each in every if each.document.id in allowed))
            assert sorted(index.search_all(unit_vector(text), analyse(text), 50, allowed=allowed).tolist()) == inside
            assert sorted(index.search_terms(analyse("nobody"), 50, allowed=allowed).keys.tolist()) == inside
        index.close()

    def test_counts_of_words_and_stems(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        expected, spelled = Counter[str](), Counter[str]()
        for each in every:
            for passage in each.passages:
                expected.update({*passage.heading_terms, *(t for terms in passage.sentence_terms for t in terms)})
                spelled.update(passage.words)
        asked = [*analyse("moon tea nobody counted"), "unheard", "#number"]
        wanted = {stem: 0 if is_answer_type(stem) else expected[stem] for stem in asked}
        assert index.document_frequencies(asked) == wanted
        assert dict(index.vocabulary()) == dict(spelled)
        index.close()

    def test_an_open_index_stays_as_it_was(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        gone, came = every[5], entry(self.count + 1)
        assert not index.stale()
        assert self._write(tmp_path / "index", [came], [gone.document.id]) == 2
        assert index.stale()
        assert index.document(gone.document.id) == gone.document
        assert len(index.search_terms(analyse("nobody"), 1_000).keys) == index.facts.passages == len(keys_of(every))
        newer = self.index(tmp_path / "index")
        assert (newer.stale(), newer.facts.generation) == (False, 2)
        assert newer.facts.fingerprint != index.facts.fingerprint
        index.close()
        newer.close()

    def test_what_is_removed_or_changed_is_found_no_more(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        index.close()
        shorter = entry(7, paragraphs=1)
        self._write(tmp_path / "index", [shorter], [every[5].document.id])
        left = [shorter if each is every[7] else each for each in every if each is not every[5]]
        self._write(tmp_path / "fresh", left)
        grown, fresh = self.index(tmp_path / "index"), self.index(tmp_path / "fresh")
        vector, stems = unit_vector("The lichen 5 carries it"), analyse("lichen nobody")
        for each in (grown, fresh):
            assert sorted(each.search_all(vector, stems, 1_000).tolist()) == sorted(keys_of(left))
            assert refused(NotFound, lambda each=each: each.document(every[5].document.id))  # type: ignore[misc]
            assert refused(KeyError, lambda each=each: each.passages([passage_key(every[7].document.id, 2)]))  # type: ignore[misc]
        assert grown.facts.fingerprint == fresh.facts.fingerprint
        assert grown.search_terms(stems, 9).keys.tolist() == fresh.search_terms(stems, 9).keys.tolist()
        assert dict(grown.vocabulary()) == dict(fresh.vocabulary())
        assert grown.document_frequencies(stems) == fresh.document_frequencies(stems)
        grown.close()
        fresh.close()

    def test_a_builder_knows_what_need_not_be_done_again(self, tmp_path: Path) -> None:
        every, place = entries(range(3)), tmp_path / "index"
        options = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION, "splitting": "one"}
        with self.builder(place, **options) as builder:
            assert (builder.base, builder.known(), builder.unread(), builder.needs_commit()) == (None, {}, (), True)
            unread = (Unread("broken.pdf", "0" * 64, "is damaged"),)
            assert builder.commit(every, unread=unread) == 1
            assert builder.known() == {each.document.id: each.document.sha256 for each in every}
            assert (builder.unread(), builder.needs_commit()) == (unread, False)
            assert builder.base == self.index(place).facts
            digest = every[1].passages[2].input_sha256
            (found,) = builder.vectors_for([digest, "0" * 64]).items()
            assert found[0] == digest
            assert np.allclose(found[1].sentences, every[1].passages[2].sentence_vectors, atol=ROUNDED)
        with self.builder(place, **{**options, "splitting": "other"}) as builder:
            assert (builder.known(), builder.unread(), builder.needs_commit()) == ({}, (), True)
            assert list(builder.vectors_for([digest])) == [digest]
        with self.builder(place, **{**options, "encoder_fingerprint": "other"}) as builder:
            assert (builder.known(), builder.needs_commit()) == ({}, True)
            assert builder.vectors_for([digest]) == {}

    def test_vectors_outlive_an_interrupted_run(self, tmp_path: Path) -> None:
        place, passage = tmp_path / "index", entry(0).passages[0]
        vectors = PassageVectors(passage.vector, passage.sentence_vectors, passage.heading_vector)
        options = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION}
        with self.builder(place, **options) as builder:
            builder.keep_vectors({passage.input_sha256: vectors})
        with self.builder(place, **options) as builder:
            (again,) = builder.vectors_for([passage.input_sha256]).values()
            assert np.allclose(again.passage, vectors.passage, atol=ROUNDED)
            assert again.sentences.shape == vectors.sentences.shape
            builder.forget_vectors()
            assert builder.vectors_for([passage.input_sha256]) == {}

    def test_an_index_is_opened_by_its_own_encoder_only(self, tmp_path: Path) -> None:
        assert refused(IndexMissing, lambda: self.index(tmp_path / "nothing"))
        index, _ = self._made(tmp_path)
        index.close()
        assert refused(IndexMismatch, lambda: self.index(tmp_path / "index", encoder_fingerprint="other"))
        self.index(tmp_path / "index", encoder_fingerprint=ENCODER).close()

    def test_an_emptied_index_finds_nothing(self, tmp_path: Path) -> None:
        index, every = self._made(tmp_path)
        index.close()
        self._write(tmp_path / "index", removed=[each.document.id for each in every])
        empty = self.index(tmp_path / "index")
        assert (empty.facts.documents, empty.facts.passages, empty.facts.mean_terms) == (0, 0, 0.0)
        assert (empty.documents(), dict(empty.vocabulary())) == ((), {})
        assert len(empty.search_all(unit_vector("moon"), analyse("moon"), 5)) == 0
        assert empty.document_frequencies(["moon"]) == {"moon": 0}
        empty.close()

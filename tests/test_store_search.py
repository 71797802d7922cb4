"""The three searches against plain numpy and a BM25 written out."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from footnote.store import LocalIndex, topk
from footnote.terms import analyse, is_answer_type
from store_builders import SUBJECTS, all_keys, make_entries, make_entry, make_text, query, writer

COUNT = 40


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> LocalIndex:
    folder = tmp_path_factory.mktemp("search") / "index"
    with writer(folder) as open_writer:
        twins = [make_entry(f"twin-{n}.txt", make_text(7)) for n in range(6)]
        open_writer.commit([*make_entries(range(COUNT)), *twins])
    return LocalIndex.open(folder)


@pytest.fixture(scope="module")
def everything(reader: LocalIndex) -> np.ndarray:
    return all_keys(reader)


def rows_of(everything: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Places of some keys among all."""
    rows = {key: n for n, key in enumerate(everything.tolist())}
    return np.array([rows[key] for key in keys.tolist()], dtype=int)


def ranked(keys: np.ndarray, scores: np.ndarray, k: int) -> list[int]:
    return keys[np.argsort(-scores, kind="stable")][:k].tolist()


@pytest.mark.parametrize("k", [1, 5, 50, 10_000])
@pytest.mark.parametrize("text", ["The moon circles the tea", "Nobody saw part 1 of violin 13", "zebra"])
def test_passages_as_in_numpy(reader: LocalIndex, everything: np.ndarray, text: str, k: int) -> None:
    scores = reader.candidates(everything, query(text)).passage_similarity
    keys, found = reader.search_passages(query(text), k)
    assert (keys.dtype, found.dtype) == (np.int64, np.float32)
    assert np.allclose(found, scores[rows_of(everything, keys)], atol=1e-6)
    assert keys.tolist() == ranked(everything, scores.round(5), k) or np.allclose(
        found, np.sort(scores)[::-1][:k], atol=1e-6
    )
    assert np.array_equal(np.lexsort((rows_of(everything, keys), -found)), np.arange(len(keys)))


@pytest.mark.parametrize("k", [1, 5, 50, 10_000])
def test_sentences_give_distinct_passages_with_their_best(reader: LocalIndex, everything: np.ndarray, k: int) -> None:
    vector = query("The tea 1 feeds the comet")
    candidates = reader.candidates(everything, vector)
    best = np.maximum.reduceat(candidates.sentence_similarity, candidates.sentence_offsets[:-1])
    keys, found = reader.search_sentences(vector, k)
    assert len(set(keys.tolist())) == len(keys) == min(k, len(everything))
    assert np.allclose(found, best[rows_of(everything, keys)], atol=1e-6)
    assert np.allclose(found, np.sort(best)[::-1][:k], atol=1e-6)


def test_ties_go_to_the_first_in_the_documents_order_also_at_the_end_of_the_list(
    reader: LocalIndex, everything: np.ndarray
) -> None:
    vector = query(make_text(7).split("\n")[1])
    for search in (reader.search_passages, reader.search_sentences):
        longest, scores = search(vector, 50)
        for k in range(1, 12):
            assert search(vector, k)[0].tolist() == longest[:k].tolist()
        equal = longest[scores == scores[0]]
        assert len(equal) >= 6
        rows = rows_of(everything, equal).tolist()
        assert rows == sorted(rows)


def fieldnorm(length: int) -> int:
    """Tantivy keeps a length in one byte: exact up to 40, then in growing steps."""
    ids = [*range(40)]
    while ids[-1] < length:
        step = 2 ** ((len(ids) - 40) // 8 + 1)
        ids.append(ids[-1] + step)
    return max(n for n in ids if n <= length)


@pytest.mark.parametrize("question", ["moon tea days", "nobody saw the violin", "part 2 of glacier 12 glacier"])
def test_bm25_as_written_out(reader: LocalIndex, everything: np.ndarray, question: str) -> None:
    entries = sorted(
        [*make_entries(range(COUNT)), *(make_entry(f"twin-{n}.txt", make_text(7)) for n in range(6))],
        key=lambda entry: entry.document.id,
    )
    passages = [passage for entry in entries for passage in entry.passages]
    stems = analyse(question)
    expected = np.zeros(len(passages))
    for field, weight in (("body", 1.0), ("heading", 0.5)):
        texts = [
            [t for terms in p.sentence_terms for t in terms if not is_answer_type(t)]
            if field == "body"
            else list(p.heading_terms)
            for p in passages
        ]
        mean = sum(len(text) for text in texts) / len(texts)
        for stem, times in Counter(stems).items():
            holding = sum(stem in text for text in texts)
            idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            for n, text in enumerate(texts):
                tf = text.count(stem)
                norm = 1.2 * (0.25 + 0.75 * fieldnorm(len(text)) / mean)
                expected[n] += weight * times * idf * tf * 2.2 / (tf + norm)
    keys, scores = reader.search_terms(stems, 500, {"body": 1.0, "heading": 0.5})
    assert set(keys.tolist()) == set(everything[expected > 0].tolist())
    assert np.allclose(scores, expected[rows_of(everything, keys)], rtol=1e-4)
    assert np.array_equal(np.lexsort((rows_of(everything, keys), -scores)), np.arange(len(keys)))
    for k in (1, 3, 7):
        assert reader.search_terms(stems, k, {"body": 1.0, "heading": 0.5})[0].tolist() == keys[:k].tolist()


def test_a_query_is_never_parsed(reader: LocalIndex) -> None:
    for stem in ('"', "body:moon", "*", "moon^9", "a AND (", "\\", "", "😀", "x" * 100_000):
        assert reader.search_terms([stem], 5)[0].size == 0
    assert reader.search_terms([], 5)[0].size == 0
    assert reader.search_terms(["#number"], 5)[0].size == 0


@pytest.mark.parametrize("k", [0, -1])
def test_nothing_is_found_when_nothing_is_wanted(reader: LocalIndex, k: int) -> None:
    assert reader.search_passages(query("moon"), k)[0].size == 0
    assert reader.search_sentences(query("moon"), k)[0].size == 0
    assert reader.search_terms(["moon"], k)[0].size == 0


@pytest.mark.parametrize(
    "allowed", [{"doc-003.txt"}, {"doc-003.txt", "twin-1.txt", "not-there.txt"}, {"not-there.txt"}, set()]
)
def test_only_allowed_documents_are_searched(reader: LocalIndex, allowed: set[str]) -> None:
    inside = frozenset(allowed)
    stems = [stem for subject in SUBJECTS for stem in analyse(subject)]
    for full, found in (
        (reader.search_passages(query("moon"), 10_000), reader.search_passages(query("moon"), 50, allowed=inside)),
        (reader.search_sentences(query("tea"), 10_000), reader.search_sentences(query("tea"), 50, allowed=inside)),
        (reader.search_terms(stems, 10_000), reader.search_terms(stems, 50, allowed=inside)),
    ):
        ids = {passage.document_id for passage in reader.passages(found[0])}
        assert ids == {name for name in allowed if name != "not-there.txt"}
        scores = dict(zip(full[0].tolist(), full[1].tolist(), strict=True))
        assert [scores[key] for key in found[0].tolist()] == pytest.approx(found[1].tolist(), rel=1e-6)


def test_many_threads_get_the_same(reader: LocalIndex) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(n: int) -> tuple[object, ...]:
        keys, scores = reader.search_sentences(query(f"The moon {n % 5}"), 20)
        lexical, _ = reader.search_terms(["moon", "tea"], 20)
        return (
            keys.tolist(),
            scores.tolist(),
            lexical.tolist(),
            reader.candidates(keys, query("moon")).passage_similarity.tobytes(),
            reader.passages(keys),
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(100)))
    assert all(answers[n] == answers[n % 5] for n in range(100))


def test_best_fetches_until_the_order_is_sure() -> None:
    keys = np.arange(100, dtype=np.int64)[::-1]
    scores = np.full(100, 0.5, dtype=np.float32)
    calls: list[int] = []

    def search(n: int) -> tuple[np.ndarray, np.ndarray]:
        calls.append(n)
        return keys[:n], scores[:n]

    assert topk.best(search, 100, 3)[0].tolist() == [0, 1, 2]
    assert calls == [19, 76, 100]

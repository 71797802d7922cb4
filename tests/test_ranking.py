"""What is measured on candidates, against the definitions written out word by word."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footnote.ranking.evidence import measure
from footnote.ranking.query import Query, make_query
from footnote.store import Candidates, LocalIndex
from footnote.terms import ANSWER_TYPES, analyse, term_id
from store_builders import SUBJECTS, all_keys, make_entries, query, writer

QUESTION = "Does the moon circle the tea, and which violin saw the comet near the moon?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LocalIndex:
    folder = tmp_path_factory.mktemp("ranking") / "index"
    with writer(folder) as open_writer:
        open_writer.commit(make_entries(range(30)))
    return LocalIndex.open(folder)


def asked(index: LocalIndex, text: str) -> Query:
    stems = analyse(text)
    return make_query(text, query(text), index.document_frequencies(stems), index.facts.passages)


@given(rows=st.lists(st.integers(0, 19), max_size=25))
@settings(deadline=None, max_examples=40)
def test_rows_taken_are_rows_fetched(index: LocalIndex, rows: list[int]) -> None:
    keys, vector = all_keys(index)[:20], query(QUESTION)
    taken = index.candidates(keys, vector).take(np.array(rows, dtype=int))
    fetched = index.candidates(keys[rows], vector)
    for field in fields(Candidates):
        ours, theirs = getattr(taken, field.name), getattr(fetched, field.name)
        assert ours.dtype == theirs.dtype
        # How a product is rounded depends on what is multiplied beside it.
        same = (
            np.allclose(ours, theirs, atol=1e-6) if field.name.endswith("similarity") else np.array_equal(ours, theirs)
        )
        assert same, field.name


@given(rows=st.lists(st.integers(0, 19), min_size=1, max_size=25, unique=True))
@settings(deadline=None, max_examples=40)
def test_evidence_taken_is_evidence_of_the_same_passages(index: LocalIndex, rows: list[int]) -> None:
    candidates, wanted = index.candidates(all_keys(index)[:20], query(QUESTION)), asked(index, QUESTION)
    taken = measure(wanted, candidates, mean_terms=9.0).take(np.array(rows))
    again = measure(wanted, candidates.take(np.array(rows)), mean_terms=9.0)
    for name in (field.name for field in fields(taken)):
        if name != "sentence_bm25":  # It weighs lengths by the mean of all candidates.
            assert np.allclose(getattr(taken, name), getattr(again, name), atol=1e-6), name
    assert len(taken.sentence_bm25) == len(taken.passage_of_sentence)


@pytest.mark.parametrize("text", [QUESTION, *(f"Which {one} near {other}?" for one, other in pairwise(SUBJECTS))])
def test_proximity_as_counted_by_hand(index: LocalIndex, text: str) -> None:
    keys = all_keys(index)
    wanted = asked(index, text)
    found = measure(wanted, index.candidates(keys, wanted.vector), mean_terms=9.0).proximity
    weights = np.minimum(wanted.idf[:-1], wanted.idf[1:])
    for row, key in enumerate(keys.tolist()):
        one = index.candidates([key], wanted.vector)
        kinds = {term_id(kind) for kind in ANSWER_TYPES}
        stems = [
            (term, sentence)
            for term, sentence in zip(one.terms.tolist(), one.term_sentences.tolist(), strict=True)
            if term not in kinds
        ]
        near = [
            any(
                left == term_id(wanted.stems[n])
                and right == term_id(wanted.stems[n + 1])
                and at == also
                and abs(i - j) <= 4
                for i, (left, at) in enumerate(stems)
                for j, (right, also) in enumerate(stems)
            )
            for n in range(len(weights))
        ]
        expected = float(np.array(near) @ weights / weights.sum()) if len(weights) else 0.0
        assert found[row] == pytest.approx(expected, abs=1e-6)

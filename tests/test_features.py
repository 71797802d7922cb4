"""Every number that ranking, quoting and confidence weigh, against its meaning written out in plain Python.

The definitions know the documents' words and the vectors, and none of the arrays that the package works on.  Each must differ
from every other somewhere, so that two columns that changed places cannot pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import HashingEncoder
from footnote import Footnote, Settings
from footnote.ranking.evidence import Retrieved
from footnote.ranking.features import FEATURES, MODEL_FEATURES, confidence_features, names, sentence_features
from footnote.ranking.query import naming_stems, read_query
from footnote.ranking.reading_features import (
    alone_sentence_features,
    read_passage_features,
    read_sentence_features,
    twice_read_passage_features,
)
from footnote.ranking.retrieve import retrieve
from footnote.ranking.scores import QUOTED_PASSAGES, ScoredSentences, answers_of_sentences, confidence_row, scored_alone
from footnote.records import Passage, Sentence, Span
from footnote.reranking import Reading
from footnote.splitting import heading_input, passage_input, sentence_input
from footnote.store import passage_key
from footnote.terms import analyse, answer_types, asked_types, content_stems

DOCUMENTS = Path(__file__).parent / "golden/documents"
QUESTIONS = (
    "How long does the drive belt of the Weaver loom last?",
    "At how many picks a minute is silk woven?",
    "What is the tension for cotton in newtons?",
    "What does E1234 mean?",
    "Why does the cam squeak?",
    "Who found the shuttle under the stove?",
    "How hot may wool and linen be washed, and what does the Zeppelin of 1931 weigh?",
    "moths",
    "Which bottle did Anna buy in Kortrijk for the baby of Ilse Baum?",
    "Tell me of cedar wood, lavender and moths in summer",
)
NOT_READ = -20.0


@dataclass(frozen=True)
class Seen:
    """A passage as a person sees it: its sentences and headings as stems, and what vectors say of it.

    Attributes:
        sentences: stems of each.
        holds: the kinds of answer that each sentence holds.
        headings: stems of the title and the headings over it.
    """

    passage: Passage
    document: str
    ordinal: int
    sentences: list[list[str]]
    holds: list[tuple[str, ...]]
    headings: list[str]
    similarity: float
    heading_similarity: float
    sentence_similarities: list[float]

    @property
    def body(self) -> list[str]:
        return [stem for sentence in self.sentences for stem in sentence]


@dataclass(frozen=True)
class World:
    """A question and the passages that were found for it, in order.

    Attributes:
        scores: by which they are in order.
        everything: stems of body and headings of all passages of the index, each of which is a candidate.
        mean_terms, mean_sentence: mean number of stems of a passage's body, and of a sentence.
    """

    text: str
    stems: list[str]
    names: set[str]
    seen: list[Seen]
    scores: list[float]
    everything: list[set[str]]
    mean_terms: float
    mean_sentence: float

    @cached_property
    def idf(self) -> dict[str, float]:
        n = len(self.everything)
        held = {stem: sum(stem in passage for passage in self.everything) for stem in self.stems}
        return {stem: max(0.1, math.log(1 + (n - df + 0.5) / (df + 0.5))) for stem, df in held.items()}

    @property
    def total(self) -> float:
        return sum(self.idf.values())

    def known(self, stem: str) -> bool:
        return any(stem in passage for passage in self.everything)

    def weight(self, stems: Sequence[str] | set[str]) -> float:
        return sum(self.idf[stem] for stem in self.stems if stem in stems)

    def cover(self, stems: Sequence[str] | set[str]) -> float:
        """Share of the question's weight that these stems have."""
        return self.weight(stems) / self.total

    def bm25(self, held: Sequence[str], mean: float, b: float) -> float:
        score = 0.0
        for stem in self.stems:
            count = list(held).count(stem)
            score += self.idf[stem] * count * 2.2 / (count + 1.2 * (1 - b + b * len(held) / mean))
        return score

    @property
    def asks(self) -> tuple[str, ...]:
        return asked_types(self.text)

    def fits(self, holds: tuple[str, ...]) -> bool:
        return not self.asks or bool(set(self.asks) & set(holds))

    def sentence_bm25(self, stems: Sequence[str]) -> float:
        return self.bm25(stems, self.mean_sentence, 0.4)

    def proximity(self, seen: Seen) -> float:
        """Weight of neighbours in the question that stand within four words of each other in a sentence."""
        pairs = list(zip(self.stems, self.stems[1:], strict=False))
        weights = [min(self.idf[a], self.idf[b]) for a, b in pairs]
        near = [
            any(
                (one, other) == (a, b) and abs(i - j) <= 4
                for sentence in seen.sentences
                for i, one in enumerate(sentence)
                for j, other in enumerate(sentence)
            )
            for a, b in pairs
        ]
        return sum(w for w, n in zip(weights, near, strict=True) if n) / sum(weights) if pairs else 0.0

    def neighbours(self, n: int) -> list[int]:
        """Passages right before and after one, where they were found too."""
        own = self.seen[n]
        return [i for i, s in enumerate(self.seen) if s.document == own.document and abs(s.ordinal - own.ordinal) == 1]

    def siblings(self, n: int) -> list[int]:
        """Passages of the same document, itself among them."""
        return [i for i, seen in enumerate(self.seen) if seen.document == self.seen[n].document]

    def blend(self, seen: Seen) -> float:
        return max(
            similarity + 0.5 * self.cover(stems) + 0.05 * self.fits(holds)
            for similarity, stems, holds in zip(seen.sentence_similarities, seen.sentences, seen.holds, strict=True)
        )

    def body_bm25(self, n: int) -> float:
        return self.bm25(self.seen[n].body, max(1.0, self.mean_terms), 0.75) / self.total

    # Sentences: (place of the passage, place in the passage)

    @cached_property
    def all_sentences(self) -> list[tuple[int, int]]:
        return [(p, s) for p, seen in enumerate(self.seen) for s in range(len(seen.sentences))]

    def stems_of(self, at: tuple[int, int]) -> list[str]:
        return self.seen[at[0]].sentences[at[1]]

    def beside(self, at: tuple[int, int], *steps: int) -> set[str]:
        """Stems of a sentence and of those so many steps away in its passage."""
        own = self.seen[at[0]].sentences
        return {stem for step in (0, *steps) if 0 <= at[1] + step < len(own) for stem in own[at[1] + step]}

    def record(self, at: tuple[int, int]) -> Sentence:
        return self.seen[at[0]].passage.sentences[at[1]]


PASSAGE_MEANINGS: dict[str, Callable[[World, int], float]] = {
    "passage_similarity": lambda w, n: w.seen[n].similarity,
    "sentence_similarity": lambda w, n: max(w.seen[n].sentence_similarities),
    "sentence_similarity_second": lambda w, n: sorted(w.seen[n].sentence_similarities)[-2:][0],
    "heading_similarity": lambda w, n: w.seen[n].heading_similarity,
    "passage_bm25": World.body_bm25,
    "sentence_bm25": lambda w, n: max(map(w.sentence_bm25, w.seen[n].sentences)) / w.total,
    "heading_bm25": lambda w, n: w.bm25(w.seen[n].headings, 8.0, 0.75) / w.total,
    "coverage_body": lambda w, n: w.cover(w.seen[n].body),
    "coverage_any": lambda w, n: w.cover(w.seen[n].body + w.seen[n].headings),
    "coverage_sentence": lambda w, n: max(map(w.cover, w.seen[n].sentences)),
    "coverage_heading": lambda w, n: w.cover(w.seen[n].headings),
    "rarest_found": lambda w, n: float(_rarest(w, w.known) in w.seen[n].body + w.seen[n].headings),
    "proximity": lambda w, n: w.proximity(w.seen[n]),
    "asked_sentence": lambda w, n: max(
        s + 0.5 * w.cover(stems) if w.fits(holds) else 0.0
        for s, stems, holds in zip(w.seen[n].sentence_similarities, w.seen[n].sentences, w.seen[n].holds, strict=True)
    ),
    "heading_share": lambda w, n: sum(s in w.seen[n].headings for s in w.stems) / max(1, len(w.seen[n].headings)),
    "document_similarity": lambda w, n: max(w.seen[i].similarity for i in w.siblings(n)),
    "document_bm25": lambda w, n: max(w.body_bm25(i) for i in w.siblings(n)),
    "neighbour_similarity": lambda w, n: max([0.0, *(w.seen[i].similarity for i in w.neighbours(n))]),
    "neighbour_bm25": lambda w, n: max([0.0, *(w.body_bm25(i) for i in w.neighbours(n))]),
    "best_sentence": lambda w, n: w.blend(w.seen[n]),
    "length": lambda w, n: math.log(1 + len(w.seen[n].body)),
    "ordinal": lambda w, n: 1 / (1 + w.seen[n].ordinal),
}


def _rarest(world: World, counts: Callable[[str], bool] = lambda stem: True) -> str | None:
    """The rarest stem of the question of those that count; the first of equal ones."""
    return max(filter(counts, world.stems), key=lambda stem: world.idf[stem], default=None)


def _gap(value: Callable[[World, tuple[int, int]], float]) -> Callable[[World, tuple[int, int]], float]:
    return lambda w, at: value(w, at) - max(value(w, other) for other in w.all_sentences)


def _sentence_bm25(w: World, at: tuple[int, int]) -> float:
    return w.sentence_bm25(w.stems_of(at)) / w.total


def _sentence_similarity(w: World, at: tuple[int, int]) -> float:
    return w.seen[at[0]].sentence_similarities[at[1]]


def _sentence_cover(w: World, at: tuple[int, int]) -> float:
    return w.cover(w.stems_of(at))


def _fits(w: World, at: tuple[int, int]) -> bool:
    return bool(w.asks) and w.fits(w.seen[at[0]].holds[at[1]])


SENTENCE_MEANINGS: dict[str, Callable[[World, tuple[int, int]], float]] = {
    "similarity": _sentence_similarity,
    "similarity_gap": _gap(_sentence_similarity),
    "bm25": _sentence_bm25,
    "bm25_gap": _gap(_sentence_bm25),
    "coverage": _sentence_cover,
    "coverage_gap": _gap(_sentence_cover),
    "coverage_with_neighbours": lambda w, at: w.cover(w.beside(at, -1, 1)),
    "asked": _fits,
    "asked_coverage": lambda w, at: _sentence_cover(w, at) if _fits(w, at) else 0.0,
    "passage_score_gap": lambda w, at: w.scores[at[0]] - max(w.scores),
    "passage_first": lambda w, at: at[0] == 0,
    "passage_coverage": lambda w, at: w.cover(w.seen[at[0]].body + w.seen[at[0]].headings),
    "heading_similarity": lambda w, at: w.seen[at[0]].heading_similarity,
    "new_words": lambda w, at: math.log(1 + max(0, len(w.stems_of(at)) - len(set(w.stems_of(at)) & set(w.stems)))),
    "length": lambda w, at: min(len(w.stems_of(at)), 60) / 60,
    "first_in_passage": lambda w, at: at[1] == 0,
    "first_in_section": lambda w, at: at[1] == 0 and w.seen[at[0]].ordinal == 0,
    "is_list_item": lambda w, at: w.record(at).kind == "list_item",
    "is_table_row": lambda w, at: w.record(at).kind == "table_row",
    "names_told": lambda w, at: (
        w.weight(w.names & (w.beside(at, -1) | set(w.seen[at[0]].headings))) / w.weight(w.names) if w.names else 1.0
    ),
}


@dataclass(frozen=True)
class Quoted:
    """A question, what was found, and the scores of the sentences, of which the best is quoted."""

    world: World
    sentence_scores: list[float]

    @property
    def ranked(self) -> list[float]:
        return sorted((score for score in self.sentence_scores if math.isfinite(score)), reverse=True)

    @property
    def best(self) -> tuple[int, int]:
        return self.world.all_sentences[self.sentence_scores.index(max(self.sentence_scores))]

    @property
    def home(self) -> Seen:
        return self.world.seen[self.best[0]]

    @property
    def whole(self) -> list[str]:
        return self.home.body + self.home.headings

    def untold(self, told: set[str], *, known: bool) -> float:
        missing = {s for s in self.world.names if s not in told and self.world.known(s) == known}
        return self.world.weight(missing) / self.world.total

    def agreement(self) -> float:
        """How many of three ways of finding passages put the quote's passage first."""
        w = self.world
        ways = (PASSAGE_MEANINGS[name] for name in ("passage_similarity", "sentence_similarity", "passage_bm25"))
        firsts = [max(range(len(w.seen)), key=lambda n, way=way: way(w, n)) for way in ways]
        return sum(first == self.best[0] for first in firsts) / 3


CONFIDENCE_MEANINGS: dict[str, Callable[[Quoted], float]] = {
    "passage_score": lambda q: q.world.scores[q.best[0]],
    "passage_margin": lambda q: q.world.scores[0] - q.world.scores[1],
    "passage_margin_fifth": lambda q: q.world.scores[0] - q.world.scores[4],
    "sentence_score": lambda q: q.ranked[0],
    "sentence_margin": lambda q: q.ranked[0] - q.ranked[1],
    "sentence_share": lambda q: math.exp(q.ranked[0]) / sum(map(math.exp, q.ranked)),
    "sentence_similarity": lambda q: _sentence_similarity(q.world, q.best),
    "passage_similarity": lambda q: q.home.similarity,
    "heading_similarity": lambda q: q.home.heading_similarity,
    "coverage_sentence": lambda q: _sentence_cover(q.world, q.best),
    "coverage_passage": lambda q: q.world.cover(q.whole),
    "coverage_any_passage": lambda q: q.world.cover([s for seen in q.world.seen for s in seen.body + seen.headings]),
    "uncovered_idf": lambda q: sum(q.world.idf[s] for s in q.world.stems if s not in q.whole),
    "unknown_share": lambda q: sum(not q.world.known(s) for s in q.world.stems) / len(q.world.stems),
    "unknown_idf": lambda q: q.world.cover([s for s in q.world.stems if not q.world.known(s)]),
    "rarest_in_sentence": lambda q: _rarest(q.world) in q.world.stems_of(q.best),
    "rarest_in_passage": lambda q: _rarest(q.world) in q.whole,
    "specific_in_passage": lambda q: _share([s in q.whole for s in q.world.stems if s in _specific(q.world.text)]),
    "asked_missing": lambda q: bool(q.world.asks) and not _fits(q.world, q.best),
    "asked_unspecific": lambda q: not q.world.asks,
    "proximity": lambda q: q.world.proximity(q.home),
    "stems": lambda q: math.log(1 + len(q.world.stems)),
    "agreement": Quoted.agreement,
    "names_elsewhere": lambda q: q.untold(q.world.beside(q.best, -1) | set(q.home.headings), known=True),
    "names_unknown": lambda q: q.untold(set(q.whole), known=False),
}


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 1.0


def _specific(question: str) -> set[str]:
    """Stems of words with a capital inside the question or a digit."""
    words = question.replace("?", " ").replace(",", " ").split()
    chosen = [w for n, w in enumerate(words) if (n and w[0].isupper()) or any(c.isdigit() for c in w)]
    return {stem for word in chosen for stem in content_stems(word)}


# What rerankers made of it


def best_span(reading: Reading, piece: int) -> tuple[float, Span | None]:
    """The best run of at most thirty tokens of a piece."""
    tokens = [t for t in range(len(reading.piece_of_token)) if reading.piece_of_token[t] == piece]
    best: tuple[float, Span | None] = (-math.inf, None)
    for a in tokens:
        for b in tokens:
            gain = float(reading.start_gains[a] + reading.end_gains[b])
            if a <= b < a + 30 and gain > best[0]:
                best = gain, Span(int(reading.token_starts[a]), int(reading.token_ends[b]))
    return best


def passage_gain(reading: Reading) -> float:
    return max((best_span(reading, int(piece))[0] for piece in set(reading.piece_of_token.tolist())), default=NOT_READ)


@dataclass(frozen=True)
class Read:
    """Passages with what a reranker made of the first of them.

    Attributes:
        scores: of the ranking before it, in order.
        sentence_scores: of the sentences before it.
        before: what the small reranker made of them, where this is the large one.
        alone: score and gain of the best sentence, read by itself, and how far it is above the next one.
    """

    world: World
    scores: list[float]
    sentence_scores: list[float]
    readings: tuple[Reading | None, ...]
    before: tuple[Reading | None, ...] = ()
    alone: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def read(self) -> list[Reading]:
        return [reading for reading in self.readings if reading is not None]

    def score(self, n: int) -> float:
        """Of a passage; of one that was not read, as the worst that was."""
        own = self.readings[n]
        return own.score if own is not None else min(reading.score for reading in self.read)

    def gain(self, n: int) -> float:
        own = self.readings[n]
        return passage_gain(own) if own is not None else min(map(passage_gain, self.read))

    def place(self, n: int, count: int) -> int:
        """Of a passage in the reranker's order, from 1; the earlier of two alike first."""
        order = sorted(range(count), key=lambda i: (-self.score(i), i))
        return 1 + order.index(n)

    def sentence_gain(self, at: tuple[int, int]) -> float:
        own = self.readings[at[0]]
        sentences = self.world.seen[at[0]].passage.sentences
        if own is None or sentences[at[1]].kind == "heading":
            return NOT_READ
        piece = sum(s.kind != "heading" for s in sentences[: at[1]])
        return max(NOT_READ, best_span(own, piece)[0])

    @cached_property
    def gains(self) -> list[float]:
        return [self.sentence_gain(at) for at in self.world.all_sentences]

    @property
    def best(self) -> int:
        return self.sentence_scores.index(max(self.sentence_scores))

    @property
    def home(self) -> int:
        return self.world.all_sentences[self.best][0]

    def rival(self) -> float:
        """The best gain of another sentence than the quote."""
        return max(gain for n, gain in enumerate(self.gains) if n != self.best)


READ_PASSAGE_MEANINGS: dict[str, Callable[[Read, int], float]] = {
    "passage_score": lambda r, n: r.scores[n] - r.scores[0],
    "passage_rank": lambda r, n: 1 / (1 + n),
    "read_score": Read.score,
    "read_rank": lambda r, n: 1 / r.place(n, len(r.readings)),
    "answer_gain": Read.gain,
}
READ_CLOSELY_MEANINGS: dict[str, Callable[[Read, int], float]] = {
    "small_score": lambda r, n: r.before[n].score,
    "small_rank": lambda r, n: 1 / (1 + n),
    "read_score": Read.score,
    "read_rank": lambda r, n: 1 / r.place(n, len(r.read)),
    "answer_gain": Read.gain,
    "small_gain": lambda r, n: passage_gain(r.before[n]),
}
READ_SENTENCE_MEANINGS: dict[str, Callable[[Read, int], float]] = {
    "sentence_score": lambda r, n: r.sentence_scores[n] if math.isfinite(r.sentence_scores[n]) else 0.0,
    "answer_gain": lambda r, n: r.gains[n],
    "answer_gap": lambda r, n: r.gains[n] - max(r.gains),
    "read_score": lambda r, n: r.score(r.world.all_sentences[n][0]),
    "best_in_passage": lambda r, n: (
        r.gains[n]
        == max(g for g, at in zip(r.gains, r.world.all_sentences, strict=True) if at[0] == r.world.all_sentences[n][0])
    ),
}
READ_CONFIDENCE_MEANINGS: dict[str, Callable[[Read], float]] = {
    "read_score": lambda r: r.score(r.home),
    "read_best": lambda r: max(reading.score for reading in r.read),
    "read_margin": lambda r: np.diff(sorted(reading.score for reading in r.read))[-1],
    "answer_gain": lambda r: r.gains[r.best],
    "answer_margin": lambda r: r.gains[r.best] - r.rival(),
    "read_mean": lambda r: sum(reading.score for reading in r.read) / len(r.read),
    "answer_in_quote": lambda r: r.gains[r.best] == max(r.gains),
    "alone_score": lambda r: r.alone[0],
    "alone_gain": lambda r: r.alone[1],
    "alone_margin": lambda r: r.alone[2],
}
ALONE_SENTENCE_MEANINGS: dict[str, Callable[[Sequence[float], Sequence[float], Sequence[Reading], int], float]] = {
    "sentence_score": lambda scores, passages, readings, n: scores[n] - max(scores),
    "alone_score": lambda scores, passages, readings, n: readings[n].score,
    "alone_gain": lambda scores, passages, readings, n: passage_gain(readings[n]),
    "read_score": lambda scores, passages, readings, n: passages[n],
}


# The small made-up index, and what the package measures on it


@pytest.fixture(scope="module")
def footnote(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    settings = Settings(passage_max_chars=240, reranker="off", languages="")
    index = tmp_path_factory.mktemp("features") / "index"
    return Footnote.build(DOCUMENTS, index, encoder=HashingEncoder(), settings=settings)[0]


def found_for(footnote: Footnote, question: str, k: int = 12) -> Retrieved:
    query = read_query(footnote.index, footnote.encoder, question)
    return retrieve(footnote.index, query, settings=footnote.settings, k=k)


def stems_of(footnote: Footnote, passage: Passage) -> tuple[list[list[str]], list[str], list[str]]:
    """Stems of a passage's sentences, of title and headings, and the texts of the sentences."""
    document = footnote.document(passage.document_id)
    texts = [sentence_input(document, sentence) for sentence in passage.sentences]
    return [analyse(text) for text in texts], analyse(" ".join([document.title, *passage.heading_path])), texts


def world_of(footnote: Footnote, found: Retrieved) -> World:
    keys = [passage_key(each.id, n) for each in footnote.documents() for n in range(each.passages)]
    everything = footnote.index.passages(keys)
    of_document: dict[str, list[str]] = {}
    for passage in sorted(everything, key=lambda each: each.span.start):
        of_document.setdefault(passage.document_id, []).append(passage.id)
    vector, seen = found.query.vector, []
    for passage in found.passages:
        document = footnote.document(passage.document_id)
        sentences, headings, texts = stems_of(footnote, passage)
        seen.append(
            Seen(
                passage,
                passage.document_id,
                of_document[passage.document_id].index(passage.id),
                sentences,
                [answer_types(text) for text in texts],
                headings,
                _likeness(passage_input(document, passage), vector),
                _likeness(heading_input(document, passage), vector),
                [_likeness(text, vector) for text in texts],
            )
        )
    words = [stems_of(footnote, passage) for passage in everything]
    lengths = [len(sentence) for sentences, _, _ in words for sentence in sentences]
    stems = list(content_stems(found.query.text))
    return World(
        found.query.text,
        stems,
        set(stems) & naming_stems(found.query.text, footnote.encoder),
        seen,
        [float(score) for score in found.scores],
        [{*headings, *(s for sentence in sentences for s in sentence)} for sentences, headings, _ in words],
        sum(lengths) / len(words),
        sum(lengths) / len(lengths),
    )


def _likeness(text: str, vector: Sequence[float]) -> float:
    """Dot product of a text's vector, with components of 16 bits as they are kept, and another."""
    row = HashingEncoder().encode_passages([text])[0].astype(np.float16)
    return sum(float(a) * float(b) for a, b in zip(row, vector, strict=True))


@pytest.fixture(scope="module")
def asked(footnote: Footnote) -> list[tuple[Retrieved, World]]:
    found = [found_for(footnote, question) for question in QUESTIONS]
    return [(each, world_of(footnote, each)) for each in found]


def expected_rows(meanings: dict[str, Callable[..., float]], *cases: tuple[object, ...]) -> dict[str, list[float]]:
    return {name: [float(meaning(*case)) for case in cases] for name, meaning in meanings.items()}


def check(names: Sequence[str], made: Any, expected: dict[str, list[float]]) -> None:
    """Every column has its meaning, and none could stand for another or for none."""
    assert list(expected) == list(names)
    for column, name in enumerate(names):
        assert made[:, column] == pytest.approx(expected[name], rel=1e-4, abs=2e-5), name
        assert len(set(expected[name])) > 1, f"{name} never changes here"
    for one, other in combinations(names, 2):
        assert expected[one] != pytest.approx(expected[other], rel=1e-3, abs=1e-3), f"{one} is {other} here"


def test_passage_features_mean_what_they_say(footnote: Footnote) -> None:
    found = [found_for(footnote, question, k=1000) for question in QUESTIONS]
    assert {len(each.hits) for each in found} == {footnote.passages_count}, "not all passages are candidates"
    asked = [(each, world_of(footnote, each)) for each in found]
    made = np.concatenate([each.features for each in found])
    plain = [name for name in names("passage") if not name.endswith("_rank")]
    check(plain, made, expected_rows(PASSAGE_MEANINGS, *((w, n) for _, w in asked for n in range(len(w.seen)))))


def test_ranks_are_of_all_candidates(footnote: Footnote) -> None:
    ranked = [name for name in names("passage") if name.endswith("_rank")]
    assert len(ranked) == 8
    for question in QUESTIONS:
        found = found_for(footnote, question, k=1000)
        # Before they were ranked the candidates stood in the order of their documents, which decides between equal ones.
        order = np.lexsort((found.candidates.ordinals, found.candidates.document_places))
        features = found.features[order]
        for name in ranked:
            values = features[:, names("passage").index(name.removesuffix("_rank"))].tolist()
            places = [
                1 + sum(v > mine or (v == mine and i < n) for i, v in enumerate(values))
                for n, mine in enumerate(values)
            ]
            assert features[:, names("passage").index(name)].tolist() == pytest.approx(
                [1 / place for place in places]
            ), name


def test_sentence_features_mean_what_they_say(asked: list[tuple[Retrieved, World]]) -> None:
    made = [sentence_features(f) for f, _ in asked]
    cases = [(w, at) for _, w in asked for at in w.all_sentences]
    check(names("sentence"), np.concatenate(made), expected_rows(SENTENCE_MEANINGS, *cases))


def scores_for(world: World, salt: int) -> list[float]:
    """Scores of sentences as a model could give them; none to headings and to later passages."""
    draw = np.random.default_rng(salt).normal(size=len(world.all_sentences)).round(3).tolist()
    quotable = [world.record(at).kind != "heading" and at[0] < QUOTED_PASSAGES for at in world.all_sentences]
    return [score if may else -math.inf for score, may in zip(draw, quotable, strict=True)]


def test_confidence_features_mean_what_they_say(asked: list[tuple[Retrieved, World]]) -> None:
    cases = [(found, Quoted(world, scores_for(world, salt))) for found, world in asked for salt in range(12)]
    made = [confidence_features(found, np.array(quoted.sentence_scores)) for found, quoted in cases]
    expected = expected_rows(CONFIDENCE_MEANINGS, *((quoted,) for _, quoted in cases))
    check(names("confidence"), np.concatenate(made), expected)


def reading_of(world: World, n: int, salt: int) -> Reading:
    """What a reranker could make of a passage: a token for every word but a few, some pieces without any."""
    draw = np.random.default_rng([salt, n])
    pieces = [s for s in world.seen[n].passage.sentences if s.kind != "heading"]
    tokens = [(p, t) for p, s in enumerate(pieces) for t in range(draw.integers(0, 40)) if len(s.span)]
    places = np.array([[p, 5 * t, 5 * t + 4] for p, t in tokens], dtype=np.int64).reshape(-1, 3)
    gains = draw.normal(scale=4.0, size=(2, len(tokens))).round(3).astype(np.float32)
    return Reading(round(float(draw.normal()), 3), places[:, 0], places[:, 1], places[:, 2], gains[0], gains[1])


@pytest.fixture(scope="module")
def read(asked: list[tuple[Retrieved, World]]) -> list[tuple[Retrieved, Read]]:
    """Everything found, the first eight passages of it read once and the first five of them twice."""
    cases = []
    for found, world in asked:
        for salt in range(3):
            small, large = (
                tuple(reading_of(world, n, 10 * salt + s) if n < k else None for n in range(len(world.seen)))
                for s, k in ((1, 8), (2, 5))
            )
            scores = sorted(np.random.default_rng(salt).normal(size=len(world.seen)).tolist(), reverse=True)
            alone = (0.25 * salt - 1.0, 2.0 - 0.5 * salt, 0.125 * salt * salt)
            row = Read(world, scores, scores_for(world, salt), large, small, alone)
            if salt:
                # The quote is the sentence in which the small reranker, or the large one, found its best answer.
                gains = (replace(row, readings=small) if salt == 1 else row).gains
                row.sentence_scores[gains.index(max(gains))] = 5.0
            cases.append((replace(found, readings=large, small_readings=small, scores=np.array(scores)), row))
    return cases


def small_alone(read: list[tuple[Retrieved, Read]]) -> list[tuple[Retrieved, Read]]:
    """The same, read once only."""
    return [
        (replace(found, readings=row.before, small_readings=()), replace(row, readings=row.before, before=()))
        for found, row in read
    ]


def test_features_of_passages_that_were_read(read: list[tuple[Retrieved, Read]]) -> None:
    made = [read_passage_features(np.array(row.scores), row.readings) for _, row in small_alone(read)]
    cases = [(row, n) for _, row in small_alone(read) for n in range(len(row.readings))]
    check(names("passage_read"), np.concatenate(made), expected_rows(READ_PASSAGE_MEANINGS, *cases))


def test_features_of_passages_that_were_read_twice(read: list[tuple[Retrieved, Read]]) -> None:
    made = [twice_read_passage_features(row.before, row.readings) for _, row in read]
    cases = [(row, n) for _, row in read for n in range(len(row.read))]
    check(names("passage_read_twice"), np.concatenate(made), expected_rows(READ_CLOSELY_MEANINGS, *cases))


def test_features_of_sentences_that_were_read(read: list[tuple[Retrieved, Read]]) -> None:
    made, cases = [], []
    for found, row in small_alone(read):
        answers = answers_of_sentences(found.passages, found.readings)
        gains = np.array([gain for gain, _ in answers])
        made.append(read_sentence_features(found, np.array(row.sentence_scores), gains))
        cases += [(row, n) for n in range(len(gains))]
        for (_, span), at in zip(answers, row.world.all_sentences, strict=True):
            own, sentences = row.readings[at[0]], row.world.seen[at[0]].passage.sentences
            piece = sum(s.kind != "heading" for s in sentences[: at[1]])
            heads = own is None or sentences[at[1]].kind == "heading"
            assert span == (None if heads else best_span(own, piece)[1])
    check(names("sentence_read"), np.concatenate(made), expected_rows(READ_SENTENCE_MEANINGS, *cases))


def test_features_of_sentences_that_were_read_by_themselves(read: list[tuple[Retrieved, Read]]) -> None:
    made, cases = [], []
    for salt, (_, row) in enumerate(read):
        readings = [reading_of(row.world, n, 100 + salt) for n in range(len(row.read))]
        scores = np.random.default_rng(salt).normal(size=len(readings)).tolist()
        passages = [reading.score for reading in row.read]
        made.append(alone_sentence_features(np.array(scores), np.array(passages), readings))
        cases += [(scores, passages, readings, n) for n in range(len(readings))]
    check(names("sentence_read_alone"), np.concatenate(made), expected_rows(ALONE_SENTENCE_MEANINGS, *cases))


def test_sentences_read_by_themselves_come_first_and_the_others_keep_their_order(
    read: list[tuple[Retrieved, Read]],
) -> None:
    for salt, (found, row) in enumerate(read):
        owner = [at[0] for at in row.world.all_sentences]
        was_read = np.array([row.readings[home] is not None for home in owner])
        scored = ScoredSentences(np.where(was_read, row.sentence_scores, -np.inf), np.array(row.gains))
        order = np.argsort(-scored.scores, kind="stable").tolist()
        known = [n for n in order if math.isfinite(scored.scores[n])]
        places = known[:4]
        readings = [reading_of(row.world, n, 200 + salt) for n in range(len(places))]
        closer = scored_alone(scored, found, places, readings)
        assert closer.best in places
        rest = [n for n in known if n not in places]
        assert all(closer.scores[n] <= min(closer.scores[places]) for n in rest)
        assert sorted(rest, key=lambda n: -closer.scores[n]) == sorted(rest, key=lambda n: -scored.scores[n])
        best = places.index(closer.best)
        others = [reading.score for n, reading in enumerate(readings) if n != best]
        expected = (readings[best].score, passage_gain(readings[best]), readings[best].score - max(others))
        assert closer.alone == pytest.approx(expected)


def confidence_meaning(name: str, row: Read) -> float:
    """The meaning of a value of the confidence by its name: of who read last, of the small reranker, or of none."""
    if name.startswith("small_"):
        return READ_CONFIDENCE_MEANINGS[name.removeprefix("small_")](replace(row, readings=row.before))
    if name in READ_CONFIDENCE_MEANINGS:
        return READ_CONFIDENCE_MEANINGS[name](row)
    return CONFIDENCE_MEANINGS[name](Quoted(replace(row.world, scores=row.scores), row.sentence_scores))


@pytest.mark.parametrize("stage", ["small", "large"])
def test_confidence_in_what_was_read(read: list[tuple[Retrieved, Read]], stage: str) -> None:
    made, expected = [], []
    for found, row in read if stage == "large" else small_alone(read):
        assert found.stage == stage
        scored = ScoredSentences(np.array(row.sentence_scores), np.array(row.gains), alone=row.alone)
        made.append(confidence_row(found, scored))
        expected.append([float(confidence_meaning(name, row)) for name in MODEL_FEATURES[f"{stage}_confidence"]])
    weighed = MODEL_FEATURES[f"{stage}_confidence"]
    check(weighed, np.concatenate(made), dict(zip(weighed, map(list, zip(*expected, strict=True)), strict=True)))
    assert set(FEATURES["confidence_read"]) <= set(weighed)

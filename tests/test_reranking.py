"""The rerankers: what they find in passages, how they join ranking, quotes and confidence, and how they are switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import write_corpus
from footnote import Footnote
from footnote.errors import EncoderError
from footnote.ranking.model import fitted_numbers
from footnote.ranking.reading_features import read_passage_features
from footnote.ranking.scores import closely_reranked_scores, reranked_scores
from footnote.records import Span, visible_offsets, visible_text
from footnote.reranking import Reading, ReadingInput, best_answer, load_rerankers
from footnote.reranking.packaged import LARGE, SMALL, PackagedReranker
from footnote.reranking.reranker import MOST_ANSWER_TOKENS
from footnote.settings import Settings

TITAN = ReadingInput(
    "Moons.", ("A day on Titan lasts 15 days and 22 hours.", "It always turns the same face to Saturn.")
)
TEA = ReadingInput("Brewing tea.", ("Green tea is brewed at 80 degrees.", "Black tea needs boiling water."))
EMPTY = ReadingInput("Nothing under this heading.", ())
QUESTION = "How hot should green tea be brewed?"


@pytest.fixture(scope="module", params=[SMALL, LARGE], ids=["small", "large"])
def reranker(request: pytest.FixtureRequest) -> PackagedReranker:
    return PackagedReranker(request.param)


def reading_of(pieces: list[int], starts: list[float], ends: list[float]) -> Reading:
    places = np.arange(len(pieces), dtype=np.int64)
    gains = (np.array(values, dtype=np.float32) for values in (starts, ends))
    return Reading(0.0, np.array(pieces, dtype=np.int64), places * 3, places * 3 + 2, *gains)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-50, 50), st.integers(-50, 50)), max_size=45))
def test_the_best_answer_is_the_best_of_all_runs_of_tokens(tokens: list[tuple[int, int, int]]) -> None:
    tokens = sorted(tokens, key=lambda token: token[0])
    reading = reading_of([t[0] for t in tokens], [float(t[1]) for t in tokens], [float(t[2]) for t in tokens])
    for piece in range(3):
        own = [n for n, token in enumerate(tokens) if token[0] == piece]
        runs = [(a, b) for a in own for b in own if 0 <= b - a < MOST_ANSWER_TOKENS]
        gain, span = best_answer(reading, piece)
        if not runs:
            assert (gain, span) == (-np.inf, None)
            continue
        assert gain == max(tokens[a][1] + tokens[b][2] for a, b in runs)
        assert span in [Span(a * 3, b * 3 + 2) for a, b in runs if tokens[a][1] + tokens[b][2] == gain]


@given(st.text(alphabet="ab |\n*<br>", max_size=40), st.data())
def test_each_visible_character_is_found_in_the_text(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    hidden = tuple(Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False))
    span = Span(0, len(text))
    offsets = visible_offsets(text, span, hidden)
    seen = visible_text(text, span, hidden)
    assert len(offsets) == len(seen)
    assert offsets == sorted(set(offsets))
    assert all(character in (text[n], " ") for character, n in zip(seen, offsets, strict=True))


def test_the_passage_that_answers_is_told_from_the_others(reranker: PackagedReranker) -> None:
    titan, tea, empty = reranker.read(QUESTION, [TITAN, TEA, EMPTY])
    assert tea.score > max(titan.score, empty.score)
    gain, span = best_answer(tea, 0)
    assert span is not None
    assert "80" in TEA.pieces[0][span.start : span.end]
    assert gain > best_answer(tea, 1)[0]


def test_a_question_that_only_looks_answerable_scores_less(reranker: PackagedReranker) -> None:
    answered = reranker.read("How long does a day on Titan last?", [TITAN])[0]
    unanswered = reranker.read("How long does a day on Europa last?", [TITAN])[0]
    assert unanswered.score < answered.score


def test_a_reading_does_not_depend_on_its_neighbours(reranker: PackagedReranker) -> None:
    alone = reranker.read(QUESTION, [TEA])[0]
    among = reranker.read(QUESTION, [TITAN, TEA, EMPTY])[1]
    assert among.score == alone.score
    assert np.array_equal(among.start_gains, alone.start_gains)


def test_a_very_long_question_and_passage_are_cut_not_refused(reranker: PackagedReranker) -> None:
    long = ReadingInput("Tea. " * 100, ("Green tea is brewed at 80 degrees. " * 200,))
    reading = reranker.read("how hot " * 400, [long])[0]
    assert np.isfinite(reading.score)
    assert len(reading.piece_of_token) == len(reading.start_gains)


def test_the_end_of_a_long_story_counts_where_it_asks(reranker: PackagedReranker) -> None:
    story = "We have guests on Sunday, and my aunt is very particular about what she drinks. "
    scores = [reranker.read(f"{story * times}{QUESTION}", [TEA])[0].score for times in (4, 8)]
    assert scores[0] == scores[1], "what is cut off is the beginning"
    assert reranker.read(f"{story * 4}{QUESTION} No hurry.", [TEA])[0].score != scores[0], (
        "where nothing asks at the end, it is cut"
    )


@pytest.mark.parametrize("part", ["graph", "words", "tokenizer"])
def test_an_altered_model_is_never_run(part: str) -> None:
    file = replace(getattr(LARGE, part), sha256="0" * 64)
    with pytest.raises(EncoderError, match="altered or damaged; reinstall Footnote, or set reranker to off"):
        PackagedReranker(replace(LARGE, **{part: file})).read(QUESTION, [TEA])


def test_what_was_not_read_stays_behind_what_was() -> None:
    readings = [reading_of([0], [0.0], [0.0]), replace(reading_of([0], [0.0], [0.0]), score=2.0), None]
    scores = np.array([3.0, 2.0, 1.0])
    assert reranked_scores(scores, readings, fitted=False).argsort()[::-1].tolist() == [1, 0, 2]
    features = read_passage_features(scores, readings)
    assert features[2, 2] == features[:2, 2].min()


def test_what_the_large_reranker_did_not_read_stays_behind_in_the_small_ones_order() -> None:
    small = [replace(reading_of([0], [0.0], [0.0]), score=score) for score in (3.0, 2.0, 1.0)] + [None]
    large = [replace(reading_of([0], [0.0], [0.0]), score=score) for score in (-4.0, 4.0)] + [None, None]
    assert closely_reranked_scores(small, large).argsort()[::-1].tolist() == [1, 0, 2, 3]


def test_the_large_reranker_reads_where_the_small_one_is_not_sure(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = fitted_numbers()
    for bounds, read in (([0.0, 1.01], True), ([0.0, 0.0], False), ([1.01, 1.01], False)):
        monkeypatch.setitem(numbers, "small_is_sure", bounds)
        with Footnote.open(index_dir) as footnote:
            asked: list[str] = []
            large = footnote._rerankers.large
            monkeypatch.setattr(large, "read", _noting(large.read, asked))
            footnote.ask("How long does a day on Titan last?")
        assert bool(asked) == read, bounds


def _noting(read: Callable[..., list[Reading]], asked: list[str]) -> Callable[..., list[Reading]]:
    def noted(question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        asked.append(question)
        return read(question, passages)

    return noted


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = write_corpus(tmp_path_factory.mktemp("corpus"))
    index = tmp_path_factory.mktemp("index")
    Footnote.build(corpus, index)[0].close()
    return index


def test_the_words_that_answer_are_set_off_within_the_quote(index_dir: Path) -> None:
    with Footnote.open(index_dir) as footnote:
        citation = footnote.ask("At how many degrees is green tea brewed?").citations[0]
        document = footnote.document(citation.document_id)
    assert citation.answer is not None
    assert citation.answer.within(citation.span) == citation.answer
    assert "80" in citation.answer.of(document.text)


def test_without_a_reranker_everything_else_works(index_dir: Path) -> None:
    with Footnote.open(index_dir, settings=Settings(reranker="off")) as footnote:
        answer = footnote.ask("How long does a day on Titan last?")
    assert "15 days" in answer.citations[0].quote
    assert answer.citations[0].answer is None
    assert answer.track_record is not None


def test_the_rerankers_are_part_of_an_answers_fingerprint(index_dir: Path) -> None:
    with Footnote.open(index_dir) as one, Footnote.open(index_dir, settings=Settings(reranker="off")) as other:
        assert one.fingerprint != other.fingerprint


def test_a_cross_encoder_puts_passages_in_its_own_order(index_dir: Path, tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "tiny")
    chosen = load_rerankers(Settings(reranker=str(folder)))
    assert chosen.small is not None
    assert chosen.large is None
    with Footnote.open(index_dir, settings=Settings(reranker=str(folder), rerank_passages=3)) as footnote:
        read = footnote.search("tea")
    with Footnote.open(index_dir, settings=Settings(reranker="off")) as footnote:
        ranked = footnote.search("tea")
    assert {hit.passage.id for hit in read[:3]} == {hit.passage.id for hit in ranked[:3]}
    assert [hit.passage.id for hit in read[3:]] == [hit.passage.id for hit in ranked[3:]]
    assert [hit.score for hit in read] == sorted((hit.score for hit in read), reverse=True)


def test_a_cross_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        load_rerankers(Settings(reranker=str(missing)))
    assert str(missing) in str(caught.value)


def test_a_cross_encoder_that_is_only_named_is_never_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(host: str, *_: object, **__: object) -> None:
        pytest.fail(f"asked for {host}")

    monkeypatch.setattr("socket.getaddrinfo", asked)
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_rerankers(Settings(reranker="somebody/a-model"))


@pytest.mark.filterwarnings("ignore")
def tiny_cross_encoder(folder: Path) -> Path:
    """A cross-encoder of random weights, made here."""
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "tea", "green", "titan", "day", "water", "moon", "the", "is"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertForSequenceClassification(BertConfig(vocab_size=len(words), num_labels=1, **size))
    model.save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    CrossEncoder(str(folder)).save_pretrained(str(folder))
    return folder

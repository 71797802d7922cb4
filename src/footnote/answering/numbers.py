"""Codes, rows and numbers: the row that holds exactly the code asked for, or all words, and documents that tell different numbers.

Error codes, part numbers and amounts resemble each other to vectors and to rerankers, and mean nothing alike: E1234 is not E1233.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.answering.nearest import FRAMING, asking_part
from footnote.answering.scoring import ScoredSentences
from footnote.records import Passage, Sentence
from footnote.retrieval import Retrieved
from footnote.splitting import sentence_input
from footnote.store import Index

__all__ = [
    "CODE_ALONE_CONFIDENCE",
    "DISPUTED_CONFIDENCE",
    "codes_of",
    "holds_codes",
    "is_code_alone",
    "is_disputed",
    "rows_asked_for",
    "tells_all",
]

CODE_ALONE_CONFIDENCE = 0.8
"""Of a quote that holds the very code that was typed and nothing else: as good as an answer, though no one knows what was wanted."""
ROW_CONFIDENCE = 0.7
"""Least confidence in a table's row where all words of the question stand, column names and headings included: rerankers learned from
prose, and trust rows too little."""
DISPUTED_CONFIDENCE = 0.8
"""Most confidence in a number where another document answers with another one: never "very likely"."""
_ANSWERING_GAIN = 0.0
"""Gain over "no answer" from which a sentence of another document counts as answering too."""
_NUMBER_MARKS = frozenset({"#number", "#year", "#date", "#duration", "#percent", "#money", "#measure"})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBERED = re.compile(r"\b[\w]*\d[\w]*(?:[-./,:'’_]\w+)*|\b[A-Za-z]+[-/_]\d\w*")
_SEPARATORS = re.compile(r"[-./,:'’_\s]")
_LONG_DIGITS = 4
"""A bare number of so many digits names one thing; shorter ones count or measure something."""


def codes_of(text: str) -> frozenset[str]:
    """Codes and long numbers of a text in one spelling: without separators, in small letters."""
    found = (_SEPARATORS.sub("", match.group()).casefold() for match in _NUMBERED.finditer(text))
    return frozenset(code for code in found if _identifies(code))


def _identifies(code: str) -> bool:
    digits = sum(character.isdigit() for character in code)
    return digits >= _LONG_DIGITS or (0 < digits < len(code) and not re.fullmatch(r"\d+[a-z]{1,2}", code))


def is_code_alone(question: str) -> bool:
    """Whether a question has a code and no other word that matters."""
    rest = _NUMBERED.sub(" ", question)
    return bool(codes_of(question)) and not set(terms.content_words(rest)) - FRAMING


def holds_codes(reader: Index, passages: Sequence[Passage], wanted: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Whether each sentence of the passages holds all of these codes, (m,)."""
    held = []
    for passage in passages:
        document = reader.document(passage.document_id)
        held += [wanted <= codes_of(sentence_input(document, sentence)) for sentence in passage.sentences]
    return np.array(held, dtype=np.bool_)


def rows_asked_for(reader: Index, retrieved: Retrieved, scored: ScoredSentences) -> npt.NDArray[np.bool_]:
    """Which sentences are rows of a table with every word of the question, column names and what stands over it included, (m,)."""
    asked = set(terms.content_words(asking_part(retrieved.query.text))) - FRAMING
    wanted = set(terms.stem_words(sorted(asked)))
    held = []
    for n, score in enumerate(scored.scores):
        passage, sentence = _sentence(retrieved, n)
        if sentence.kind != "table_row" or len(wanted) < 2 or not np.isfinite(score):
            held.append(False)
            continue
        document = reader.document(passage.document_id)
        told = " ".join([document.title, *passage.heading_path, sentence_input(document, sentence)])
        held.append(wanted <= set(terms.analyse(told)))
    return np.array(held, dtype=np.bool_)


def tells_all(retrieved: Retrieved, n: int) -> bool:
    """Whether a sentence, with the title and headings over it, has every word of the question."""
    evidence = retrieved.evidence
    home = int(evidence.passage_of_sentence[n])
    return bool(((evidence.sentence_counts[n] > 0) | (evidence.heading_counts[home] > 0)).all())


def is_disputed(reader: Index, retrieved: Retrieved, scored: ScoredSentences) -> bool:
    """Whether a number is asked for, and two documents answer with different ones."""
    if scored.gains is None or not _NUMBER_MARKS.intersection(retrieved.query.asks):
        return False
    best = int(np.argmax(scored.scores))
    owner = retrieved.evidence.passage_of_sentence
    home = retrieved.passages[int(owner[best])].document_id
    said = _numbers_answered(reader, retrieved, scored, best)
    return bool(said) and any(
        not said & other
        for n in np.flatnonzero(np.isfinite(scored.scores) & (scored.gains >= _ANSWERING_GAIN))
        if retrieved.passages[int(owner[n])].document_id != home
        and (other := _numbers_answered(reader, retrieved, scored, int(n)))
    )


def _numbers_answered(reader: Index, retrieved: Retrieved, scored: ScoredSentences, n: int) -> frozenset[str]:
    """Numbers among the words of a sentence that answer."""
    passage, sentence = _sentence(retrieved, n)
    text = sentence_input(reader.document(passage.document_id), sentence)
    place = scored.answers[n]
    found = _NUMBER.findall(place.of(text) if place is not None else "")
    return frozenset(number.replace(",", "") for number in found)


def _sentence(retrieved: Retrieved, n: int) -> tuple[Passage, Sentence]:
    """A sentence of the hits by its position among all of them, with its passage."""
    home = int(retrieved.evidence.passage_of_sentence[n])
    passage = retrieved.passages[home]
    return passage, passage.sentences[n - int(retrieved.candidates.sentence_offsets[home])]

"""What has to be matched exactly: codes, rows with all words, sections by their number, and numbers on which documents differ.

Error codes, part numbers and amounts resemble each other to vectors and to rerankers, and mean nothing alike: E1234 is not E1233.
"Section 4.2" is the text under the heading that begins with 4.2, and no search is needed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.answering.quotes import Quote
from footnote.ranking.evidence import Retrieved
from footnote.ranking.retrieve import sentence_text
from footnote.ranking.scores import ScoredSentences
from footnote.records import Passage
from footnote.splitting import sentence_input
from footnote.store import Index

CODE_ALONE_CONFIDENCE = 0.8
"""Of a quote that holds the very code that was typed and nothing else: as good as an answer, though no one knows what was wanted."""
ALL_WORDS_CONFIDENCE = 0.7
"""Least confidence in a table's row, or in a sentence with the very code, where all words of the question stand, column names and
headings included: rerankers learned from prose, and trust rows too little, and no code means anything to them."""
DISPUTED_CONFIDENCE = 0.8
"""Most confidence in a number where another document answers with another one: never "very likely"."""
NUMBERED_CONFIDENCE = 0.95
"""Of the text under the very number that was asked for."""
_SECTION_KINDS = "section|chapter|clause|article|part|paragraph|appendix|annex|rule|step"
_ASKED_SECTION = re.compile(rf"(?:\b(?:{_SECTION_KINDS})\s+|§\s*)(\d+(?:\.\d+)*)(?![\d.]*\w)", re.IGNORECASE)
_SECTIONS_LOOKED_AT = 200
"""Passages with the number in their headings or text that are looked at."""
_ANSWERING_GAIN = 0.0
"""Gain over "no answer" from which a sentence of another document counts as answering too."""
_NUMBER_TYPES = frozenset({"#number", "#year", "#date", "#duration", "#percent", "#money", "#measure"})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = (
    {word: n for n, word in enumerate(_WORDS_TO_NINETEEN)}
    | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
    | {"dozen": 12, "hundred": 100}
)
_WORDED = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[-\s](?P<unit>{'|'.join(_WORDS_TO_NINETEEN[1:10])}))?"
    rf"|(?P<alone>one(?!\s+(?:of|another|or)\b)|{'|'.join((*_WORDS_TO_NINETEEN[:1], *_WORDS_TO_NINETEEN[2:], 'dozen', 'hundred'))}))\b",
    re.IGNORECASE,
)
"""Numbers up to a hundred by words; "one of them" and the like count nothing."""
_NUMBERED = re.compile(r"\b[\w]*\d[\w]*(?:[-./,:'’_]\w+)*|\b[A-Za-z]+[-/_]\d\w*")
_SEPARATORS = re.compile(r"[-./,:'’_\s]")
FEWEST_WORDS = 2
"""One word stands in many rows."""
_LONG_DIGITS = 4
"""A bare number of so many digits names one thing; shorter ones count or measure something."""

Flags = npt.NDArray[np.bool_]


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
    return bool(codes_of(question)) and not set(terms.content_words(rest)) - terms.FRAMING


def keep_exact(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> ScoredSentences:
    """Where sentences hold the very codes that were asked for, or rows all words, those alone can be quoted."""
    wanted = codes_of(retrieved.query.text)
    if wanted:
        itself, named = _holds_codes(index, retrieved.passages, wanted)
        codes = (itself | named) & np.isfinite(scored.scores)
        if codes.any():
            told = replace(scored, scores=np.where(codes, scored.scores, -np.inf), exact="code")
            tells_all = itself[told.best] and _tells_the_rest(index, retrieved, told.best)
            return replace(told, exact="words") if tells_all else told
    rows = _rows_asked_for(index, retrieved, scored)
    if not rows.any() or (_tells_all(retrieved, scored.best) and not rows[scored.best]):
        return scored
    return replace(scored, scores=np.where(rows, scored.scores, -np.inf), exact="words")


def _holds_codes(index: Index, passages: Sequence[Passage], wanted: frozenset[str]) -> tuple[Flags, Flags]:
    """Whether each sentence of the passages holds all of these codes, by itself and with its title and headings, (m,) each.

    "This model" in the manual of the M300 is the M300.
    """
    itself, named = [], []
    for passage in passages:
        document = index.document(passage.document_id)
        above = codes_of(" ".join([document.title, *passage.heading_path]))
        for sentence in passage.sentences:
            held = codes_of(sentence_input(document, sentence))
            itself.append(wanted <= held)
            named.append(wanted <= held | above)
    return np.array(itself, dtype=np.bool_), np.array(named, dtype=np.bool_)


def _tells_the_rest(index: Index, retrieved: Retrieved, n: int) -> bool:
    """Whether a sentence with the codes of a question has its other words too, what stands over it included."""
    rest = _NUMBERED.sub(" ", terms.asking_part(retrieved.query.text))
    wanted = set(terms.stem_words(sorted(set(terms.content_words(rest)) - terms.FRAMING)))
    return bool(wanted) and wanted <= _told_with(index, retrieved, n)


def _told_with(index: Index, retrieved: Retrieved, n: int) -> set[str]:
    """Stems of a sentence with its document's title and the headings over it."""
    passage = retrieved.passages[retrieved.sentence(n)[0]]
    title = index.document(passage.document_id).title
    return set(terms.analyse(" ".join([title, *passage.heading_path, sentence_text(index, retrieved, n)])))


def _rows_asked_for(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> npt.NDArray[np.bool_]:
    """Which sentences are rows of a table with every word of the question, column names and what stands over it included, (m,)."""
    asked = set(terms.content_words(terms.asking_part(retrieved.query.text))) - terms.FRAMING
    wanted = set(terms.stem_words(sorted(asked)))
    held = []
    for n, score in enumerate(scored.scores):
        home, at = retrieved.sentence(n)
        is_row = retrieved.passages[home].sentences[at].kind == "table_row"
        quotable = is_row and len(wanted) >= FEWEST_WORDS and np.isfinite(score)
        held.append(bool(quotable) and wanted <= _told_with(index, retrieved, n))
    return np.array(held, dtype=np.bool_)


def _tells_all(retrieved: Retrieved, n: int) -> bool:
    """Whether a sentence, with the title and headings over it, has every word of the question."""
    evidence = retrieved.evidence
    home = int(evidence.passage_of_sentence[n])
    return bool(((evidence.sentence_counts[n] > 0) | (evidence.heading_counts[home] > 0)).all())


def is_disputed(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> bool:
    """Whether a number is asked for, and two documents answer with different ones."""
    if scored.gains is None or not _NUMBER_TYPES.intersection(retrieved.query.asks):
        return False
    best = scored.best
    owner = retrieved.evidence.passage_of_sentence
    home = retrieved.passages[int(owner[best])].document_id
    said = _numbers_answered(index, retrieved, scored, best)
    return bool(said) and any(
        not said & other
        for n in np.flatnonzero(np.isfinite(scored.scores) & (scored.gains >= _ANSWERING_GAIN))
        if retrieved.passages[int(owner[n])].document_id != home
        and (other := _numbers_answered(index, retrieved, scored, int(n)))
    )


def _numbers_answered(index: Index, retrieved: Retrieved, scored: ScoredSentences, n: int) -> frozenset[str]:
    """Numbers among the words of a sentence that answer."""
    place = scored.answers[n]
    return numbers_of(place.of(sentence_text(index, retrieved, n))) if place is not None else frozenset()


def numbers_of(text: str) -> frozenset[str]:
    """The numbers of a text in figures, those in words up to a hundred included."""
    written = {number.replace(",", "") for number in _NUMBER.findall(text)}
    return frozenset(written | {str(_value(match)) for match in _WORDED.finditer(text)})


def _value(worded: re.Match[str]) -> int:
    words = (worded["tens"], worded["unit"], worded["alone"])
    return sum(_VALUES[word.lower()] for word in words if word)


@dataclass(frozen=True, slots=True)
class AskedSection:
    """A section's number, and the words that tell of which document it is."""

    number: str
    document_words: frozenset[str]


def asked_section(question: str) -> AskedSection | None:
    """The section that a question wants as a whole; None where it names none, or asks something about one."""
    found = list(_ASKED_SECTION.finditer(question))
    if len(found) != 1:
        return None
    rest = question[: found[0].start()] + " " + question[found[0].end() :]
    words = frozenset(terms.content_words(rest)) - terms.FRAMING
    return AskedSection(found[0].group(1), words)


def section_quotes(
    index: Index, asked: AskedSection, *, limit: int, allowed: Collection[str] | None = None
) -> list[Quote]:
    """The text under that number, a quote for each passage of it, in order; empty where no heading bears the number.

    Other words of the question have to stand in the title of the document, or the question wants something else.
    """
    weights = {"body": 0.1, "heading": 1.0}
    keys, _ = index.search_terms(terms.analyse(asked.number), _SECTIONS_LOOKED_AT, weights)
    under = re.compile(rf"^\W*(?:(?:{_SECTION_KINDS})\s*)?§?\s*{re.escape(asked.number)}(?!\d|\.\d)", re.IGNORECASE)
    found: dict[str, list[Passage]] = {}
    for passage in index.passages(keys):
        title, _ = index.text_of(passage.document_id)
        fits = asked.document_words <= set(terms.content_words(title))
        if fits and (allowed is None or passage.document_id in allowed) and any(map(under.match, passage.heading_path)):
            found.setdefault(passage.document_id, []).append(passage)
    # Where several documents number their sections, nobody knows which is meant: the search may.
    if len(found) != 1:
        return []
    (passages,) = found.values()
    return [quote for quote in map(_body, sorted(passages, key=lambda each: each.span.start)) if quote][:limit]


def _body(passage: Passage) -> Quote | None:
    said = [sentence.span for sentence in passage.sentences if sentence.kind != "heading"]
    return Quote(passage, said[0].cover(said[-1]), 0.0) if said else None

"""Which phrases a pronoun can mean: "he" and "she" no thing, "it" and "its" no person."""

from __future__ import annotations

import re
from collections.abc import Sequence

from footnote.conversation.candidates import Phrase
from footnote.conversation.cues import Cues, is_content
from footnote.records import Turn
from footnote.terms import stem_words, words

_ASKS_FOR_A_PERSON = re.compile(r"^\W*(?:and\s+)?(?:who|whom|by whom)\b", re.IGNORECASE)
_TITLED = re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|professor|sir|lady|president|captain)\.?\s+$", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers|himself|herself)\b", re.IGNORECASE)


def agreeing(cues: Cues, turns: Sequence[Turn], found: Sequence[Phrase]) -> list[Phrase]:
    """The phrases that agree with the first pronoun of a question; all of them where it has none, or where none would be left.

    A person is who was named where a question asks "who", whose name stands after a title, or whom an answer goes on to call
    "he" or "she"; a name with a number in it is a thing.
    """
    kind = cues.pronouns[0][0] if cues.pronouns else ""
    if kind not in {"he", "she", "it"}:
        return list(found)
    people = _people(turns)
    if kind == "it":
        kept = [each for each in found if not set(each.stems) <= people]
    else:
        kept = [each for each in found if not any(any(map(str.isdigit, word)) for word in each.words)]
    return kept or list(found)


def _people(turns: Sequence[Turn]) -> frozenset[str]:
    """Stems of the names of persons."""
    stems: set[str] = set()
    for turn in turns:
        runs = _name_runs(turn.answer)
        if runs and (_ASKS_FOR_A_PERSON.match(turn.question) or _called_a_person(turn.answer, runs)):
            stems.update(_stems(turn.answer, runs[0]))
        for text in (turn.question, turn.answer):
            for run in _name_runs(text):
                if _TITLED.search(text[: run[0]]):
                    stems.update(_stems(text, run))
    return frozenset(stems)


def _called_a_person(answer: str, runs: Sequence[tuple[int, int]]) -> bool:
    """Whether an answer that names one thing alone goes on with "he" or "she"."""
    return len(runs) == 1 and _PERSON.search(answer, runs[0][1]) is not None


def _name_runs(text: str) -> list[tuple[int, int]]:
    """Runs of words with capitals, without numbers: two or more where they open the text."""
    runs: list[tuple[int, int, int]] = []
    for word in words(text):
        if not (text[word.span.start].isupper() and is_content(word.text) and word.text.isalpha()):
            continue
        if runs and text[runs[-1][1] : word.span.start].strip("-") in {"", " "}:
            runs[-1] = (runs[-1][0], word.span.end, runs[-1][2] + 1)
        else:
            runs.append((word.span.start, word.span.end, 1))
    return [
        (start, end) for start, end, count in runs if count > 1 or text[:start].rstrip()[-1:] not in ("", ".", "?", "!")
    ]


def _stems(text: str, run: tuple[int, int]) -> list[str]:
    return stem_words([word.text for word in words(text[run[0] : run[1]])])

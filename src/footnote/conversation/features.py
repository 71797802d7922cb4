"""What is known of a phrase as the thing that a question leans on: one row of numbers a phrase."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from footnote.conversation.candidates import Phrase
from footnote.conversation.cues import Cues, read_cues
from footnote.records import Turn
from footnote.terms import stem_words

Frequencies = Callable[[Sequence[str]], tuple[Sequence[int], int]]
"""Stems to the number of passages that hold each, and the number of passages."""

_KINDS = ("he", "she", "it", "they", "this", "other", "same", "then", "bare", "opener", "fragment", "role")
_BASE = (
    "one_word",
    "words",
    "part_of_run",
    "name",
    "number",
    "last_question",
    "last_answer",
    "second_question",
    "second_answer",
    "older_only",
    "first_question",
    "questions",
    "answers",
    "mentions",
    "age",
    "first_age",
    "subject_last_question",
    "subject_last_answer",
    "subject_ever",
    "first_last_answer",
    "place_last",
    "governed_last",
    "governed_by_of",
    "verbal",
    "adverb",
    "plural",
    "in_question_part",
    "extends_name",
    "near_pointed",
    "holds_pointed",
    "before_pronoun",
    "pronoun_new",
    "rarity",
    "rarity_unknown",
    "owner",
    "acts",
    "placed",
    "kin",
    "kin_share",
    "mention_share",
    "only_name",
    "name_subject",
    "name_acts",
    "name_kin_share",
    "name_last_answer",
    "name_last_question",
    "widest_name",
    "quoted",
    "who_answer",
    "short_answer",
    "answers_pointed",
)
_CROSSED = (
    "name",
    "last_question",
    "last_answer",
    "second_question",
    "first_question",
    "mentions",
    "subject_last_question",
    "subject_last_answer",
    "part_of_run",
    "number",
    "verbal",
    "plural",
    "governed_last",
    "before_pronoun",
    "older_only",
    "rarity",
    "acts",
    "owner",
    "placed",
    "kin_share",
    "mention_share",
    "only_name",
    "name_subject",
    "name_acts",
    "name_kin_share",
    "name_last_answer",
    "name_last_question",
    "widest_name",
    "first_last_answer",
    "near_pointed",
    "quoted",
    "who_answer",
    "short_answer",
    "answers_pointed",
)
FEATURES: tuple[str, ...] = (
    *_BASE,
    *(f"{kind}*{name}" for kind in _KINDS for name in _CROSSED),
    *("named*" + name for name in _CROSSED),
)
"""Names of the columns, in order."""

SHORT_WORDS = 6
"""An answer of so few words is what was asked for, not a sentence about it."""
_VERBAL = re.compile(r"(?:ed|ing|ize|ise|ify)$")


def describe(
    cues: Cues, turns: Sequence[Turn], found: Sequence[Phrase], frequencies: Frequencies | None
) -> npt.NDArray[np.float64]:
    """Features of phrases, (phrases, features).

    Args:
        cues: of the question.
        turns: newest first.
        found: the phrases.
        frequencies: of stems in the documents, where there are any.
    """
    rarity = _rarity(found, frequencies)
    pronoun_since = _pronoun_since(cues, turns)
    pointed = set(stem_words(cues.pointed))
    asked = set(stem_words([w.text for w in cues.words]))
    near = _neighbours(turns, pointed)
    rows = []
    kin = _kin(found)
    for i, phrase in enumerate(found):
        base = _base(phrase, turns, asked, pronoun_since)
        base.update(_relative(phrase, found, kin, i, base))
        base["near_pointed"] = float(bool(near & set(phrase.stems)) and not pointed & set(phrase.stems))
        base.update(_as_answer(phrase, turns, pointed))
        base["holds_pointed"] = float(bool(pointed & set(phrase.stems)))
        base["rarity"] = rarity[i] if rarity is not None else 0.0
        base["rarity_unknown"] = float(rarity is None)
        row = [base[name] for name in _BASE]
        for kind in _KINDS:
            row += [base[name] if kind in cues.kinds else 0.0 for name in _CROSSED]
        row += [base[name] if cues.named else 0.0 for name in _CROSSED]
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(len(found), len(FEATURES))


def is_verbal(phrase: Phrase) -> bool:
    """Whether a phrase looks like a verb form rather than a name of something."""
    return not phrase.name and bool(_VERBAL.search(phrase.words[-1]))


def _base(phrase: Phrase, turns: Sequence[Turn], asked: set[str], pronoun_since: int) -> dict[str, float]:
    mentions = phrase.mentions
    questions = {m.turn for m in mentions if m.in_question}
    answers = {m.turn for m in mentions if not m.in_question}
    newest = mentions[0]
    oldest = max(m.turn for m in mentions)
    age = min(m.turn for m in mentions)
    head = phrase.words[-1]
    return {
        "one_word": float(len(phrase.words) == 1),
        "words": math.log(len(phrase.words)),
        "part_of_run": float(not phrase.whole),
        "name": float(phrase.name),
        "number": float(any(w.isdigit() for w in phrase.words)),
        "last_question": float(0 in questions),
        "last_answer": float(0 in answers),
        "second_question": float(1 in questions),
        "second_answer": float(1 in answers),
        "older_only": float(age > 1),
        "first_question": float(len(turns) - 1 in questions),
        "questions": math.log1p(len(questions)),
        "answers": math.log1p(len(answers)),
        "mentions": math.log(len(mentions)),
        "age": math.log1p(age),
        "first_age": float(oldest == len(turns) - 1),
        "subject_last_question": float(any(m.subject and m.in_question and m.turn == 0 for m in mentions)),
        "subject_last_answer": float(any(m.subject and not m.in_question and m.turn == 0 for m in mentions)),
        "subject_ever": float(any(m.subject for m in mentions)),
        "first_last_answer": float(any(m.first and not m.in_question and m.turn == 0 for m in mentions)),
        "place_last": newest.place,
        "governed_last": float(bool(newest.governed)),
        "governed_by_of": float(newest.governed == "of"),
        "verbal": float(is_verbal(phrase)),
        "adverb": float(head.endswith("ly")),
        "plural": float(head.endswith("s") and not head.endswith("ss")),
        "in_question_part": sum(s in asked for s in phrase.stems) / len(phrase.stems),
        "extends_name": float(phrase.name and any(s in asked for s in phrase.stems)),
        "before_pronoun": float(pronoun_since >= 0 and (oldest > pronoun_since or pronoun_since in questions)),
        "pronoun_new": float(pronoun_since < 0),
    }


def _pronoun_since(cues: Cues, turns: Sequence[Turn]) -> int:
    """Age of the oldest turn of those that, without a break of two turns, use the question's first pronoun; -1 if none."""
    if not cues.pronouns:
        return -1
    kind = cues.pronouns[0][0]
    since, missed = -1, 0
    for age, turn in enumerate(turns):
        if any(k == kind for k, _ in read_cues(turn.question).pronouns):
            since, missed = age, 0
        else:
            missed += 1
            if missed > 2:
                break
    return since


def _neighbours(turns: Sequence[Turn], pointed: set[str]) -> set[str]:
    """Stems within two words of a pointed head word in the history."""
    near: set[str] = set()
    if not pointed:
        return near
    for turn in turns:
        for text in (turn.question, turn.answer):
            stems = stem_words(re.findall(r"[^\W_]+", text.lower()))
            for i, stem in enumerate(stems):
                if stem in pointed:
                    near.update(stems[max(0, i - 2) : i + 3])
    return near


def _rarity(found: Sequence[Phrase], frequencies: Frequencies | None) -> list[float] | None:
    """Mean inverse document frequency of each phrase's stems, 1 for a word that one passage of all holds."""
    if frequencies is None:
        return None
    stems = sorted({s for p in found for s in p.stems})
    counts, passages = frequencies(stems)
    top = math.log(2 + passages)
    idf = {s: (top - math.log(1 + n)) / top for s, n in zip(stems, counts, strict=True)}
    return [sum(idf[s] for s in p.stems) / len(p.stems) for p in found]


def _kin(found: Sequence[Phrase]) -> list[int]:
    """For each phrase, how often names that share a word with it (itself among them) are mentioned."""
    count: dict[str, set[tuple[int, bool, float]]] = {}
    for phrase in found:
        for stem in phrase.stems:
            count.setdefault(stem, set()).update((m.turn, m.in_question, m.place) for m in phrase.mentions)
    return [len(set().union(*(count[s] for s in phrase.stems))) for phrase in found]


def _relative(
    phrase: Phrase, found: Sequence[Phrase], kin: Sequence[int], at: int, base: dict[str, float]
) -> dict[str, float]:
    """How a phrase stands against the others of its conversation."""
    rivals = [i for i, other in enumerate(found) if other.name == phrase.name]
    stems = set(phrase.stems)
    strangers = [i for i in rivals if not stems & set(found[i].stems)]
    name = float(phrase.name)
    share = kin[at] / max(kin[i] for i in rivals)
    return {
        "owner": float(any(m.owner for m in phrase.mentions)),
        "acts": float(any(m.acts for m in phrase.mentions)),
        "placed": sum(m.governed in {"in", "at", "from", "to", "on", "into"} for m in phrase.mentions)
        / len(phrase.mentions),
        "kin": math.log(kin[at]),
        "kin_share": share,
        "mention_share": len(phrase.mentions) / max(len(found[i].mentions) for i in rivals),
        "only_name": name * float(not strangers),
        "name_subject": name * base["subject_ever"],
        "name_acts": name * float(any(m.acts for m in phrase.mentions)),
        "name_kin_share": name * share,
        "name_last_answer": name * base["last_answer"],
        "name_last_question": name * base["last_question"],
        "widest_name": name * float(not any(stems < set(found[i].stems) for i in rivals)),
    }


def _as_answer(phrase: Phrase, turns: Sequence[Turn], pointed: set[str]) -> dict[str, float]:
    """Whether a phrase answered an earlier question that the new one may speak of."""
    answered = {m.turn for m in phrase.mentions if not m.in_question}
    asked = [set(stem_words(re.findall(r"[^\W_]+", turns[i].question.lower()))) for i in sorted(answered)]
    newest = turns[0]
    return {
        "quoted": float(any(m.quoted for m in phrase.mentions)),
        "who_answer": float(phrase.name and 0 in answered and newest.question.lower().startswith("who")),
        "short_answer": float(0 in answered and len(newest.answer.split()) <= SHORT_WORDS),
        "answers_pointed": float(any(pointed & words_asked for words_asked in asked)),
    }

"""Phrases of a conversation that a question may lean on: names, runs of content words, and single content words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from footnote.conversation.cues import PREPOSITIONS, is_content
from footnote.records import Turn
from footnote.terms import stem_words, words

TURNS_READ = 12
"""Turns that are read at most, the newest: older ones seldom matter, and a question must stay fast."""
ANSWER_CHARS = 600
"""Characters that are read of an answer: its subject stands at its beginning."""
MAX_PHRASE_WORDS = 5

_NO_ANSWER = re.compile(r"^\s*(?:i (?:do not|don'?t) know|cannotanswer|no answer)\b", re.IGNORECASE)
_INSIDE_NAMES = frozenset("of the de la van der von du le del da di and & for".split())
_GAP = re.compile(r"[\s\"“”‘’'&-]*")
_VERBS = frozenset(
    """is are was were has had have would could will can did does made became began left took went won won't""".split()
)
_POSSESSIVE = re.compile(r"(?:['’]s|s['’])$", re.IGNORECASE)
_SUBJECT_MAKERS = frozenset("is are was were do does did has have had can could will would should may might".split())


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a phrase stands.

    Attributes:
        turn: 0 is the newest turn.
        in_question: in the turn's question, else in its answer.
        place: words before it, over the words of the text: 0 at the beginning.
        first: nothing but stop words stands before it.
        subject: right after a verb form or article that opens a question, or first in an answer.
        governed: the preposition before it, or "".
        capital: begins with a capital that the beginning of a sentence does not explain.
        owner: followed by a possessive.
        acts: followed by a word that a subject is followed by: a form of be or have, or a past tense.
        quoted: a quotation mark stands right before it.
    """

    turn: int
    in_question: bool
    place: float
    first: bool
    subject: bool
    governed: str
    capital: bool
    owner: bool
    acts: bool
    quoted: bool


@dataclass(slots=True)
class Phrase:
    """A phrase with all its places.

    Attributes:
        text: as it was first written in the newest place.
        stems: of its content words, in order.
        name: written with capitals at most of its places.
        whole: it is a whole run, not a word out of one.
        mentions: newest first.
    """

    text: str
    stems: tuple[str, ...]
    words: tuple[str, ...]
    whole: bool
    mentions: list[Mention]

    @property
    def name(self) -> bool:
        return 2 * sum(m.capital for m in self.mentions) >= len(self.mentions)


def read_turns(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns that are read, newest first, without answers that say nothing."""
    newest = list(reversed(history))[:TURNS_READ]
    return tuple(Turn(q, "" if _NO_ANSWER.match(a) else a[:ANSWER_CHARS]) for q, a in newest)


def phrases(turns: Sequence[Turn]) -> list[Phrase]:
    """All phrases of the turns, each once, in the order of their newest mention."""
    found: dict[tuple[str, ...], Phrase] = {}
    common = _written_small(turns)
    for age, turn in enumerate(turns):
        for text, in_question in ((turn.question, True), (turn.answer, False)):
            for phrase, mention in _runs(text, age, common, in_question=in_question):
                known = found.setdefault(phrase.stems, phrase)
                known.whole = known.whole or phrase.whole
                known.mentions.append(mention)
    return list(found.values())


def _written_small(turns: Sequence[Turn]) -> frozenset[str]:
    """Words that stand somewhere without a capital: at the beginning of a sentence their capital tells nothing."""
    texts = [text for turn in turns for text in (turn.question, turn.answer)]
    return frozenset(w.text for text in texts for w in words(text) if text[w.span.start].islower())


def _plain(word: str, common: frozenset[str]) -> bool:
    return word in common or not is_content(word) or word.endswith(("ed", "ing", "ly"))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    capital: bool


def _runs(text: str, age: int, common: frozenset[str], *, in_question: bool) -> list[tuple[Phrase, Mention]]:
    tokens: list[_Token] = []
    for w in words(text):
        opens = not text[: w.span.start].strip("\"“”' \n") or text[: w.span.start].rstrip("\"“”' \n")[-1:] in ".?!:;|*"
        # "Brewline 300" is one name.
        upper = text[w.span.start].isupper() or (w.text[0].isdigit() and bool(tokens) and tokens[-1].capital)
        tokens.append(_Token(w.text, w.span.start, w.span.end, upper and not (opens and _plain(w.text, common))))
    cased = any(c.isupper() for c in text[1:])
    found = []
    for start, end in _borders(text, tokens):
        run = tokens[start:end]
        mention = _mention(text, tokens, (start, end), age, in_question=in_question)
        spans = [(0, len(run))]
        if len(run) > 1 and not (cased and all(t.capital for t in run[1:])):
            spans += [(i, i + 1) for i in range(len(run))]
        for i, j in spans:
            part = [t for t in run[i:j] if is_content(t.text)]
            if not part or (j - i == 1 and not is_content(run[i].text)):
                continue
            surface = _POSSESSIVE.sub("", " ".join(text[run[i].start : run[j - 1].end].split()))
            folded = tuple(t.text for t in part)
            phrase = Phrase(surface, tuple(stem_words(folded)), folded, j - i == len(run), [])
            found.append((phrase, mention))
    return found


def _borders(text: str, tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """Start and end of every run of content words: never over punctuation, never from a name into common words."""
    found = []
    i = 0
    while i < len(tokens):
        if not is_content(tokens[i].text):
            i += 1
            continue
        end = i + 1
        while end < len(tokens) and end - i < MAX_PHRASE_WORDS:
            if not _GAP.fullmatch(text[tokens[end - 1].end : tokens[end].start]):
                break
            if _POSSESSIVE.search(text[tokens[end - 1].start : tokens[end - 1].end]) and tokens[end - 1].capital:
                break
            if (
                is_content(tokens[end].text)
                and (tokens[end].capital or not tokens[end - 1].capital)
                and not (tokens[end].capital and not tokens[end - 1].capital and text[tokens[end - 1].start].islower())
            ):
                end += 1
                continue
            joined = _joined(text, tokens, end)
            if not joined or not text[tokens[i].start].isupper():
                break
            end = joined
        found.append((i, end))
        i = end
    return found


def _joined(text: str, tokens: Sequence[_Token], at: int) -> int:
    """Where a name goes on past "of the" and the like: the end of its next word, or 0."""
    ahead = at
    while ahead < len(tokens) and tokens[ahead].text in _INSIDE_NAMES and tokens[ahead].text != "and":
        ahead += 1
    if ahead == at or ahead >= len(tokens) or not tokens[ahead].capital or not is_content(tokens[ahead].text):
        return 0
    if any(not _GAP.fullmatch(text[tokens[k].end : tokens[k + 1].start]) for k in range(at - 1, ahead)):
        return 0
    return ahead + 1


def _mention(text: str, tokens: Sequence[_Token], place: tuple[int, int], age: int, *, in_question: bool) -> Mention:
    at, end = place
    after = tokens[end].text if end < len(tokens) else ""
    touching = end < len(tokens) and not text[tokens[end - 1].end : tokens[end].start].strip()
    before = [t.text for t in tokens[max(0, at - 3) : at]]
    near = next((w for w in reversed(before) if w not in {"the", "a", "an", "his", "her", "their", "its"}), "")
    first = not any(is_content(t.text) for t in tokens[:at])
    subject = first and (near in _SUBJECT_MAKERS if in_question else near not in PREPOSITIONS)
    return Mention(
        turn=age,
        in_question=in_question,
        place=at / max(1, len(tokens)),
        first=first,
        subject=subject,
        governed=near if near in PREPOSITIONS else "",
        capital=tokens[at].capital,
        owner=bool(_POSSESSIVE.search(text[tokens[end - 1].start : tokens[end - 1].end])),
        quoted=text[: tokens[at].start].removesuffix("The ").rstrip().endswith(('"', "“", "‘", "'")),
        acts=touching and (after in _VERBS or after.endswith("ed")),
    )

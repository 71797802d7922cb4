"""How a follow-up reads when it stands alone: words of the conversation in a pronoun's place, in an earlier question, or in brackets.

``substitute`` and ``earlier_words`` are for questions that keep an earlier question's words and change one: "And for pain?", "What
about tablets?", "Why?".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from footnote.conversation.cues import AUXILIARIES, PREPOSITIONS, Cues, is_content, read_cues
from footnote.encoding import Encoder
from footnote.records import Turn
from footnote.terms import stem_words, words

_OPENER = re.compile(
    r"^(?:(?:and|or|but|so|then|ok|okay)\b[,\s]*)*(?:(?:what|how)\s+about\s+|what\s+of\s+)?(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"^(?:and\s+)?(?:does|do|is|are|would|will|did|was)\s+(?:the\s+same|that|this|it)\s+(?:also\s+)?"
    r"(?:(?:hold|apply|go|work|happen|count|be)\s*(?:true|the\s+case)?|true|the\s+case)\s+(?:for|to|of|with|in)\s+(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_LEAD = re.compile(rf"^(?P<preposition>{'|'.join(sorted(PREPOSITIONS))})\s+", re.IGNORECASE)
_ARTICLE_BEFORE = re.compile(r"\b(?:the|a|an)\s+$", re.IGNORECASE)
_END = " ?!.,"
_FILLERS = re.compile(r"[\s,]+(?:then|tho|though|please|pls|btw|too|as well|instead)[\s?!.,]*$", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*\([^()]*\)")
_PREDICATE = re.compile(
    r"\s+(?:\w+ed|\w+ive|\w+able|\w+ible|common|safe|legal|dangerous|expensive|cheap|new|better|worse|good|bad|right|free|"
    r"fast|slow|helpful|useful|harmful|known|given|taken|less|healthy|necessary)(?=\W|$).*$",
    re.IGNORECASE,
)
"""What a question with "is" says of its subject, where it stands right after it."""
_CHOICE = re.compile(
    r"\b(?:the|these|those) two\b|\bboth\b|\beither\b|\bwhich (?:one|of them)\b|\bneither\b", re.IGNORECASE
)
_LIGHT_VERBS = frozenset(
    """take takes work works help helps cause causes raise raises last lasts use used uses using need needs get give given
    treat treats affect affects change changes reduce reduces lower lowers improve improves increase increases start starts
    stop stops come comes go goes make makes feel feels show shows cost costs differ taking taken keep""".split()
)
"""Verbs of a question that a fragment leaves as they are."""
_ASKING = frozenset("what which who whom whose when where why how any".split())
_POSSESSIVE = frozenset("his its their".split())
_OWN = frozenset("hers theirs".split())
_REFLEXIVE = frozenset("himself herself itself themselves".split())
MOST_SLOT_WORDS = 3
MOST_WORDS = 4
"""A fragment with more words of its own than this is a question by itself."""


def substitute(cues: Cues, turns: tuple[Turn, ...], encoder: Encoder | None) -> str | None:
    """The newest earlier question with one phrase replaced by the fragment; None where the question is no such fragment."""
    rest = _fragment(cues)
    if rest is None or not turns:
        return None
    earlier = _BRACKETED.sub("", turns[0].question)
    lead = _LEAD.match(rest)
    own = rest[lead.end() :] if lead else rest
    slots = _slots(earlier)
    if not slots:
        return None
    own_stems = set(stem_words([w.text for w in words(own)]))
    if any(own_stems & set(stem_words([w.text for w in words(earlier[a:b])])) for a, b, _ in slots):
        # "And in the long term?" after "short-term effects": what gives way is a part that only meaning tells.
        return bracketed(cues.question, [earlier[a:b] for a, b, _ in slots])
    if lead and not any(preposition for _, _, preposition in slots):
        # "And after ten years?" after "How many days do I get?": nothing there can give way to a time or a place.
        return f"{earlier.rstrip(_END)} {rest}?"
    start, end = _slot(earlier, slots, own, lead["preposition"].casefold() if lead else "", encoder)
    if len(words(earlier[start:end])) > MOST_SLOT_WORDS:
        # A run so long has a verb in it, and what would be left says nothing.
        return bracketed(cues.question, [earlier[a:b] for a, b, _ in slots])
    before = _ARTICLE_BEFORE.sub("", earlier[:start])
    return f"{before}{own}{earlier[end:]}"


def earlier_words(cues: Cues, turns: tuple[Turn, ...]) -> list[str]:
    """Phrases of the newest earlier question, for a question that has hardly a word of its own.

    That is a question word that stands nearly alone ("Why?", "How fast?"), or a choice between what was named ("Which of
    the two?").
    """
    texts = [w.text for w in cues.words]
    if turns and _CHOICE.search(cues.question) and re.search(r"\b(?:or|and|versus|vs)\b", turns[0].question):
        return _phrases_of(turns[0].question, texts)
    alone = texts and len(texts) <= MOST_WORDS and len(cues.content) <= 1
    personal = any(kind in {"he", "she", "they"} for kind, _ in cues.pronouns)
    if not alone or personal or cues.kinds & {"other", "then"} or not turns or not cues.kinds & {"bare", "fragment"}:
        return []
    if not (texts[0] in _ASKING or texts[0] in PREPOSITIONS or texts[-1] == "for"):
        return []
    if read_cues(_BRACKETED.sub("", turns[0].question)).pronouns:
        return []
    return _phrases_of(turns[0].question, texts)


def question_words(cues: Cues, turns: tuple[Turn, ...]) -> list[str]:
    """Phrases of the newest earlier question that has some."""
    texts = [w.text for w in cues.words]
    return next((found for turn in turns if (found := _phrases_of(turn.question, texts))), [])


def focus(cues: Cues, turns: tuple[Turn, ...]) -> str | None:
    """What the newest question that names something is about: its subject, or what the subject is "of"."""
    asked = set(stem_words([w.text for w in cues.words]))
    for turn in turns:
        earlier = _BRACKETED.sub("", turn.question)
        if any(kind in {"it", "they"} for kind, _ in read_cues(earlier).pronouns):
            continue  # "Is it addictive?" names nothing itself
        slots = _slots(earlier)
        verb = next((w.span.start for w in words(earlier) if w.text in AUXILIARIES), -1)
        slots = [s for s in slots if s[0] > verb] or slots
        # "the advantages of the nasal spray": what follows "of" is spoken of.
        slots = [s for s in slots if s[2] == "of"] + [s for s in slots if s[2] != "of"]
        for start, end, _ in slots:
            phrase = _PREDICATE.sub("", earlier[start:end])
            stems = set(stem_words([w.text for w in words(phrase)]))
            if stems and not stems & asked:
                return phrase
    return None


def _phrases_of(question: str, without: list[str]) -> list[str]:
    earlier = _BRACKETED.sub("", question)
    earlier = earlier if read_cues(earlier).content else question
    asked = set(stem_words(without))
    found = [earlier[a:b] for a, b, _ in _slots(earlier, through_verbs=True)]
    return [f for f in found if not set(stem_words([w.text for w in words(f)])) <= asked]


def _fragment(cues: Cues) -> str | None:
    """What a fragment changes: its words without "and", "what about" and the like."""
    question = cues.question.strip()
    same = _SAME.match(question)
    if same is not None:
        rest = same["rest"].rstrip(_END)
        return rest if read_cues(rest).content else None
    opened = _OPENER.match(question)
    if opened is None or "opener" not in cues.kinds or cues.pronouns or not cues.content:
        return None
    rest = _FILLERS.sub("", opened["rest"].rstrip(_END))
    inside = [w.text for w in words(rest)]
    lead = _LEAD.match(rest)
    first = inside[1:2] if lead else inside[:1]
    if not inside or len(inside) > MOST_WORDS + 2 or set(first) & _ASKING or _is_clause(inside):
        return None
    return rest


def _is_clause(texts: list[str]) -> bool:
    verbs = "is are was were do does did has have had can could will would should may might must if when".split()
    return any(t in verbs for t in texts)


def _slots(earlier: str, *, through_verbs: bool = False) -> list[tuple[int, int, str]]:
    """Runs of content words of a question: start, end and the preposition before each."""
    slots: list[tuple[int, int, str]] = []
    before = ""
    open_run = False
    for word in words(earlier):
        if not is_content(word.text) or (word.text in _LIGHT_VERBS and not through_verbs):
            before = word.text if word.text in PREPOSITIONS else before if word.text in {"the", "a", "an"} else ""
            open_run = False
            continue
        if open_run and not earlier[slots[-1][1] : word.span.start].strip(" -"):
            slots[-1] = (slots[-1][0], word.span.end, slots[-1][2])
        else:
            slots.append((word.span.start, word.span.end, before))
        open_run, before = True, ""
    return slots


def _slot(
    earlier: str, slots: list[tuple[int, int, str]], own: str, preposition: str, encoder: Encoder | None
) -> tuple[int, int]:
    """The run that the fragment stands for: after the same preposition, else the nearest in meaning, else the last."""
    governed = [(a, b) for a, b, p in slots if p and p == preposition]
    if governed:
        return governed[-1]
    options = [(a, b) for a, b, p in slots if p] if preposition else []
    options = options or [(a, b) for a, b, _ in slots]
    if own[:1].isupper() and (names := _name_runs(earlier)):
        # A name takes the whole place of another: "Anna" that of "Marek Novak".
        options = names
    if encoder is None:
        return options[-1]
    if len(words(own)) == 1 and not own[:1].isupper():
        # One word may stand for one word of a run: "intravenous" for "intramuscular" in "intramuscular ketamine".
        parts = [(a + w.span.start, a + w.span.end) for a, b in options for w in words(earlier[a:b])]
        options = list(dict.fromkeys([*options, *parts]))
    if len(options) == 1:
        return options[0]
    vectors = encoder.encode_queries([own, *(earlier[a:b] for a, b in options)])
    return options[int(np.argmax(vectors[1:] @ vectors[0]))]


def _name_runs(earlier: str) -> list[tuple[int, int]]:
    """Runs of words with capitals inside a question, in order."""
    runs: list[tuple[int, int]] = []
    for word in words(earlier)[1:]:
        if not (earlier[word.span.start].isupper() and is_content(word.text)):
            continue
        if runs and not earlier[runs[-1][1] : word.span.start].strip(" -"):
            runs[-1] = (runs[-1][0], word.span.end)
        else:
            runs.append((word.span.start, word.span.end))
    return runs


def bracketed(question: str, added: Sequence[str]) -> str:
    """The question with phrases in brackets after it."""
    return f"{question} ({', '.join(added)})" if added else question


def with_pronoun_replaced(cues: Cues, phrase: str) -> str | None:
    """The question with a phrase where its first pronoun stood; None where no pronoun can give way."""
    for kind, word in cues.pronouns:
        at = cues.words.index(word)
        after = cues.words[at + 1].text if at + 1 < len(cues.words) else ""
        surface = word.span.of(cues.question).casefold()
        if surface != word.text or word.text in _REFLEXIVE or (kind == "this" and not _stands_alone(cues, at, after)):
            continue
        owned = word.text in _POSSESSIVE or word.text in _OWN or (word.text == "her" and _owns(after))
        put = _owner(phrase) if owned else phrase
        return f"{cues.question[: word.span.start]}{put}{cues.question[word.span.end :]}"
    return None


def _stands_alone(cues: Cues, at: int, after: str) -> bool:
    """Whether this or that is a pronoun: the last word, or right after a verb and before one."""
    return not after or (after in AUXILIARIES | PREPOSITIONS and cues.words[at].text in {"this", "that"})


def _owns(after: str) -> bool:
    return bool(after) and after not in PREPOSITIONS | AUXILIARIES | {"and", "or", "then", "the", "a"}


def _owner(phrase: str) -> str:
    return f"{phrase}'" if phrase.endswith("s") else f"{phrase}'s"

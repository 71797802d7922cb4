"""What in a question points back at the conversation: pronouns, demonstratives, fragments, "the other", "why?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from footnote.terms import STOPWORDS, Word, words

EMPTY_WORDS = frozenset(
    """know tell say said says talk talking article articles anything something everything nothing interesting important
    information fact facts aspect aspects detail details thing things happen happened happens else another others please ok
    okay really actually yes thanks thank explain mention mentioned mean means meant kind kinds sort type types like lot
    also find found learn notable maybe perhaps ever never always well good way ways exactly besides don didn doesn isn
    wasn weren aren hasn haven hadn couldn wouldn shouldn let want ask asked question questions question answer answers
    one ones two both either neither former latter first second next last later against among around behind below
    beside between beyond during except inside near onto outside per since through throughout toward towards under upon
    versus via after above across along before afterwards ago still yet even matter matters""".split()
)
"""Words that carry no topic of their own: they are asked with, not asked about."""

_PRONOUNS = {
    **dict.fromkeys(("he", "him", "his", "himself"), "he"),
    **dict.fromkeys(("she", "her", "hers", "herself"), "she"),
    **dict.fromkeys(("it", "its", "itself"), "it"),
    **dict.fromkeys(("they", "them", "their", "theirs", "themselves"), "they"),
    **dict.fromkeys(("this", "that", "these", "those"), "this"),
}
_POINTERS = {
    **dict.fromkeys(("else", "other", "others", "another", "besides", "more", "additional", "further"), "other"),
    **dict.fromkeys(("same", "both", "either", "neither", "former", "latter"), "same"),
    **dict.fromkeys(("then", "next", "afterwards", "afterward", "later", "before", "after"), "then"),
}
_BE = frozenset("is are was were be been being am isn't aren't wasn't weren't".split())
AUXILIARIES = _BE | frozenset(
    """do does did has have had can could will would shall should may might must don't doesn't didn't hasn't haven't
    can't couldn't won't wouldn't""".split()
)
PREPOSITIONS = frozenset(
    """about above after against along among around as at before behind below between by during except for from in into
    like near of off on onto over per since than through to toward towards under until upon versus via with within
    without""".split()
)
_ROLES = frozenset(
    """band album show film movie song songs book team group game series record single label tour case war program project
    character company organization novel story event accident""".split()
)
"""Heads that, with "the" and little else, name something that was named before."""
_OPENERS = re.compile(
    r"^(?:(?:and|or|but|so|then|ok|okay)[,\s]+)*(?:(?:(?:what|how)\s+about|what\s+of|and|or|but)\b)", re.IGNORECASE
)
_DUMMY_IT = re.compile(
    r"\b(?:is|was|isn't|does|did|will|would|can|could|what's|it's)\s+it\s+(?:\w+ly\s+)?"
    r"(?:true|safe|possible|legal|ok|okay|better|best|worth|normal|hard|easy|good|bad|necessary|important|known|take|"
    r"cost|rain|rains|raining|mean|like)\b.*\b(?:to|that|if|when|for)\b|\bit(?:'s| is| was) (?:true|possible|safe)\b|"
    # "How much is it to borrow a film?"
    r"\b(?:is|was|will|would)\s+it\s+(?:be\s+)?to\s+\w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What points back in one question.

    Attributes:
        question: as it was asked.
        words: its words, in order.
        kinds: kinds of cue present: "he", "she", "it", "they", "this", "other", "same", "then", "bare" (no word of its
            own), "opener" ("and", "what about"), "fragment" (no verb form that a question has).
        pronouns: (kind, word) of the pronouns that point back, in order.
        pointed: head words that a demonstrative or a definite article points with ("that war", "the band").
        named: the question has a name of its own.
        content: folded content words.
    """

    question: str
    words: tuple[Word, ...]
    kinds: frozenset[str]
    pronouns: tuple[tuple[str, Word], ...]
    pointed: tuple[str, ...]
    named: bool
    content: tuple[str, ...]

    @property
    def leans(self) -> bool:
        """The question needs what was said before it."""
        return bool(self.kinds)


def is_content(word: str) -> bool:
    """A folded word that a topic can be made of."""
    return word not in STOPWORDS and word not in EMPTY_WORDS and (len(word) > 1 or word.isdigit())


def read_cues(question: str) -> Cues:
    """Read what points back in a question."""
    tokens = tuple(words(question))
    content = tuple(dict.fromkeys(w.text for w in tokens if is_content(w.text)))
    named_at = [i for i, w in enumerate(tokens) if i > 0 and is_content(w.text) and w.span.of(question)[0].isupper()]
    pronouns = _pronouns(question, tokens, named_at[0] if named_at else None)
    kinds = {kind for kind, _ in pronouns}
    kinds.update(_pointers(tokens, named=bool(named_at)))
    if not named_at and not content[2:] and any(head in _ROLES for head in _pointed(tokens)):
        kinds.add("role")
    if _OPENERS.match(question):
        kinds.add("opener")
    if not content:
        kinds.add("bare")
    elif not named_at and _is_fragment(tokens, content):
        kinds.add("fragment")
    return Cues(question, tokens, frozenset(kinds), pronouns, _pointed(tokens), bool(named_at), content)


def _is_fragment(tokens: tuple[Word, ...], content: tuple[str, ...]) -> bool:
    """No verb form that a question has, and few words of its own; "which agency approved it" has its verb."""
    texts = [w.text for w in tokens]
    if len(content) > 3 or any(t in AUXILIARIES or t in {"happened", "happens"} for t in texts):
        return False
    asks = texts[0] in {"who", "what", "which", "whose"} and len(content) > 1
    return not (asks and any(t.endswith(("ed", "es")) for t in texts[1:]))


def _pronouns(question: str, tokens: tuple[Word, ...], named_at: int | None) -> tuple[tuple[str, Word], ...]:
    found = []
    dummy = _DUMMY_IT.search(question) is not None
    for i, word in enumerate(tokens):
        kind = _PRONOUNS.get(word.text)
        if kind is None or (kind != "this" and named_at is not None and named_at < i):
            continue
        if kind == "it" and dummy:
            continue
        if kind == "this" and not _demonstrates(tokens, i):
            continue
        found.append((kind, word))
    return tuple(found)


def _demonstrates(tokens: tuple[Word, ...], i: int) -> bool:
    """Whether this/that/these/those points, rather than opening a relative clause or naming "this article"."""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if after in {"article", "passage", "text", "page", "document"}:
        return False
    if tokens[i].text != "that":
        return True
    before = tokens[i - 1].text if i else ""
    if not after:
        return True
    return not before or before in PREPOSITIONS or before in AUXILIARIES or before in {"why", "how", "when", "and"}


def _pointers(tokens: tuple[Word, ...], *, named: bool) -> set[str]:
    found = set()
    for i, word in enumerate(tokens):
        kind = _POINTERS.get(word.text)
        if kind is None or named:
            continue
        last = i + 1 == len(tokens)
        if kind == "then" and not last and word.text in {"before", "after", "next", "later"}:
            continue
        if word.text in {"more", "further"} and not last:
            continue
        if kind == "other" and any(t.text == "than" for t in tokens):
            continue
        found.add(kind)
    texts = [w.text for w in tokens]
    if any(
        a in {"the", "these", "those"} and b in {"two", "three", "first", "second", "one", "ones"}
        for a, b in pairwise(texts)
    ):
        found.add("same")
    return found


def _pointed(tokens: tuple[Word, ...]) -> tuple[str, ...]:
    heads = []
    for i, word in enumerate(tokens[:-1]):
        if word.text in {"the", "this", "that", "these", "those"}:
            run = []
            for later in tokens[i + 1 : i + 4]:
                if not is_content(later.text):
                    break
                run.append(later.text)
            heads.extend(run)
    return tuple(heads)

"""Text as the words that lexical search, ranking and spelling compare.

A *word* is a lower-case run of letters and digits; a *stem* is its Snowball stem; a *term id* is a 32-bit checksum of a
stem, which is what the index keeps.  One definition for passages and queries, so that they can never disagree.
"""

from __future__ import annotations

import re
import threading
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from footnote.records import Span

if TYPE_CHECKING:
    from spellchecker import SpellChecker

# Letters, digits and the combining marks between them; "'" only inside a word, so that "brain's" is one word.
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_ASKING = re.compile(
    r"^\W*(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|should|shall|will|would|may|"
    r"might|must|has|have|had|am|any)\b",
    re.IGNORECASE,
)

STOPWORDS = frozenset(
    (
        "a about all also am an and any are as at be because been being but by can can't cannot could did didn't do "
        "does doesn't doing don't done for from get had has have having he her hers him his how i i'm if in into is "
        "isn't it it's its itself just let many may me might more most much must my no nor not of off on once only or "
        "other our ours out over own same shall she should so some such than that that's the their theirs them then "
        "there there's these they they're this those through to too under until up upon us very was we we're were what "
        "what's when where whether which while who who's whom whose why will with within without won't would you you're "
        "your yours "
    ).split()
)
"""Words too common to tell passages apart.  "not", "no" and question words are here too: ranking has features of its own for them."""

FRAMING = frozenset(
    (
        "say says said saying tell tells told explain explains describe describes mention mentions mentioned document "
        "documents file files page pages text folder article articles manual guide please thanks thank hello hi hey "
        "know think mean means question answer info information find show give need want wants wanted get got getting "
        "mum mom mother dad father wife husband son daughter kid kids child grandma grandmother granny grandad "
        "grandfather brother sister aunt uncle friend partner boss neighbour neighbor today tomorrow yesterday tonight "
        "week weekend monday tuesday wednesday thursday friday saturday sunday year month old really actually just "
        "anyone anybody someone somebody something anything thing things stuff way bit lot lots sure guess"
    ).split()
)
"""Words that frame a question or tell whose it is: that no document holds them never is why it is not answered."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the span it was read from; ``text`` is folded (lower case, compatibility forms, no possessive)."""

    text: str
    span: Span


def words(text: str) -> list[Word]:
    """The words of a text, in order."""
    return [Word(fold(m.group()), Span(m.start(), m.end())) for m in _WORD.finditer(text)]


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """One form for the spellings of a word that nobody means to tell apart: case, accents, ligatures, possessives."""
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _POSSESSIVE.sub("", plain)


@lru_cache(maxsize=1)
def english_words() -> SpellChecker:
    """A list of English words with how often they are used.

    It is read when a word looks like a slip, or stands in no document: that takes a third of a second.
    """
    from spellchecker import SpellChecker

    return SpellChecker(language="en")


COMMON = 250_000
"""How often the five hundred commonest English words stand in the texts that the list of words was counted on, at least."""


def is_common(word: str) -> bool:
    """Whether a folded word is one of the commonest of English, such as "far" or "gave"."""
    return english_words().word_frequency[word] >= COMMON


_local = threading.local()


def _stemmer() -> Any:
    # A Snowball stemmer keeps scratch memory, so each thread has its own.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        import Stemmer

        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return stemmer


def stem_words(folded: Sequence[str]) -> list[str]:
    """Snowball (Porter2, English) stems of folded words, one each."""
    return list(_stemmer().stemWords(list(folded)))


def analyse(text: str) -> list[str]:
    """All stems of a text in order, stop words included: what BM25 counts."""
    return stem_words(_folded(text))


def _folded(text: str) -> list[str]:
    """As ``words``, without their spans."""
    return [fold(word) for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """The folded words that are not stop words, in order, each once."""
    return list(dict.fromkeys(word for word in _folded(text) if word and word not in STOPWORDS))


def content_stems(text: str) -> list[str]:
    """Stems of the content words, in order, each once."""
    return list(dict.fromkeys(stem_words(content_words(text))))


def term_id(stem: str) -> int:
    """32-bit checksum of a stem: two of a question's ten words collide with one of a passage's words once in millions."""
    return zlib.crc32(stem.encode("utf-8"))


def term_ids(stems: Iterable[str]) -> list[int]:
    return [term_id(s) for s in stems]


# What a sentence holds that a question may ask for.  Its answer types travel with a sentence's stems; "#" keeps them apart from any
# stem, and ``is_answer_type`` tells them from words wherever words are counted.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_NUMERAL = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|dozen|twenty|thirty|forty|fifty|sixty|"
    r"hundred|thousand|million|billion|half|third|quarter)"
)
_COUNT = rf"(?:\d[\d,.]*|an?|several|few|{_NUMERAL})"
_TIME_UNIT = r"(?:seconds?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|months?|years?|decades?|centur(?:y|ies))"
_MEASURE_UNIT = (
    r"(?:mg|mcg|µg|g|kg|ml|mL|l|litres?|liters?|km|m|cm|mm|nm|miles?|feet|ft|inch(?:es)?|acres?|hectares?|tons?|tonnes?|"
    r"pounds?|lbs?|degrees?|°\s?[CF]?|k?m²|mph|km/h|[kMG]?Hz|[kMG]?W|[kMGT]B|volts?|V|calories|kcal|mmol)"
)
_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("#number", re.compile(rf"\d|\b{_NUMERAL}s?\b", re.IGNORECASE)),
    ("#year", re.compile(r"\b(?:1\d{3}|20\d{2})s?\b|\b\d{1,2}(?:st|nd|rd|th) century\b|\b\d+\s?(?:BC|BCE|AD|CE)\b")),
    (
        "#date",
        re.compile(
            rf"\b{_MONTH}\b\.?\s+\d|\d(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b|"
            r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
            re.IGNORECASE,
        ),
    ),
    (
        "#duration",
        re.compile(
            rf"\b{_COUNT}(?:\s*(?:to|or|and|-|–)\s*{_COUNT})?[\s-]+(?:more\s+)?{_TIME_UNIT}\b|"
            rf"\b(?:within|for|over|in)\s+(?:the\s+)?{_TIME_UNIT}\b",
            re.IGNORECASE,
        ),
    ),
    ("#percent", re.compile(r"\d\s?(?:%|percent|per cent)|\bpercent", re.IGNORECASE)),
    (
        "#money",
        re.compile(
            r"[$€£¥]\s?\d|\d\s?(?:dollars|euros|pounds|cents|USD|EUR|GBP)\b|"
            r"\b(?:million|billion) (?:dollars|euros|pounds)\b"
        ),
    ),
    ("#measure", re.compile(rf"\d\s?{_MEASURE_UNIT}(?:\b|$|\s)")),
    ("#name", re.compile(r"(?<=[\w,;)] )[A-Z][\w'’-]*[a-z]")),
    (
        "#reason",
        re.compile(
            r"\b(?:because|due to|since|so that|in order to|as a result|caused? by|causes?|owing to|therefore|reasons?|"
            r"leads? to|thus|hence)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "#definition",
        re.compile(
            r"\b(?:is|are|was|were) (?:a|an|the|one|any)\b|\brefers? to\b|\bmeans?\b|\bknown as\b|\bcalled\b|\bdefined as\b",
            re.IGNORECASE,
        ),
    ),
)
ANSWER_TYPES: tuple[str, ...] = tuple(name for name, _ in _TYPES)
"""Every kind of answer that a sentence can hold."""

_ASKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bhow (?:long|often|soon|quickly|fast)\b|\b(?:duration|how much time|what length of time)\b", ("#duration",)),
    (r"\bhow old\b|\bwhat age\b", ("#number", "#duration")),
    (r"\b(?:what|which) (?:percentage|percent|proportion|share)\b", ("#percent",)),
    (r"\b(?:what|how much).{0,20}\b(?:cost|price|pay|paid|worth)\b|\bhow much money\b", ("#money",)),
    (r"\bhow (?:tall|high|deep|wide|far|heavy|large|big|thick)\b|\b(?:dose|dosage)\b", ("#measure", "#number")),
    (r"\bhow (?:many|much)\b|\bwhat (?:number|amount)\b", ("#number",)),
    (r"\b(?:when|what|which|in what|in which) (?:year|decade|century)\b", ("#year",)),
    (r"\b(?:what|which) (?:date|day|month)\b", ("#date",)),
    (r"\bwhen\b", ("#year", "#date", "#duration")),
    (r"\bwho(?:m|se)?\b", ("#name",)),
    (r"\bwhere\b|\b(?:what|which) (?:city|country|state|town|place)\b", ("#name",)),
    (r"\bwhy\b|\bwhat (?:caused?|causes|reasons?|leads?)\b|\bhow come\b", ("#reason",)),
    (r"^\s*(?:what|who) (?:is|are|was|were) (?:a |an |the )?[\w\s-]{1,40}\?*\s*$", ("#definition",)),
)
_ASKS_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), wanted) for pattern, wanted in _ASKS)


def is_answer_type(stem: str) -> bool:
    return stem.startswith("#")


def answer_types(text: str) -> tuple[str, ...]:
    """Kinds of answer that a sentence holds: "#number", "#duration", "#name" and so on, in a fixed order."""
    return tuple(name for name, pattern in _TYPES if pattern.search(text))


def asked_types(question: str) -> tuple[str, ...]:
    """Kinds of answer that a question asks for, any of which will do; empty where its form does not tell."""
    return next((wanted for pattern, wanted in _ASKS_COMPILED if pattern.search(question)), ())


def sentence_terms(text: str) -> tuple[str, ...]:
    """What the index keeps of a sentence: its stems in order, then its answer types."""
    return (*analyse(text), *answer_types(text))


def asking_part(question: str) -> str:
    """The sentence of a story that asks: the last with a question mark or a question's first word; else the whole."""
    sentences = [found.group().strip() for found in _SENTENCE.finditer(question) if found.group().strip(" .!?")]
    marked = [sentence for sentence in sentences if sentence.endswith("?")]
    asking = marked or [sentence for sentence in sentences if _ASKING.match(sentence)]
    return asking[-1] if len(sentences) > 1 and asking else question

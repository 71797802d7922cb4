"""A message becomes the question that is searched: slips of spelling mended, abbreviations of the documents spelled out.

Both take their words from the documents alone, and both are shown to the person as the question that was understood.  Greetings,
thanks and questions about the program itself are no questions: they get a helpful fixed reply, not a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from footnote import terms
from footnote.encoding import Encoder
from footnote.store import Index
from footnote.store.entries import KeyArray

SHORTEST_MENDED_CHARS = 5
"""Shorter words have too many neighbours one letter away."""
TWO_SLIPS_FROM_CHARS = 9
"""Words from this length on may have two letters wrong."""
SHORTEST_PARTED_CHARS = 3
"""Shorter pieces of a word are words by chance."""
DEFINING_PASSAGES = 3
"""An abbreviation in more passages than these finds them by itself: spelling it out then costs more than it gains."""

FEWEST_INITIALS = 3
"""Two letters begin two words somewhere in any text."""
NEAR_PASSAGES = 20
_INITIALED = re.compile(r"[^\W\d_][\w'’]*")
_SMALL_WORDS = frozenset("of the and for in to a an".split())
_BREAK = re.compile(r"[^\w\s'’&/-]|\n\s*\n")
_ABBREVIATION = re.compile(r"\b[A-Z][A-Za-z]*[A-Z]s?\b")


def to_query(question: str, index: Index, encoder: Encoder) -> str:
    """The question with its slips mended and its abbreviations spelled out; itself where there is nothing to do."""
    return spell_out(mend_spelling(question, index, encoder), index, encoder)


def mend_spelling(question: str, index: Index, encoder: Encoder) -> str:
    """Replace words that neither the documents nor the language know by the closest word of the documents.

    A word that the encoder's tokenizer keeps whole, or that is in a list of English words, is never a slip, even where no
    document holds it.
    """
    suspects = [
        word
        for word in terms.words(question)
        if len(word.text) >= SHORTEST_MENDED_CHARS and word.text.isalpha() and word.text not in terms.STOPWORDS
    ]
    if not suspects:
        return question
    counts = index.document_frequencies(terms.stem_words([word.text for word in suspects]))
    unknown = [w for w in suspects if not counts.get(terms.stem_words([w.text])[0])]
    if not unknown:
        return question
    bare = encoder.count_tokens([""])[0]
    split = [n - bare > 1 for n in encoder.count_tokens([word.text for word in unknown])]
    mended = question
    for word, is_split in reversed(list(zip(unknown, split, strict=True))):
        found = _meant(word.text, index.vocabulary()) if is_split else None
        if found is not None and word.text not in terms.english_words():
            typed = word.span.of(question)
            ending = typed[len(word.text) :] if typed.casefold().startswith(word.text) else ""
            mended = mended[: word.span.start] + _like(typed, found) + ending + mended[word.span.end :]
    return mended


def _meant(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """The word that was meant, or the two that were run together; of both the one with fewer slips, a missing blank being one."""
    closest = _closest(word, vocabulary)
    if closest is not None and len(closest) == len(word):
        return closest
    return _parted(word, vocabulary) or closest


def _parted(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """Two words that a missing blank made one, one of them a word of the documents, the other that or a common one."""
    best: tuple[int, str] | None = None
    for cut in range(SHORTEST_PARTED_CHARS, len(word) - SHORTEST_PARTED_CHARS + 1):
        parts = word[:cut], word[cut:]
        passages = [vocabulary.get(part, 0) for part in parts]
        if not any(passages):
            continue
        if all(count or terms.is_common(part) for part, count in zip(parts, passages, strict=True)):
            candidate = min(len(part) for part in parts), " ".join(parts)
            best = candidate if best is None or candidate > best else best
    return best[1] if best is not None else None


def _closest(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """The word of the documents with the fewest letters wrong, missing, added or swapped; the commonest of several."""
    from rapidfuzz.distance import OSA

    allowed = 2 if len(word) >= TWO_SLIPS_FROM_CHARS else 1
    best: tuple[int, int, str] | None = None
    for other, passages in vocabulary.items():
        if other[0] != word[0] or abs(len(other) - len(word)) > allowed or not other.isalpha():
            continue
        distance = OSA.distance(word, other, score_cutoff=allowed)
        if distance <= allowed:
            candidate = (distance, -passages, other)
            best = candidate if best is None or candidate < best else best
    return best[2] if best is not None else None


def _like(typed: str, found: str) -> str:
    """The found word with the capitals of the typed one."""
    if typed.isupper():
        return found.upper()
    return found.capitalize() if typed[0].isupper() else found


def spell_out(question: str, index: Index, encoder: Encoder) -> str:
    """Add what an abbreviation stands for, where the documents say so: "TRD" becomes "TRD (treatment-resistant depression)".

    One that stands in no document gives way to the words with those initials: "the CFO" becomes "the chief financial officer".
    """
    spelled = question
    for match in reversed(list(_ABBREVIATION.finditer(question))):
        short = match.group().removesuffix("s") if match.group()[-2:-1].isupper() else match.group()
        keys, _ = index.search_terms(terms.analyse(f"{short} {short}s"), DEFINING_PASSAGES + 1)
        meaning = _definition(short, keys, index) if len(keys) else _by_initials(short, question, index, encoder)
        if meaning is not None and meaning.casefold() not in question.casefold():
            put = f"{match.group()} ({meaning})" if len(keys) else meaning
            spelled = f"{spelled[: match.start()]}{put}{spelled[match.end() :]}"
    return spelled


def _definition(short: str, keys: KeyArray, index: Index) -> str | None:
    """What the documents say that an abbreviation stands for: the words before its brackets that its letters begin."""
    if len(keys) > DEFINING_PASSAGES:
        return None
    for passage in index.passages(keys):
        text = passage.span.of(index.document(passage.document_id).text)
        for place in re.finditer(rf"\(\s*{re.escape(short)}s?\s*\)", text):
            found = long_form(short, text[: place.start()])
            if found is not None:
                return found
    return None


def _by_initials(short: str, question: str, index: Index, encoder: Encoder) -> str | None:
    """The words with an abbreviation's initials in the passages nearest to the question."""
    if len(short) < FEWEST_INITIALS:
        return None
    keys, _ = index.search_passages(encoder.encode_queries([question])[0], NEAR_PASSAGES)
    for passage in index.passages(keys):
        document = index.document(passage.document_id)
        found = with_initials(short, document.visible(passage.span))
        if found is not None:
            return found
    return None


def with_initials(short: str, text: str) -> str | None:
    """The first words in a row whose initials are an abbreviation's letters, small words between them left out of account."""
    named = [match for match in _INITIALED.finditer(text) if match.group().casefold() not in _SMALL_WORDS]
    initials = "".join(match.group()[0].casefold() for match in named)
    at = initials.find(short.casefold())
    while at >= 0:
        run = named[at : at + len(short)]
        between = text[run[0].start() : run[-1].end()]
        if not _BREAK.search(between):
            return " ".join(between.split())
        at = initials.find(short.casefold(), at + 1)
    return None


@lru_cache(maxsize=1_024)
def long_form(short: str, before: str) -> str | None:
    """The shortest run of words at the end of a text that an abbreviation's letters spell in order.

    The rule is Schwartz and Hearst's (2003): letters are matched from the last to the first, and the first letter must
    begin a word.
    """
    window = before[-20 * len(short) :].rstrip(" *_\"'“")
    at = len(window) - 1
    for n, letter in enumerate(reversed(short.casefold())):
        first = n == len(short) - 1
        while at >= 0 and (window[at].casefold() != letter or (first and at > 0 and window[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
        at -= 1
    found = " ".join(window[at + 1 :].replace("*", "").split())
    if found[1:].islower():
        found = found.lower()  # a capital that only began a sentence or an item
    enough_words = len(re.findall(r"\w+", found)) <= 2 * len(short) + 2
    return found if enough_words and len(found) > len(short) and "." not in found else None


_GREETING = (
    r"(?:hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|footnote))?"
)
_THANKS = (
    r"(?:(?:many )?thanks?(?: you)?(?: (?:so|very) much)?(?: a lot)?|thx|cheers|great|perfect|ok(?:ay)?|cool|nice|got it|"
    r"i see)(?:,? (?:that helps|thanks|thank you))?"
)
_FAREWELL = r"bye|goodbye|good night|see you(?: later)?|farewell"
_WHAT_IS_THIS = (
    r"(?:what|how) (?:can|do|could) (?:you|i) (?:do|help(?: me)?(?: with)?|ask(?: you)?|use (?:this|you)|work)(?: here)?|"
    r"who are you|what are you|what is this|help(?: me)?|how does this work|what is footnote"
)
_HOW_ARE_YOU = r"how are you(?: (?:today|doing))?|how is it going|what'?s up"

_REPLIES: tuple[tuple[str, str], ...] = (
    (
        _GREETING,
        "Hello. Ask a question about the documents, and I will quote the passages that answer it, each with its place.",
    ),
    (_THANKS, "You are welcome. Click a citation's number to check the quote in its place, or ask another question."),
    (_FAREWELL, "Goodbye."),
    (
        _WHAT_IS_THIS,
        (
            "I answer questions about a folder of documents by quoting them word for word, each quote with its place in "
            "the source. I write nothing of my own, and I say so when the documents do not answer. Ask in plain words, "
            "for example one of the questions that the documents themselves raise."
        ),
    ),
    (_HOW_ARE_YOU, "Ready to look things up. Ask a question about the documents, and I will quote what answers it."),
)


def small_talk_reply(message: str) -> str | None:
    """The fixed reply to a message that is small talk as a whole; None where it is anything else."""
    plain = " ".join(re.sub(r"[^\w\s',]", " ", message.casefold().replace("’", "'")).split()).strip(" ,")
    return next((reply for pattern, reply in _REPLIES if re.fullmatch(pattern, plain)), None)

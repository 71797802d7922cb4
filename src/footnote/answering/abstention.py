"""Where nothing answers for certain: the passage that comes nearest, whose property it tells, and what no document mentions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from footnote import terms
from footnote.ranking.query import Query
from footnote.records import AbstentionReason, Citation, Span
from footnote.store import Index

ANOTHERS_CONFIDENCE = 0.3
"""Most confidence in a quote that tells the property of something else: it is shown as the nearest, and whose it is."""
WEIGHTY_NAME = 0.25
"""Share of a question's weight from which a name that the quote lacks decides: lower ones cost more right answers than they save."""
_COMPOUND = re.compile(r"[\w'’]+(?:-[\w'’]+)*")
MOST_UNREAD_NAMED = 3
_AFTER_HOW = re.compile(r"\bhow\s+([^\W\d_]+)", re.IGNORECASE)
_COMPARING = frozenset("difference differences differ different compare compared comparison vs versus than".split())
_NOT_A_LETTER = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)")
"""Between the words of a file's name: "ferry-times_2024", "FerryTimes2024"."""
_STANDS_ANYWHERE = frozenset("a an the this that my your is are was were be to and or not can do does if".split())
"""Words that may stand before anything: what follows them in a quote is not what follows them in a question."""


def missing_words(index: Index, question: str) -> tuple[str, ...]:
    """Content words of what is asked of which no document holds any form; of a compound, the whole ("half-life").

    Words as common as "far" or "gave" are left out: that they are missing is never why something is not answered.  So are those
    that only say what is asked for: how often, how heavy, the difference between.
    """
    asked = terms.asking_part(question)
    asking = (
        {match.group(1).casefold() for match in _AFTER_HOW.finditer(asked)}
        | terms.STOPWORDS
        | terms.FRAMING
        | _COMPARING
    )
    found = [word for word in terms.words(asked) if word.text not in asking]
    stems = terms.stem_words([w.text for w in found])
    counts = index.document_frequencies(stems)
    missing = [w.span for w, stem in zip(found, stems, strict=True) if not counts.get(stem)]
    whole = dict.fromkeys(_whole_word(asked, span) for span in missing)
    return tuple(word for word in whole if not terms.is_common(word.casefold()))


def _whole_word(question: str, span: Span) -> str:
    """The word at a span with what hyphens join to it, as it was typed."""
    # A mark that stands on its own, as in a row of accents, belongs to a word of ours but to no compound.
    return next((m.group() for m in _COMPOUND.finditer(question) if m.end() >= span.end), span.of(question))


def refusal(missing: Sequence[str]) -> tuple[AbstentionReason, str]:
    """Why nothing is shown, and the sentence that says so."""
    if missing:
        return (
            "unknown_words",
            f"The documents never mention {_listed(missing)}, and no passage answers the question without.",
        )
    return "not_answered", "The documents use these words, but no passage was found that answers the question."


def is_anothers(query: Query, citation: Citation, passage_text: str) -> bool:
    """Whether a quote tells the property of something else than was asked about.

    So it is where a name that weighs in the question stands in other passages and neither in the quote nor over it; and where the
    passage has the name, but the quote another word in its place ("the dose of paracetamol").

    Args:
        query: the question.
        citation: the first quote.
        passage_text: of the passage that the quote is taken from.
    """
    held = _held(citation)
    untold = np.array([stem not in held for stem in query.stems], dtype=np.bool_)
    if float((query.names & query.known & untold) @ query.idf) < WEIGHTY_NAME * query.total_idf:
        return False
    name = _untold_name(query, citation)
    in_passage = set(terms.analyse(name)) <= set(terms.analyse(passage_text))
    return not in_passage or bool(_in_its_place(query.text, name, citation))


def nearest_explanation(query: Query, citation: Citation, missing: Sequence[str]) -> str:
    """What is said above the nearest passage: what no document mentions, or of what it tells where that is not what was asked about."""
    asked = _untold_name(query, citation)
    told = _told_instead(query.text, asked, citation) if asked else ""
    if told:
        return f"No passage answers this for certain. The nearest is about {told}, not {asked}:"
    if missing:
        return f"The documents never mention {_listed(missing)}. The nearest passage:"
    return "No passage answers this for certain. The nearest:"


def said_of_unread(index: Index, question: str, *, absent: bool) -> str:
    """That files could not be read, where that may be why nothing answers; empty where it is not.

    So it is where a file's name shares a word with the question, and of all files where nothing is even near.
    """
    unread = [each.path for each in index.facts.unread]
    asked = set(terms.content_stems(question))
    named = [path for path in unread if asked & set(terms.analyse(_NOT_A_LETTER.sub(" ", path)))]
    told = named or (unread if absent else [])
    if not told:
        return ""
    more = f" and {len(told) - MOST_UNREAD_NAMED:,} more" if len(told) > MOST_UNREAD_NAMED else ""
    return f"{_listed(told[:MOST_UNREAD_NAMED])}{more} could not be read, and may tell."


def _listed(missing: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in missing)


def _untold_name(query: Query, citation: Citation) -> str:
    """The first name of the question that stands neither in the quote nor over it, as it was typed."""
    held = _held(citation)
    names = {stem for stem, is_name in zip(query.stems, query.names, strict=True) if is_name}
    for word in terms.words(query.text):
        stem = terms.stem_words([word.text])[0]
        if stem in names and stem not in held:
            return word.span.of(query.text)
    return ""


def _held(citation: Citation) -> set[str]:
    """Stems of a quote with what stands over it."""
    return set(terms.analyse(" ".join([citation.title, *citation.heading_path, citation.context_text, citation.quote])))


def _told_instead(question: str, asked: str, citation: Citation) -> str:
    """What the quote has in the name's place; of a name with a capital, else the heading."""
    found = _in_its_place(question, asked, citation)
    if found or not asked[:1].isupper():
        return found
    return citation.heading_path[-1] if citation.heading_path else citation.title


def _in_its_place(question: str, asked: str, citation: Citation) -> str:
    """The word that follows in the quote on the word that the name follows in the question; empty where there is none."""
    words = [word.text for word in terms.words(question)]
    place = words.index(terms.fold(asked)) if terms.fold(asked) in words else 0
    before = words[place - 1] if place > 0 and words[place - 1] not in _STANDS_ANYWHERE else None
    known = set(words) | terms.STOPWORDS | terms.FRAMING
    for previous, word in pairwise(terms.words(citation.quote)):
        if previous.text == before and word.text not in known and word.text.isalpha():
            return word.span.of(citation.quote)
    return ""

"""What no quote can give: a sum, a count, an average, a summary.  It is said plainly, beside what can be quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from footnote import terms

__all__ = ["Beyond", "beyond_quoting", "said_beyond", "summary_refusal"]

Beyond = Literal["sum", "count", "average", "summary"]

_PATTERNS: tuple[tuple[Beyond, str], ...] = (
    (
        "summary",
        (
            r"^\W*(?:(?:please|can you|could you|would you|will you)\b\W*)*(?:summari[sz]e|sum up|give (?:me )?(?:a|an|the) "
            r"(?:short |brief |quick )?(?:summary|overview|outline|gist)|write (?:me )?a (?:short |brief )?summary)\b"
            r"|^\W*(?:what(?: is|'s) the |a )?(?:short |brief )?(?:summary|gist|tl;?dr) of\b|\btl;?dr\b"
            r"|^\W*what are the (?:main|key) (?:points|takeaways|messages)\b"
        ),
    ),
    ("average", r"\b(?:on average|what(?: is|'s) the (?:average|mean|median) of|average of (?:all|the|these))\b"),
    (
        "count",
        r"^\W*(?:how many\b.{1,60}\b(?:are|is) (?:there|listed|mentioned|named|given|described)\b|count (?:the|all|how)\b)",
    ),
    ("sum", r"\b(?:in total|altogether|all together|added up|add up|sum of|total of (?:all|the|these))\b"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_COUNTED = re.compile(r"^\W*how many\s+(.{1,60}?)\s+(?:are|is)\b", re.IGNORECASE)
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|no)"
_TOLD = {
    "sum": re.compile(r"\b(?:total|totals|altogether|sum|combined|together)\b", re.IGNORECASE),
    "average": re.compile(r"\b(?:average|averages|mean|median|typically)\b", re.IGNORECASE),
}
"""Words of a quote that tells the very thing: then there is nothing to add."""
_SENTENCES = {
    "sum": "Footnote only quotes: it does not add numbers up.",
    "count": "Footnote only quotes: it does not count.",
    "average": "Footnote only quotes: it does not calculate averages.",
}


def beyond_quoting(question: str) -> Beyond | None:
    """What a question wants that is more than a quote; None where a quote may answer it as it is."""
    return next((kind for kind, pattern in _COMPILED if pattern.search(question)), None)


def said_beyond(kind: Beyond, question: str, quotes: Sequence[str]) -> str:
    """The sentence that goes with the quotes of a question that wants a sum, a count or an average; empty where they tell it."""
    told = _counted(question) if kind == "count" else _TOLD.get(kind)
    if kind == "summary" or (told is not None and any(told.search(quote) for quote in quotes)):
        return ""
    return _SENTENCES[kind]


def _counted(question: str) -> re.Pattern[str] | None:
    """A number before what is counted: "four codes", "12 kinds of codes"."""
    found = _COUNTED.search(question)
    if found is None:
        return None
    counted = "|".join(re.escape(word[:5]) for word in terms.content_words(found.group(1)))
    return re.compile(rf"\b{_NUMBER}\s+(?:\w+\s+){{0,3}}?(?:{counted})", re.IGNORECASE) if counted else None


def summary_refusal(headings: Sequence[str]) -> str:
    """What is said where a summary is wanted, with the headings that can be asked about."""
    said = "Footnote only quotes: it does not write summaries."
    if not headings:
        return said
    listed = ", ".join(f"“{heading}”" for heading in headings)
    return f"{said} The documents have sections on {listed}: ask about one of them."

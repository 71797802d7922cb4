"""Whether a heading asks: then what it heads is its answer."""

from __future__ import annotations

import re

__all__ = ["asks", "opens_as_question", "stands_apart"]

_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|should|shall|will|would|may|might|must|has|have|had|"
    r"isn['’]t|aren['’]t|don['’]t|doesn['’]t|didn['’]t|can['’]t|won['’]t)"
)
# "How ketamine works" and "What we do" are titles; "How does ketamine work" and "What causes pain" ask.
_ASKING = re.compile(
    rf"(?:what|which|who|whom|whose|when|where|why|how)(?:['’]s|['’]re|\s+{_AUXILIARY}|"
    rf"\s+(?:much|many|long|often|far|soon|old|big|common|likely|safe|\w+ly)\s+(?:\w+\s+){{0,3}}?{_AUXILIARY}|"
    rf"\s+to)\b"
    rf"|(?:what|which|whose)\s+(?!(?:you|we|i|they|he|she|it|people)\b)(?:\w[\w-]*\s+){{1,3}}?{_AUXILIARY}\b"
    rf"|(?:what|who)\s+(?:causes|caused|helps|happens|happened|makes|needs|gets|uses|pays)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(rf"{_AUXILIARY}\s+(?!not\b)\w", re.IGNORECASE)
_QUESTION_WORD = re.compile(
    r"(?:what|which|who|whom|whose|when|where|why|how|in what|at what|on what|for how|if)\b", re.IGNORECASE
)

# Names of sections that stand on the same footing as any other section, whatever comes before them.
_APART = re.compile(
    r"(?:in )?(?:conclusions?|summary|key (?:takeaways|points|facts)|frequently asked questions|common questions|faqs?\b|"
    r"references|bibliography|further reading|see also|external links|introduction|overview|reviews?\b|comments|"
    r"about (?:the author|us)|notes?$|appendix|acknowledge?ments?|disclaimer|related (?:articles|products|posts)|"
    r"final thoughts|the bottom line|bottom line|table of contents|contents$|abstract$|glossary|index$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:q(?:uestion)?\s*)?\d{0,3}(?:\.\d{1,3})*\s*[.):]?\s*", re.IGNORECASE)


def asks(heading: str) -> bool:
    """Whether a heading is a question.

    It ends with a question mark, or begins as questions do: "How long does it last" but not "How it lasts".  A section's
    name before the question ("Conclusion – how does it work?") makes it a name, not a question.
    """
    plain = _NUMBER.sub("", heading.strip(" \"'“”‘’*"), count=1)
    if stands_apart(plain):
        return False
    return heading.rstrip(" \"'“”’*)").endswith("?") or _ASKING.match(plain) is not None


def opens_as_question(text: str) -> bool:
    """Whether a text begins as a question does, a yes-or-no question among them."""
    plain = _NUMBER.sub("", text.strip(), count=1)
    return bool(_QUESTION_WORD.match(plain) or _YES_OR_NO.match(plain))


def stands_apart(heading: str) -> bool:
    """Whether a heading is one of those that close or open a document on its top level: "Conclusion", "FAQ"."""
    return _APART.match(_NUMBER.sub("", heading.strip(), count=1)) is not None

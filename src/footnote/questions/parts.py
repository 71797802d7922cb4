"""Several questions in one message: "How long is the leave and who approves it?" are two, and each has an answer of its own."""

from __future__ import annotations

import re

from footnote import terms

__all__ = ["MOST_PARTS", "parts_of"]

FEWEST_WORDS = 3
"""Of a part that leans on the one before it: "What now?" asks nothing by itself."""
MOST_PARTS = 4
"""A message with more is a story, or a list: it is searched as one."""
_IS = "(?:['’]?s)?"
"""As in "what's" and "whats"."""
_WH = rf"(?:who|what|when|where|why|how){_IS}|whom|whose|which"
_VERBS = r"is|are|was|were|do|does|did|can|could|should|shall|will|would|may|must|has|have|had"
_ASKING = f"{_WH}|{_VERBS}"
_VERB = re.compile(rf"\b(?:{_VERBS})\b|\b(?:who|what|when|where|why|how)['’]?s\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\S)[^.!?\n]*)*[.!?]*")
_BEGINS = re.compile(rf"^\W*(?:(?:and|or|but|so|also|then|please|hi|hello)\b\W*)*(?:{_ASKING})\b", re.IGNORECASE)
_JOINED = re.compile(
    rf"\s*(?:[,;]\s*(?:and|or|but|also)?|\b(?:and|or|but)(?:\s+also)?)\s+(?=(?:{_ASKING})\b)", re.IGNORECASE
)
_OPENING = re.compile(r"^\W*(?:(?:and|or|but|so|also|then)\b\W*)+", re.IGNORECASE)
_RELATIVE = re.compile(r"(?<=\w )(?:who|whom|whose|which)\b", re.IGNORECASE)
"""A clause about what stands before it: what follows with "and who" goes on with that."""
_SUBJECT = (
    r"(?:i|you|he|she|it|we|they|this|that|these|those|there|the|an?|my|your|our|their|his|her|any|all|some|people|"
    r"someone|anyone|everyone|(?-i:[A-Z]))"
)
_ASKS_ITSELF = re.compile(
    # "is it", "have you", but not "or have lost"; "can ketamine", but not "and can be used".
    rf"^(?:(?:is|are|was|were|has|have|had)\s+{_SUBJECT}|"
    r"(?:do|does|did|can|could|should|shall|will|would|may|must)\s+(?!be\b|not\b|have\b|also\b|only\b|still\b|never\b|always\b)|"
    # "what is", but not "what is not"; "how much is", but not "how it is".
    rf"(?:(?:who|what){_IS}|whom|whose|which)\b(?!\s+(?:{_VERBS})\s+not\b)|"
    r"(?:when|where|why|how)['’]?s\b|"
    rf"(?:when|where|why|how)\b(?!\s+(?:i|you|he|she|it|we|they)\b)(?:\s+\w+){{0,6}}?\s+(?:{_VERBS})\b)",
    re.IGNORECASE,
)
"""A clause that asks: after "when" or "how" the verb comes before whom it is said of, or the clause belongs to the one before it."""


def parts_of(message: str) -> tuple[str, ...]:
    """The questions of a message, each as typed, in order; the message alone where it asks one thing.

    Sentences with a question mark are parts, and so is what follows on "and" or a comma and begins as a question does.  What
    tells a story before the first question goes with that; a later part may lean on the one before it.
    """
    asking = [part for sentence in _questions(message) for part in _clauses(sentence)]
    parts = tuple(dict.fromkeys(part for part in asking if part))
    return parts if 1 < len(parts) <= MOST_PARTS else (message,)


def _questions(message: str) -> list[str]:
    """The sentences that ask, the first with the story before it; what follows on the last question goes with that."""
    sentences = [found.group().strip() for found in _SENTENCE.finditer(message) if found.group().strip(" .!?,")]
    found: list[str] = []
    told = ""
    for sentence in sentences:
        leans = found and _BEGINS.match(sentence) and len(sentence.split()) >= FEWEST_WORDS
        if sentence.endswith("?") and (_has_content(sentence) or leans):
            found.append(f"{told} {sentence}".strip())
            told = ""
        else:
            told = f"{told} {sentence}".strip()
    if not found:
        return [message]
    if told:
        found[-1] = f"{found[-1]} {told}"
    return found


def _clauses(sentence: str) -> list[str]:
    """One sentence cut where a second question begins; what has no word of its own stays with the clause before it."""
    cuts = [found for found in _JOINED.finditer(sentence) if _is_cut(sentence, found)]
    following = [*(cut.start() for cut in cuts[1:]), len(sentence)]
    cuts = [cut for cut, end in zip(cuts, following, strict=False) if _has_content(sentence[cut.end() : end])]
    ends = [*(cut.start() for cut in cuts), len(sentence)]
    starts = [0, *(cut.end() for cut in cuts)]
    clauses = [sentence[start:end].strip(" ,;") for start, end in zip(starts, ends, strict=True)]
    if len(clauses) == 1 or not _has_content(clauses[0]):
        return [_capital(_OPENING.sub("", sentence) if _BEGINS.match(sentence) else sentence)]
    return [_capital(clause if clause.endswith("?") else clause + "?") for clause in clauses]


def _is_cut(sentence: str, joint: re.Match[str]) -> bool:
    before, after = sentence[: joint.start()], sentence[joint.end() :]
    if not _BEGINS.match(before):
        return False
    begun = _OPENING.sub("", before)
    if not _ASKS_ITSELF.match(after) or not _ASKS_ITSELF.match(begun) or _RELATIVE.search(before):
        return False
    if "and" not in joint.group().lower() and "or" not in joint.group().lower() and _RELATIVE.match(f"a {after}", 2):
        return False  # "the person, who ..."
    if not re.search(r"\b(?:and|or|but)\b", joint.group(), re.IGNORECASE) and not _VERB.search(before):
        return False  # "What, besides tea, is sold?"
    # "who and what", "how and when can I": the first has no verb yet.
    return len(before.split()) > 2


def _has_content(text: str) -> bool:
    return any(word not in terms.FRAMING and not word.isdigit() for word in terms.content_words(text))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

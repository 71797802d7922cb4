"""How the question as understood reads: the phrase in the pronoun's place, or the phrases in brackets after it."""

from __future__ import annotations

from collections.abc import Sequence

from footnote.conversation.cues import AUXILIARIES, PREPOSITIONS, Cues

__all__ = ["bracketed", "with_pronoun_replaced"]

_POSSESSIVE = frozenset("his its their".split())
_OWN = frozenset("hers theirs".split())
_REFLEXIVE = frozenset("himself herself itself themselves".split())


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

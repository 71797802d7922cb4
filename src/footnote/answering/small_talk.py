"""Greetings, thanks and questions about the program itself: they get a helpful fixed reply, not a refusal."""

from __future__ import annotations

import re

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

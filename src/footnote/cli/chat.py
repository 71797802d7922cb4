"""``footnote chat``: questions and follow-ups, one after the other, on a terminal or from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from footnote.errors import QuestionError

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.records import Answer

_TURNS: Final = 8
"""Turns that a follow-up can refer to, as in the page."""
HELP: Final = "Ask a question, or: /new forgets the conversation, /quit ends it.\n"


def chat(footnote: Footnote, show: Callable[[Answer], None]) -> int:
    """Answer each line until the input ends; a follow-up is understood from the turns before it."""
    history: list[tuple[str, str]] = []
    for line in _lines():
        question = line.strip()
        if question == "/quit":
            break
        if question == "/new":
            history.clear()
        elif question.startswith("/"):
            sys.stderr.write(HELP)
        elif question:
            try:
                answer = footnote.ask(question, history=history[-_TURNS:])
            except QuestionError as error:
                sys.stderr.write(f"footnote: {error.message}\n")
                continue
            show(answer)
            sys.stdout.flush()
            text = " ".join(citation.shown or citation.quote for citation in answer.citations)
            history.append((answer.interpreted_as, text))
    return 0


def _lines() -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    import readline  # noqa: F401 - it gives input() a history and editing

    sys.stderr.write(HELP)
    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")
            return

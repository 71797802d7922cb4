"""Answers as Markdown and as HTML.

Both escape first and mark after: what a document holds is text in either, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from footnote.records import Answer, Citation, Hit, Passage, Span, Turn
from footnote.rendering.escaping import escape_html, escape_markdown
from footnote.rendering.phrases import NO_ANSWER, WHICH_IS_MEANT, byline, confidence_line, excerpt_of, place_in_words

Link: TypeAlias = Callable[[str, Span], str]
"""The address of a place, by the id of its document and its span; with nothing in it that Markdown reads as its end."""

_UNDERSTOOD: Final = "*Understood as:* "
_QUOTED: Final = "> "
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def to_markdown(answer: Answer, *, link: Link | None = None) -> str:
    """The answer as Markdown that ends with a newline.

    Args:
        answer: what to show.
        link: where the places of quotes and passages lead to; they are words alone where None.
    """
    parts = []
    if answer.interpreted_as != answer.question:
        parts.append(f"{_UNDERSTOOD}{_one_line(answer.interpreted_as)}")
    if answer.answered and answer.explanation:
        parts.append(_one_line(answer.explanation))
    for citation in answer.citations:
        parts.extend(_citation_markdown(citation, link))
    if answer.answered:
        parts.extend(_choices_markdown(answer))
        parts.extend([f"*{confidence_line(answer)}*"] if answer.hits else ())
    else:
        parts.append(f"**{_one_line(answer.explanation or NO_ANSWER)}**")
        parts.extend(_citation_markdown(answer.nearest, link) if answer.nearest is not None else ())
        parts.extend(_choices_markdown(answer))
        parts.extend(_related_markdown(answer, link))
    return "\n\n".join(parts) + "\n"


def turn_of(question: str, markdown: str) -> Turn:
    """A turn of a conversation, read back from the Markdown of its answer; what was not quoted is left out.

    Args:
        question: as it was asked.
        markdown: as ``to_markdown`` made it; whoever sends it may have made it otherwise.
    """
    paragraphs = markdown.strip().split("\n\n")
    if paragraphs[0].startswith(_UNDERSTOOD):
        question = _ESCAPED.sub(r"\1", paragraphs.pop(0).removeprefix(_UNDERSTOOD))
    if any(each.startswith("**") and each.endswith("**") for each in paragraphs):
        # The nearest passage is shown, not claimed to answer.
        return Turn(question, "")
    quoted = (
        line.removeprefix(_QUOTED).strip()
        for each in paragraphs
        for line in each.split("\n")
        if line.startswith(_QUOTED) and not line.startswith(f"{_QUOTED}*")
    )
    return Turn(question, " ".join(_ESCAPED.sub(r"\1", line) for line in quoted))


def _citation_markdown(citation: Citation, link: Link | None) -> tuple[str, str]:
    """The quote, what is read with it in italics above; and the line with its number and place."""
    beside = [f"*{line}*" for line in _lines(citation.context_text)]
    # Two blanks at the end of a line keep the break.
    quote = "\n".join(f"{_QUOTED}{line}  " for line in [*beside, *_lines(citation.quote)])
    place = _linked(
        place_in_words(citation.title, citation.heading_path, citation.page), citation.document_id, citation.span, link
    )
    about = f", {_one_line(byline(citation))}" if byline(citation) else ""
    return quote, f"**\\[{citation.number}\\]** {place} ({_one_line(citation.document_id)}){about}"


def _linked(place: str, document_id: str, span: Span, link: Link | None) -> str:
    words = _one_line(place)
    return words if link is None else f"[{words}]({link(document_id, span)})"


def _choices_markdown(answer: Answer) -> list[str]:
    """What the question may mean, each with the question that says so."""
    if not answer.choices:
        return []
    lines = [f"- {_one_line(choice.label)}: {_one_line(choice.question)}" for choice in answer.choices]
    return [WHICH_IS_MEANT, "\n".join(lines)]


def _related_markdown(answer: Answer, link: Link | None) -> list[str]:
    hits = answer.related
    if not hits:
        return []
    lines = []
    for hit in hits:
        words = place_in_words(hit.title, hit.passage.heading_path, hit.passage.page)
        place = _linked(words, hit.document_id, hit.span, link)
        lines.append(f"- {_one_line(excerpt_of(hit))} ({place}, {_one_line(hit.document_id)})")
    return ["Related, not an answer:", "\n".join(lines)]


def _lines(text: str) -> list[str]:
    return list(filter(None, escape_markdown(text).split("\n")))


def _one_line(text: str) -> str:
    return escape_markdown(" ".join(text.split()))


def to_html(answer: Answer) -> str:
    """The answer as an HTML fragment: one ``section``, each quote marked inside its passage."""
    parts = ['<section class="footnote-answer">']
    if answer.interpreted_as != answer.question:
        parts.append(f"<p>Understood as: {escape_html(answer.interpreted_as)}</p>")
    passages = {hit.passage.id: hit for hit in answer.hits}
    if answer.answered and answer.explanation:
        parts.append(f"<p>{escape_html(answer.explanation)}</p>")
    parts.extend(_citation_html(citation, passages) for citation in answer.citations)
    if answer.answered:
        parts.extend(_choices_html(answer))
        parts.extend([f"<p>{escape_html(confidence_line(answer))}</p>"] if answer.hits else ())
    else:
        parts.append(f"<p><strong>{escape_html(answer.explanation or NO_ANSWER)}</strong></p>")
        parts.extend([_citation_html(answer.nearest, passages)] if answer.nearest is not None else ())
        parts.extend(_choices_html(answer))
        parts.extend(_related_html(answer))
    parts.append("</section>")
    return "\n".join(parts) + "\n"


def _citation_html(citation: Citation, passages: Mapping[str, Hit]) -> str:
    context = f'<div class="context">{escape_html(citation.context_text)}</div>' if citation.context_text else ""
    before, after = _around(citation, passages.get(citation.passage_id))
    place = place_in_words(citation.title, citation.heading_path, citation.page)
    marked = f"{escape_html(before)}<mark>{escape_html(citation.quote)}</mark>{escape_html(after)}"
    about = f", {escape_html(byline(citation))}" if byline(citation) else ""
    caption = f"[{citation.number}] {escape_html(place)} (<code>{escape_html(citation.document_id)}</code>){about}"
    return (
        f'<figure id="citation-{citation.number}">{context}<blockquote dir="auto">{marked}</blockquote>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _around(citation: Citation, hit: Hit | None) -> tuple[str, str]:
    """The passage's text before and after the quote; nothing where the quote is not inside that passage."""
    if hit is None or not _holds(hit.passage, citation):
        return "", ""
    start = hit.passage.span.start
    return hit.text[: citation.span.start - start], hit.text[citation.span.end - start :]


def _holds(passage: Passage, citation: Citation) -> bool:
    return passage.document_id == citation.document_id and passage.span.contains(citation.span)


def _choices_html(answer: Answer) -> list[str]:
    if not answer.choices:
        return []
    items = [f"<li>{escape_html(choice.label)}: {escape_html(choice.question)}</li>" for choice in answer.choices]
    return [f"<p>{WHICH_IS_MEANT}</p>", f"<ul>{''.join(items)}</ul>"]


def _related_html(answer: Answer) -> list[str]:
    hits = answer.related
    if not hits:
        return []
    items = []
    for hit in hits:
        place = place_in_words(hit.title, hit.passage.heading_path, hit.passage.page)
        excerpt = escape_html(excerpt_of(hit))
        items.append(f'<li dir="auto">{excerpt} <cite>{escape_html(place)}</cite></li>')
    return ["<p>Related, not an answer:</p>", "<ul>", *items, "</ul>"]

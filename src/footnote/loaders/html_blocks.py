"""Raw HTML inside Markdown: its text, with the tags hidden.

Only so much HTML is understood as tells one stretch of text from the next; an HTML file has a loader of its own.
"""

from __future__ import annotations

import re

from footnote.loaders.drafts import Draft
from footnote.loaders.lines import Content
from footnote.records import BlockKind

__all__ = ["html_drafts"]

_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<mute>script|style|template|head)\b.*?(?:</(?P=mute)\s*>|\Z)|<\?.*?\?>|<![A-Za-z].*?>|"
    r"</?(?P<tag>[A-Za-z][\w:-]*)(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?/?>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|body|br|button|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|"
    r"footer|form|h[1-6]|header|hr|html|iframe|legend|li|main|menu|nav|ol|option|p|pre|section|select|summary|table|tbody|td|"
    r"tfoot|th|thead|title|tr|ul"
)
"""Elements that set text apart; all others stand inside a line."""


def html_drafts(source: str, content: Content) -> list[Draft]:
    """The stretches of text of an HTML block: a heading for ``<h1>`` to ``<h6>``, list items for ``<li>``, else paragraphs."""
    found: list[Draft] = []
    visible: list[tuple[int, int]] = []
    tag, at = "", 0

    def close() -> None:
        level = int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else 0
        kind: BlockKind = "heading" if level else "list_item" if tag == "li" else "paragraph"
        draft = content.draft(source, kind, visible, level=1 if kind == "list_item" else level)
        if draft is not None:
            found.append(draft)
        visible.clear()

    for match in _MARKUP.finditer(content.text):
        if match.start() > at:
            visible.append((at, match.start()))
        at = match.end()
        name = (match["tag"] or "").lower()
        if _BLOCKS.fullmatch(name):
            close()
            tag = "" if match.group().startswith("</") else name
    if at < len(content.text):
        visible.append((at, len(content.text)))
    close()
    return found

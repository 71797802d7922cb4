"""An answer as JSON, terminal text, Markdown and HTML: the only place that escapes.

Nothing here decides anything about an answer; the four forms say the same.  The page draws whole documents.
"""

from footnote.rendering.harmless import harmless, json_text
from footnote.rendering.json_forms import (
    answer_to_json,
    build_report_to_json,
    citation_to_json,
    document_to_json,
    hit_to_json,
    summary_to_json,
)
from footnote.rendering.markup import to_html, to_markdown
from footnote.rendering.terminal import build_report_to_terminal, to_terminal
from footnote.rendering.wording import confidence_in_words, excerpt_of, overlaps, place_in_words, related_hits

__all__ = [
    "answer_to_json",
    "build_report_to_json",
    "build_report_to_terminal",
    "citation_to_json",
    "confidence_in_words",
    "document_to_json",
    "excerpt_of",
    "harmless",
    "hit_to_json",
    "json_text",
    "overlaps",
    "place_in_words",
    "related_hits",
    "summary_to_json",
    "to_html",
    "to_markdown",
    "to_terminal",
]

"""An answer as JSON, terminal text, Markdown and HTML: the only place that escapes.

Nothing here decides anything about an answer; the four forms say the same.  The page draws whole documents.
"""

from footnote.rendering.escaping import harmless, harmless_line, json_text
from footnote.rendering.markup import to_html, to_markdown, turn_of
from footnote.rendering.phrases import confidence_in_words, excerpt_of, place_in_words
from footnote.rendering.terminal import build_report_to_terminal, to_terminal
from footnote.wire import to_json

__all__ = [
    "build_report_to_terminal",
    "confidence_in_words",
    "excerpt_of",
    "harmless",
    "harmless_line",
    "json_text",
    "place_in_words",
    "to_html",
    "to_json",
    "to_markdown",
    "to_terminal",
    "turn_of",
]

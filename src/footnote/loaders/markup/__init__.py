"""Text with markup: Markdown and notebooks of it, reStructuredText, AsciiDoc.

The file itself is the canonical text, so that offsets fit it; what is markup is hidden.  A parser of CommonMark tells which stretches
are blocks, which are seen and how they are set, with their places (``markdown``); raw HTML inside is read tag by tag
(``raw_html``).  reStructuredText and AsciiDoc are first written anew as Markdown (``light_markup``), notebooks put together to it;
there the text made so is the canonical one.
"""

from __future__ import annotations

import json
import re
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.markup.markdown import markdown_drafts
from footnote.loaders.outline import assemble, check_text
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter, read_front_matter
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_ipynb", "load_markdown"]

_FENCE = re.compile(r"^(`{3,})", re.MULTILINE)


def load_markdown(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Markdown bytes as a document."""
    text, warnings = decode(raw)
    check_text(text, document_id, settings)
    front = read_front_matter(text)
    drafts = markdown_drafts(text, front.body_start)
    return assemble(raw, text, drafts, document_id=document_id, front=front, warnings=warnings)


def load_ipynb(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A notebook: its texts as Markdown, its code as code; what it printed is left out."""
    decoded, warnings = decode(raw)
    try:
        cells = json.loads(decoded)["cells"]
        sources = [(str(cell["cell_type"]), _source(cell.get("source", ""))) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentError("it is no notebook", remedy="save it again as IPYNB, format 4") from error
    pieces = []
    for kind, source in sources:
        if not source.strip():
            continue
        fence = "`" * (max((len(run) for run in _FENCE.findall(source)), default=2) + 1)
        pieces.append(f"{fence}\n{source}\n{fence}" if kind == "code" else source)
    text = "\n\n".join(pieces)
    check_text(text, document_id, settings)
    return assemble(
        raw, text, markdown_drafts(text), document_id=document_id, front=FrontMatter(), warnings=tuple(warnings)
    )


def _source(source: Any) -> str:
    text = "".join(source) if isinstance(source, list) else str(source)
    return decode(text.encode("utf-8", "replace"))[0]

"""What was said: transcripts and chats with who says what, line by line, and subtitles.

In a transcript a question and what is said next belong together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from footnote.loaders.outline import Draft, readable_name
from footnote.loaders.outline.builder import Extract
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.loaders.outline.lines import Content, Line
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_subtitles", "transcript_drafts"]

_TIME = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[ap]\.?m\.?)?"
_TURN = re.compile(
    rf"\s*(?:[\[(<]?(?P<time>{_TIME})[\])>]?\s*[-–—]?\s*)?"
    r"(?P<name>[^\W\d_][\w.'’-]*(?: [\w.'’()-]+){0,3}) ?:[ \t]+(?P<said>\S.*)",
    re.IGNORECASE,
)
_LEAST_TURNS = 4
_LEAST_SHARE = 0.6
_QUESTION_LEVEL = 6
_TIMES = re.compile(r"\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}.*$")
_TAGS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,100}\}")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*$")
_PARAGRAPH_CHARS = 400


@dataclass(slots=True)
class _Turn:
    """What one speaker says at once: its lines, the first with the speaker's name."""

    name: str
    lines: list[Line]

    @property
    def asks(self) -> bool:
        return self.lines[-1].text.rstrip(" \"'”’)").endswith("?")


def transcript_drafts(text: str, lines: Sequence[Line]) -> list[Draft] | None:
    """The blocks of a transcript: a question heads what is answered to it; None where a text is no transcript."""
    turns = _turns(lines)
    if turns is None:
        return None
    drafts: list[Draft] = []
    for number, turn in enumerate(turns):
        following = turns[number + 1] if number + 1 < len(turns) else None
        heads = turn.asks and following is not None and following.name != turn.name and bool(turn.name)
        content = Content.of(turn.lines)
        whole = [(0, len(content.text))]
        draft = content.draft(text, "heading" if heads else "paragraph", whole, level=_QUESTION_LEVEL if heads else 0)
        if draft is not None:
            draft.asks = heads
            drafts.append(draft)
    return drafts


def _turns(lines: Sequence[Line]) -> list[_Turn] | None:
    turns: list[_Turn] = []
    names: Counter[str] = Counter()
    timed = written = 0
    blank = False
    for line in lines:
        bare = line.text.strip()
        if not bare:
            blank = True
            continue
        written += 1
        stripped = Line(bare, line.start + len(line.text) - len(line.text.lstrip()))
        match = _TURN.match(line.text)
        if match is not None:
            name = match["name"].casefold()
            names[name] += 1
            timed += match["time"] is not None
            turns.append(_Turn(name, [stripped]))
        elif turns and not blank:
            turns[-1].lines.append(stripped)
        else:
            # Below a blank line nobody goes on: a remark, or the name of a part.
            turns.append(_Turn("", [stripped]))
        blank = False
    spoken = names.total()
    # Fields of a form have as many names as lines; speakers come back.
    if spoken < _LEAST_TURNS or len(names) < 2 or len(names) > spoken / 2:
        return None
    return turns if spoken >= _LEAST_SHARE * written or timed > spoken / 2 else None


def load_subtitles(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Subtitles (SRT, VTT): what is said, in sentences, without times and numbers."""
    text, warnings = decode(raw)
    extract = Extract(settings)
    extract.warnings += warnings
    open_lines: list[str] = []
    for cue in _cues(text):
        open_lines.append(cue)
        length = sum(map(len, open_lines))
        if length > 2 * _PARAGRAPH_CHARS or (length > _PARAGRAPH_CHARS / 2 and _SENTENCE_END.search(cue)):
            extract.add("paragraph", " ".join(open_lines))
            open_lines = []
    extract.add("paragraph", " ".join(open_lines))
    return extract.document(raw, document_id, FrontMatter(title=readable_name(document_id)))


def _cues(text: str) -> Iterator[str]:
    """What is said under each time; one that only repeats the cue before is left out."""
    before = ""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        timed = next((n for n, line in enumerate(lines) if _TIMES.match(line)), None)
        if timed is None:
            continue
        said = " ".join(_TAGS.sub("", " ".join(lines[timed + 1 :])).split())
        if said and said != before:
            yield said
        before = said

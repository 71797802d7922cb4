"""The words of RTF: its tokens, the groups that hold no text, signs and code pages; and the records of what is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = [
    "CHARSETS",
    "HEADING",
    "READ_STARRED",
    "SIGNS",
    "SKIPPED",
    "TITLE",
    "TOKEN",
    "Body",
    "Paragraph",
    "RichText",
    "Row",
    "State",
]

TOKEN = re.compile(
    rb"\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})? ?|\\(?P<sign>[^a-zA-Z])|"
    rb"(?P<brace>[{}])|(?P<ends>[\r\n\0]+)|(?P<text>[^\\{}\r\n\0]+)|(?P<other>\\)",
    re.DOTALL,
)
SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf ftnsep ftnsepc "
    "ftncn aftnsep aftnsepc aftncn fldinst datafield annotation atnid atnauthor atndate atnref atnparent listtable "
    "listoverridetable revtbl rsidtbl generator bkmkstart bkmkend xe tc tcn rxe txe themedata colorschememapping datastore "
    "latentstyles xmlnstbl filetbl nonshppict shppict pn pnseclvl pntxta pntxtb sp sn sv objdata objclass objname result "
    "nonesttables nesttableprops template private fchars lchars pgptbl mmathPr mmathPict userprops docvar xmlopen".split()
)
READ_STARRED = frozenset({"shpinst", "shptxt", "ud", "mmath", "moMath", "moMathPara", "ftnalt", "hyphen"})
"""Destinations that are read though a star says that they may be passed over."""
SIGNS = {
    "tab": "\t",
    "line": "\n",
    "softline": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "zwnj": "\u200c",
    **dict.fromkeys(("emspace", "enspace", "qmspace"), " "),
}
CHARSETS = {
    int(number): page
    for number, page in (
        pair.split("=")
        for pair in "77=mac-roman 128=cp932 129=cp949 130=cp1361 134=gb18030 136=cp950 161=cp1253 162=cp1254 163=cp1258 177=cp1255 "
        "178=cp1256 186=cp1257 204=cp1251 222=cp874 238=cp1250 255=cp437".split()
    )
}
"""Code pages of the character sets that fonts name."""
HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
TITLE = -1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: ``level`` of a heading from 1, -1 of a title, else 0; ``label`` of a list item, and its depth from 0."""

    text: str
    level: int = 0
    label: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its texts, the right borders of its cells, and what each is merged with (left, above, or nothing)."""

    texts: tuple[str, ...]
    edges: tuple[int, ...] = ()
    merges: tuple[str, ...] = ()
    heads: bool = False


@dataclass(slots=True)
class RichText:
    """What was read: paragraphs and rows in order, what the file tells of itself, and what was left out."""

    parts: list[Paragraph | Row] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    hidden: int = 0
    pictures: int = 0


@dataclass(slots=True)
class State:
    """What holds inside of a group."""

    target: str = "body"
    page: str = "cp1252"
    skipped_chars: int = 1
    hidden: bool = False
    deleted: bool = False
    place: str = ""


@dataclass(slots=True)
class Body:
    """Where text goes: the document, a note, or what is thrown away; with the paragraph and the row that are open."""

    pieces: list[str] = field(default_factory=list)
    label: str = ""
    cells: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)
    parts: list[Paragraph | Row] = field(default_factory=list)

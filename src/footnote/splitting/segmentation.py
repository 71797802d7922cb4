"""Where sentences end, by rules over the characters around each full stop.

A full stop, question or exclamation mark, with the quotes and brackets that close after it, ends a sentence unless
something says otherwise: what stands before it (an abbreviation, an initial, a list number), what follows it (lower case,
a digit after "No."), or what it stands in (brackets, or a quotation that opened inside the sentence).  Abbreviations are kept
without their last full stop; those with a capital are such only when written so: "Sat." is a day, "sat." ends a sentence.

Own rules, because the segmenter at hand does less: of the cases in ``tests/test_sentences.py`` pysbd 0.3.4 (of 2021)
gets 81 of 97 right, breaks hard-wrapped text at every line end, and takes 9 µs a character where this takes 0.2.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from footnote.records import Span

__all__ = ["borders", "sentence_spans"]

# Each run of marks is tried at its first mark only and taken whole, so that dot leaders cost linear time.
_END = re.compile(
    r"(?<![.!?…‽])(?P<mark>[.!?…‽]++|[。！？｡])"
    r"(?P<close>[\"'”’»)\]}*_]*+(?:\[[\w ,–-]{1,12}\])*+)"
    r"(?P<blank>\s++|$|(?<=[。！？｡」』])|"
    # A blank lost in scraping: "in the brain.This is"
    r"(?<=[a-z]{3}[.?!])(?=[A-Z][a-z]{1,20}[ ,]))"
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_WORD_BEFORE = re.compile(r"(?:^|(?<=[\s(\[{\"'“‘«/—–*_]))[^\s(\[{\"'“‘«/—–*_]*$")
_WORD_AFTER = re.compile(r"[\"'“”‘’«(\[{*_¿¡]*+([^\W_][\w'’-]*+)?")
_LOWER_BUT_NEW = re.compile(r"[a-z]{1,2}[A-Z]|(?:[a-z]|[ivx]{2,5})[.)] (?=[A-Z])")
"""Small letters that begin a sentence all the same: "mRNA", "iPads", "b) Add"."""
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.-?)*[^\W\d_]{1,2}$")
_INITIAL = re.compile(r"[A-Z]$")
_NUMBER = re.compile(r"(?:\d|[A-Z]\b(?!['’])|[IVXLC]{1,6}\b)")
_NUMBERING = re.compile(r"[\s(\[]*(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[.)]$")
_SAID = re.compile(
    r"[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)? (?:said|asked|asks|says|replied|cried|answered|wondered|thought|shouted|whispered|added|"
    r"exclaimed|inquired|continued|remarked)\b"
)
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}
LETTERED = re.compile(
    r"\b(?:vitamins?|hepatitis|types?|plans?|groups?|class|grade|stage|factor|influenza|options?|category|protein|version|"
    r"appendix|exhibit|section|part|figure|table)\b[^.!?]{0,24}$",
    re.IGNORECASE,
)
"""What a single capital names before its full stop, so that it is no initial: "vitamins A and C"."""


_INSIDE_MAX_CHARS = 240
"""A bracket or quotation longer than this is text of its own, and may hold borders."""


def sentence_spans(text: str, span: Span) -> tuple[Span, ...]:
    """The sentences of a stretch of text: in order, disjoint, covering all that is not white space.

    A blank line ends a sentence, a line break does not.
    """
    part = span.of(text)
    found, start = [], 0
    for end in [*borders(part), len(part)]:
        piece = part[start:end]
        kept = piece.strip()
        if kept:
            first = span.start + start + len(piece) - len(piece.lstrip())
            found.append(Span(first, first + len(kept)))
        start = end
    return tuple(found)


def borders(text: str) -> list[int]:
    """Offsets at which a new sentence begins, the first sentence's left out."""
    hard = [m.end() for m in _BLANK_LINE.finditer(text) if m.end() < len(text)]
    found: list[int] = []
    start = passed = 0
    inside = _Inside(text)
    for match in _END.finditer(text):
        if match.end() >= len(text):
            break
        while passed < len(hard) and hard[passed] <= match.start():
            start = hard[passed]
            passed += 1
        if _ends(text, start, match, inside):
            start = match.end()
            found.append(start)
    return sorted({*found, *hard})


def _ends(text: str, start: int, match: re.Match[str], inside: _Inside) -> bool:
    """Whether the mark that was matched ends the sentence that began at ``start``."""
    if match["blank"].count("\n") > 1 or match["mark"] in "。！？｡":
        return True
    at = match.end()
    after = _WORD_AFTER.match(text, at)
    following = after[1] or "" if after else ""
    if text[at] in ".,;:!?)]}…" or (following[:1].islower() and not _LOWER_BUT_NEW.match(text, at)):
        return False
    if inside.holds(start, match.start(), match.end("close")):
        return False
    if match["mark"] == ".":
        return _full_stop_ends(text, start, match, following)
    # "Is it?" Tom asked: the quotation is part of its speaker's sentence.
    return not (match["close"][:1] in {'"', "”", "’", "'"} and _SAID.match(text, at))


def _full_stop_ends(text: str, start: int, match: re.Match[str], following: str) -> bool:
    stop = match.start()
    found = _WORD_BEFORE.search(text, max(start, stop - 40), stop)
    word = found.group() if found else ""
    if stop - start <= 8 and _NUMBERING.match(text, start, stop + 1):
        return False
    if word in BEFORE_NUMBERS and _NUMBER.match(text, match.end()):
        # "No. I will not." is an answer, "No. 5" and "Fig. A" are names.
        return word == "No" and not text[match.end()].isdigit()
    if not _is_abbreviated(text, start, stop, word):
        return True
    if word in NEVER_LAST or match["close"][:1] in {")", "]", "}"}:
        return False
    if word in {"a.m", "p.m"}:
        return following not in ZONES
    return following in SENTENCE_STARTERS


def _is_abbreviated(text: str, start: int, stop: int, word: str) -> bool:
    """Whether the full stop at ``stop`` belongs to the word before it."""
    if word in NEVER_LAST or word in SOMETIMES_LAST:
        return True
    if _INITIAL.match(word):
        return LETTERED.search(text, max(start, stop - 40), stop) is None
    return "." in word and (_DOTTED.match(word) is not None or word in {"Ph.D", "D.Phil", "B.Sc", "M.Sc"})


class _Inside:
    """Tells whether an offset lies in brackets or a quotation that opened inside its sentence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pairs = [(opener, closer) for opener, closer in _PAIRS.items() if opener in text]
        self._straight = [m.start() for m in re.finditer('"', text)] if '"' in text else []

    def holds(self, start: int, mark: int, end: int) -> bool:
        """Whether a mark at ``mark``, whose closing quotes end at ``end``, is inside; the sentence began at ``start``."""
        if not self._pairs and not self._straight:
            return False
        text = self._text
        first = start
        while first < mark and text[first].isspace():
            first += 1
        lowest = max(first, mark - _INSIDE_MAX_CHARS)
        for opener, closer in self._pairs:
            opened = text.rfind(opener, lowest, mark)
            if opened <= first or text.find(closer, opened, end) >= 0:
                continue
            closed = text.find(closer, end, opened + _INSIDE_MAX_CHARS)
            if closed >= 0 and "\n\n" not in text[end:closed]:
                return True
        return self._in_straight_quotes(first, mark, end)

    def _in_straight_quotes(self, first: int, mark: int, end: int) -> bool:
        before, upto = bisect_left(self._straight, first), bisect_left(self._straight, end)
        if (upto - before) % 2 == 0:
            return False
        opened = self._straight[upto - 1]
        # A mark of inches, or a quotation that never closes, holds nothing.
        if (
            opened <= first
            or opened >= mark
            or not (self._text[opened - 1].isspace() or self._text[opened - 1] in "([")
        ):
            return False
        return upto < len(self._straight) and self._straight[upto] <= opened + _INSIDE_MAX_CHARS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NEVER_LAST = _set(
    "Dr Drs Mr Mrs Ms Mx Prof Gen Col Capt Cmdr Lt Sgt Cpl Rev Hon Gov Sen Rep Pres Supt Messrs Mlle Mme Mt Ft Ste Fr "
    "e.g eg E.g i.e I.e viz cf Cf vs v Vs approx Approx ca Ca incl esp resp ibid op z.B d.h u.a ggf bzw"
)
"""Something always follows these: a name, a number, an explanation."""


SOMETIMES_LAST = _set(
    "Inc Ltd Co Corp Plc plc LLC Jr Sr Esq St Ave Blvd Rd Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec "
    "Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Dept dept Univ Assn Bros est Est ed eds Ed Eds trans al "
    "Mass Calif Fla Ill Tex Va Wash Pa Conn Ariz Colo Tenn Wis Minn Cal Ala Ark Del Ga Ind Kan Ky La Md Mich Miss Mo Neb "
    "Nev Okla Ore Vt"
)
"""These, initials and dotted letters end a sentence only where a word follows that sentences often begin with."""


BEFORE_NUMBERS = _set(
    "no nos No Nos fig figs Fig Figs FIG p pp P vol vols Vol Vols ch chs Ch Chs chap Chap sec sect Sec art Art para eq eqs Eq "
    "Eqs c tel Tel ext Ext nr Nr pt Pt Bd ver v V tab Tab table col lit lib"
)
"""A number or a single capital after one of these belongs to it; before a word they end a sentence."""


SENTENCE_STARTERS = _set(
    "The A An It He She They We You I This That These Those There Here In On At By For From With Without When While Where Who "
    "What Why How Which If As After Before Since Because Although Though However But And Or So Yet Then Thus Hence Therefore "
    "Moreover Furthermore Also Its His Her Their Our My Your Some Many Most Several All Both Each Every Any One Two No Not "
    "To Once During Until Under Over Between Among Despite Today Later Now Only Other Another Such Even According Patients "
    "People Children Women Men Adults Researchers Scientists Doctors Experts Studies Symptoms Treatment Do Does Did Is Are "
    "Was Were Can Could Will Would Should Yes Let See Use Take"
)
"""Capitalised words that a sentence often begins with and a name seldom does."""


ZONES = _set(
    "EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST CET CEST Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
"""What may follow "5 p.m." inside a sentence."""

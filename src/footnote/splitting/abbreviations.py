"""Abbreviations that a full stop belongs to, without their last full stop.

Those with a capital are abbreviations only when written so: "Sat." is a day, "sat." ends a sentence.
"""

from __future__ import annotations

import re

__all__ = ["BEFORE_NUMBERS", "LETTERED", "NEVER_LAST", "SENTENCE_STARTERS", "SOMETIMES_LAST", "ZONES"]


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

LETTERED = re.compile(
    r"\b(?:vitamins?|hepatitis|types?|plans?|groups?|class|grade|stage|factor|influenza|options?|category|protein|version|"
    r"appendix|exhibit|section|part|figure|table)\b[^.!?]{0,24}$",
    re.IGNORECASE,
)
"""What a single capital names before its full stop, so that it is no initial: "vitamins A and C"."""

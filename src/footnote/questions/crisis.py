"""Whether a message speaks of someone in danger, so that it is first said where help is.

A few patterns over plain words, nothing learned: what triggers can be read here.  Only the asker's own words count, and
only what speaks of a person in danger now; a factual question that names suicide, overdose or an emergency does not.
What is said is fixed text; the page sets it out as a notice.
"""

from __future__ import annotations

import re
from typing import Final

HELP: Final = (
    "If someone is in danger now, get help first. Call your local emergency number: 911 in the US and Canada, 112 in the EU, "
    "999 in the UK. "
    "If you are thinking of harming yourself, you can talk to someone now: in the US, call or text 988; elsewhere, findahelpline.com lists "
    "free and confidential lines by country."
)
"""Stands above the quotes, or alone where nothing answers."""
_OTHER = r"(?:he|she|they|my (?:\w+ ){0,2}\w+|someone|somebody)"
_ANYONE = rf"(?:i|we|{_OTHER})"
_SELF = r"(?:my|him|her|them|our)\s?sel(?:f|ves)"
_LIFE = r"(?:my|his|her|their) (?:own )?life"
_MEANS = r"(?:want|wish|plan|going|gonna|ready|about|try|tried|thinking|thought)\w*"
_END = rf"(?:die|dying|be dead|end(?:ing)? it all|(?:end|tak)(?:e|ing)? {_LIFE}|(?:kill|hurt|harm)(?:ing)? {_SELF})"

_DANGER: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # Wanting or planning to die, by the one who writes or of someone they speak of.
        rf"\b{_ANYONE}\b[^.?!]{{0,40}}\b{_MEANS}\b[^.?!]{{0,20}}\b{_END}\b",
        r"\b(?:kill|hurt|harm|cut)(?:t?ing)? my\s?self\b",
        r"\b(?:end|tak)(?:e|ing)? my (?:own )?life\b",
        r"\bi(?:'m| am| feel| have been feeling|'ve been feeling)\b[^.?!]{0,20}\bsuicidal\b",
        rf"\b{_OTHER}\b[^.?!]{{0,30}}\b(?:is|are|feels?|seems?) suicidal\b",
        r"\b(?:i|we) (?:don'?t|do not|no longer) want to (?:live|be alive|exist|wake up|go on)\b",
        r"\bno (?:reason|point) (?:to|in) (?:live|living|go on|going on)\b",
        r"\bbetter off (?:dead|without me)\b",
        r"\bi(?:'ve| have)? (?:just )?(?:attempted|tried) suicide\b",
        # A medical emergency under way.
        rf"\b{_ANYONE}\b[^.?!]{{0,25}}\b(?:took|taken|swallowed|injected|snorted|had) (?:way )?too (?:much|many)\b",
        rf"\b{_ANYONE}(?:'m|'s|'ve| am| is| are| has| have)?(?: just| probably| maybe| think i'?m)? overdos(?:ed|ing)\b",
        rf"\b{_ANYONE}\b[^.?!]{{0,20}}\b(?:can'?t|cannot|isn'?t|not|stopped) (?:breath|wak|respond)(?:e|ing)?\b",
        rf"\b{_OTHER}\b[^.?!]{{0,20}}\b(?:is|are|has|went|fell) (?:unconscious|collapsed|passed out|turning blue)\b",
        r"\b(?:call|need) (?:an ambulance|911|999|112)\b",
        r"\bthis is an emergency\b",
    )
)


def speaks_of_danger(message: str) -> bool:
    """Whether help comes before an answer."""
    plain = " ".join(message.casefold().replace("’", "'").split())
    return any(pattern.search(plain) for pattern in _DANGER)

"""Which language a text is written in, by its letters and its commonest words.

Enough to tell a reader that a model does not know the language; no library is needed for that.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from footnote.settings import Settings

__all__ = ["language_warning"]

_SAMPLE_CHARS = 20_000
_LEAST_WORDS = 20
_LEAST_SHARE = 0.12
_FOREIGN_SHARE = 0.5
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "en": "the of and to in is that for it was with as are on be this you not or from have by at which what how",
    "de": "der die und das ist nicht den von mit sich des auf für ein eine dem im auch als wird werden oder sind wie",
    "fr": "le la les et des est dans une que qui pour pas sur avec par du au sont cette plus ce il vous ou être",
    "es": "el la los las que de y en un una por con para es del se no como más su lo son está pero",
    "it": "il di che e la per un una non sono del della con si le da nel anche come più alla gli ha è",
    "pt": "o de que e do da em um uma para com não os as por mais no na se como dos ao são está",
    "nl": "de het een van en is dat niet op te zijn met voor die aan er maar ook als bij naar deze wordt",
    "sv": "och att det som en är på för av med den till inte ett om har de kan eller från vid",
    "pl": "i w nie na się z do jest to że jak od po przez dla są oraz lub ale który które",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "pl": "Polish",
    "ru": "Cyrillic letters",
    "el": "Greek",
    "ar": "Arabic letters",
    "he": "Hebrew letters",
    "hi": "Devanagari letters",
    "th": "Thai",
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese characters",
}
_SCRIPTS = {
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
}


def language_of(text: str) -> str | None:
    """Code of the language that a text is most likely written in; None where too little tells.

    Languages that share an alphabet other than the Latin one are not told apart: Cyrillic is "ru", Arabic "ar".
    """
    sample = text[:_SAMPLE_CHARS]
    scripts = Counter(_script(c) for c in sample if c.isalpha())
    letters = scripts.total()
    if not letters:
        return None
    if scripts["ja"] > 0.1 * letters:
        return "ja"  # its kana decide, though most of its characters may be Chinese
    script, count = max(scripts.items(), key=lambda pair: (pair[1], pair[0]))
    if script and count > _FOREIGN_SHARE * letters and letters >= _LEAST_WORDS:
        return script
    words = _WORD.findall(sample.lower())
    if len(words) < _LEAST_WORDS:
        return None
    shares = {language: sum(word in common for word in words) / len(words) for language, common in _WORDS.items()}
    best = max(shares, key=lambda language: shares[language])
    return best if shares[best] >= _LEAST_SHARE else None


def language_warning(text: str, settings: Settings) -> tuple[str, ...]:
    """A clause that says that the model does not know a text's language; nothing where it does or where that is unclear."""
    known = {code.strip() for code in settings.languages.split(",") if code.strip()}
    found = language_of(text) if known else None
    if found is None or found in known:
        return ()
    return (f"written in {_NAMES[found]}, which the model does not know: answers from it will be poor",)


def _script(character: str) -> str:
    """The language that a letter's script stands for; empty for Latin letters."""
    if character < "\u0370":
        return ""
    return _SCRIPTS.get(unicodedata.name(character, "").partition(" ")[0], "")

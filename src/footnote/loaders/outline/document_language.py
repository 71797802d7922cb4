"""Which language a text is written in, by py3langid, so that a reader is told where the model does not know it.

Of one sentence each in 27 languages it names 26 (Indonesian passes for Malay), with a probability of .49 at least; for no English
document of 1,100 did another language reach .3.  It takes about 0.1 ms for a thousand characters, and 105 MB, in the process that
parses only.
"""

from __future__ import annotations

import io
import lzma
from array import array
from functools import lru_cache
from typing import Any

from footnote.settings import Settings

__all__ = ["identify", "language_name", "language_of", "language_warning"]

_SAMPLE_CHARS = 20_000
_LEAST_LETTERS = 10
_LEAST_PROBABILITY = 0.4
_NO_LANGUAGE = "zxx"
"""What the identifier calls tables of numbers, code and the like."""
_NAMES = dict(
    pair.split("=")
    for pair in (
        "af=Afrikaans am=Amharic ar=Arabic as=Assamese az=Azerbaijani be=Belarusian bg=Bulgarian bn=Bengali br=Breton "
        "bs=Bosnian ca=Catalan cs=Czech cy=Welsh da=Danish de=German el=Greek en=English eo=Esperanto es=Spanish "
        "et=Estonian eu=Basque fa=Persian fi=Finnish fo=Faroese fr=French fy=Frisian ga=Irish gd=Gaelic gl=Galician "
        "gu=Gujarati ha=Hausa he=Hebrew hi=Hindi hr=Croatian hu=Hungarian hy=Armenian id=Indonesian ig=Igbo "
        "is=Icelandic it=Italian ja=Japanese jv=Javanese ka=Georgian kk=Kazakh km=Khmer kn=Kannada ko=Korean "
        "ku=Kurdish ky=Kyrgyz la=Latin lb=Luxembourgish lo=Lao lt=Lithuanian lv=Latvian mg=Malagasy mk=Macedonian "
        "ml=Malayalam mn=Mongolian mr=Marathi ms=Malay mt=Maltese my=Burmese ne=Nepali nl=Dutch nn=Norwegian "
        "no=Norwegian oc=Occitan or=Odia pa=Punjabi pl=Polish ps=Pashto pt=Portuguese ro=Romanian ru=Russian "
        "sa=Sanskrit si=Sinhala sk=Slovak sl=Slovenian so=Somali sq=Albanian sr=Serbian sv=Swedish sw=Swahili "
        "ta=Tamil te=Telugu tg=Tajik th=Thai tk=Turkmen tl=Tagalog tr=Turkish tt=Tatar ug=Uyghur uk=Ukrainian ur=Urdu "
        "uz=Uzbek vi=Vietnamese xh=Xhosa yo=Yoruba yue=Cantonese zh=Chinese zu=Zulu"
    ).split()
)


def language_of(text: str) -> str | None:
    """ISO 639 code of the language that a text is most likely written in; None where too little tells."""
    sample = text[:_SAMPLE_CHARS]
    if sum(map(str.isalpha, sample)) < _LEAST_LETTERS:
        return None
    code, probability = identify(sample)
    return code if code != _NO_LANGUAGE and probability >= _LEAST_PROBABILITY else None


def identify(text: str) -> tuple[str, float]:
    """ISO 639 code of the likeliest language of a text, and its probability."""
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


def language_name(code: str) -> str:
    """English name of a language."""
    return _NAMES.get(code, f"a language with the code {code}")


def language_warning(text: str, settings: Settings) -> tuple[str, ...]:
    """A clause that says that the model does not know a text's language; nothing where it does or where that is unclear."""
    try:
        found = language_of(text) if settings.languages else None
    except (MemoryError, ImportError):
        return ()  # the process that parses has no room for the identifier, which is no fault of the file
    if found is None or found in settings.languages:
        return ()
    return (f"written in {language_name(found)}, which the model does not know: answers from it will be poor",)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """The library's model.  Its own way to load it unpacks it into a file, and the process that parses may write none."""
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    unpacked = io.BytesIO(lzma.decompress((MODEL_DIR / MODEL_FILE).read_bytes()))
    with np.load(unpacked, allow_pickle=False) as model:
        moves, rows = (array(part.dtype.char, part.tobytes()) for part in (model["nextmove"], model["nextmove_row"]))
        classes, output = model["classes"].tolist(), model["out_feat"].tolist()
        return LanguageIdentifier(model["ptc"], model["pc"], classes, moves, output, norm_probs=True, tk_row=rows)

"""What the int8 export is, in names and numbers that its writer and its readers share."""

from __future__ import annotations

import hashlib
import json
from typing import Final

__all__ = [
    "FACTS_NAME",
    "GOOD_COSINE",
    "MIN_COSINE",
    "ONNX_NAME",
    "RECIPE",
    "SAME_DISTANCE",
    "TOKENIZER_NAME",
    "fingerprint",
]

RECIPE: Final = "onnx-int8-4"
"""Changes whenever the export's arithmetic does: it is part of the cache folder's name and of the fingerprint."""

ONNX_NAME: Final = "model.onnx"
TOKENIZER_NAME: Final = "tokenizer.json"
FACTS_NAME: Final = "export.json"

GOOD_COSINE: Final = 0.993
"""Least cosine with the reference, over the probes, that 8-bit weights must keep not to be compared with 7-bit ones: the packaged
model has .995 where the processor adds up int8 products without overflow, and .988 where it does not (7-bit: .992 anywhere)."""

MIN_COSINE: Final = 0.98
"""Least such cosine with which an export is used at all."""

SAME_DISTANCE: Final = 0.01
"""Largest distance between the unit vectors that an export gave when it was made and gives now: another processor's is .066
away where its integers overflow, and a millionth where they do not."""


def fingerprint(model_digest: str, recipe: str, **facts: int | str) -> str:
    """Hex digest that two encoders share when they give the same vectors."""
    content = json.dumps([model_digest, recipe, sorted(facts.items())], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()

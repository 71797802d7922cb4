"""Linear models over named features: the fitted numbers are data files in the packages that use them.

``training/fit_ranking.py`` and ``training/fit_followups.py`` make them.  A file names its features in order, with the mean and scale
that standardise them and one weight each, so that a model never meets columns in another order than it was fitted on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from footnote.ranking.features import MODEL_FEATURES

Matrix = npt.NDArray[np.float64]
FITTED = "fitted.json"
CONVERSATION = "footnote.conversation"
"""The package beside this one that has fitted numbers."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """``bias + ((x - mean) / scale) @ weights``.

    Attributes:
        names: feature names, (f,).
        mean, scale, weights: (f,) float64; scale is positive.
        bias: of the sum.
    """

    names: tuple[str, ...]
    mean: Matrix
    scale: Matrix
    weights: Matrix
    bias: float

    def score(self, features: Matrix) -> Matrix:
        """Scores of n rows of features, (n,)."""
        return np.asarray(((features - self.mean) / self.scale) @ self.weights + self.bias)

    def probability(self, features: Matrix) -> Matrix:
        """Logistic of the scores, (n,) in [0, 1]."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.score(features), -40.0, 40.0))))

    @classmethod
    def from_json(cls, fitted: dict[str, Any], expected: Sequence[str]) -> LinearModel:
        """Read one model.

        Args:
            fitted: with names, mean, scale, weights and bias.
            expected: the names that the code computes, in order.

        Raises:
            ValueError: the numbers were fitted on other features than the code computes.
        """
        names = tuple(fitted["names"])
        if names != tuple(expected):
            raise ValueError(f"fitted on other features than these: {sorted(set(names) ^ set(expected))}; fit again")
        mean, scale, weights = (np.array(fitted[key], dtype=np.float64) for key in ("mean", "scale", "weights"))
        return cls(names, mean, scale, weights, float(fitted["bias"]))


@lru_cache(maxsize=2)
def fitted_numbers(package: str = "footnote.ranking") -> dict[str, Any]:
    """The content of a package's ``fitted.json``: one model an entry, how they were made under "made", figures under "report"."""
    return dict(json.loads(files(package).joinpath(FITTED).read_text("utf-8")))


@lru_cache(maxsize=16)
def load_model(entry: str) -> LinearModel:
    """The fitted model of that name for ranking, which weighs ``MODEL_FEATURES[entry]``."""
    return LinearModel.from_json(fitted_numbers()[entry], MODEL_FEATURES[entry])


@lru_cache(maxsize=1)
def fitted_digests() -> tuple[str, ...]:
    """Short hex digests of all fitted numbers: they go into the fingerprint of answers."""
    canonical = (json.dumps(numbers, sort_keys=True) for numbers in (fitted_numbers(), fitted_numbers(CONVERSATION)))
    return tuple(hashlib.sha256(each.encode()).hexdigest()[:16] for each in canonical)

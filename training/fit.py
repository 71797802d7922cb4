"""Fitting of the linear models: a softmax over each question's candidates, and a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """One question's candidates: features (n, f) and which of them are relevant (n,)."""

    features: Matrix
    relevant: npt.NDArray[np.bool_]


def standardisation(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and positive scale of each column."""
    scale = rows.std(axis=0)
    return rows.mean(axis=0), np.where(scale > 1e-9, scale, 1.0)


def fit_softmax(
    names: Sequence[str], groups: Sequence[Group], weights: Sequence[float], *, penalty: float
) -> dict[str, Any]:
    """Weights that make the relevant candidates of each question likely under a softmax over all of them (ListNet's top one).

    Args:
        names: of the f features.
        groups: questions that have at least one relevant and one other candidate.
        weights: of each question in the loss.
        penalty: of the squared weights, per unit of total question weight.
    """
    rows = np.concatenate([g.features for g in groups])
    mean, scale = standardisation(rows)
    x = (rows - mean) / scale
    sizes = np.array([len(g.relevant) for g in groups])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    relevant = np.concatenate([g.relevant for g in groups])
    owner = np.repeat(np.arange(len(groups)), sizes)
    question_weights = np.asarray(weights, dtype=np.float64) / np.sum(weights)

    def loss(w: Matrix) -> tuple[float, Matrix]:
        z = x @ w
        z -= np.maximum.reduceat(z, starts)[owner]
        e = np.exp(z)
        p = e / np.add.reduceat(e, starts)[owner]
        good = np.add.reduceat(np.where(relevant, p, 0.0), starts)
        target = np.where(relevant, p / good[owner], 0.0)
        value = -float(question_weights @ np.log(good)) + penalty * float(w @ w)
        return value, x.T @ ((p - target) * question_weights[owner]) + 2.0 * penalty * w

    best = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return _fitted(names, mean, scale, best.x, 0.0)


def fit_logistic(
    names: Sequence[str], rows: Matrix, labels: npt.NDArray[np.bool_], weights: Matrix, *, penalty: float
) -> dict[str, Any]:
    """Logistic regression with weighted rows and a penalty on the squared weights (not on the bias)."""
    mean, scale = standardisation(rows)
    x = np.concatenate([(rows - mean) / scale, np.ones((len(rows), 1))], axis=1)
    row_weights = weights / weights.sum()
    sign = np.where(labels, 1.0, -1.0)

    def loss(w: Matrix) -> tuple[float, Matrix]:
        margin = sign * (x @ w)
        value = float(row_weights @ np.logaddexp(0.0, -margin)) + penalty * float(w[:-1] @ w[:-1])
        gradient = x.T @ (-sign * row_weights / (1.0 + np.exp(np.clip(margin, -40, 40))))
        gradient[:-1] += 2.0 * penalty * w[:-1]
        return value, gradient

    best = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return _fitted(names, mean, scale, best.x[:-1], float(best.x[-1]))


def _fitted(names: Sequence[str], mean: Matrix, scale: Matrix, weights: Matrix, bias: float) -> dict[str, Any]:
    def short(values: Matrix) -> list[float]:
        return [float(f"{value:.6g}") for value in values]

    return {
        "names": list(names),
        "mean": short(mean),
        "scale": short(scale),
        "weights": short(weights),
        "bias": float(f"{bias:.6g}"),
    }


def auroc(high: Matrix, low: Matrix) -> float:
    """Chance that one of ``high`` exceeds one of ``low``; ties count half."""
    order = np.concatenate([high, low])
    ranks = np.empty(len(order))
    ascending = np.argsort(order, kind="stable")
    ordered = order[ascending]
    first = np.searchsorted(ordered, ordered, "left")
    last = np.searchsorted(ordered, ordered, "right")
    ranks[ascending] = (first + last + 1) / 2.0
    return float((ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))

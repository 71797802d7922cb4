"""Measures of ranked spans, quotes, abstention and confidence: pure functions over records.

A returned span *matches* a gold span when both are in the same document and the returned one holds at least half of
the gold one's characters or, where the gold one is longer, at least half of the returned one lies in it.  In a graded
set only gold of grade 3 and above is *relevant*.  A mean over nothing is None, never 0.
"""

from __future__ import annotations

import math
import re
import string
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from footnote.records import GoldSpan, Span

RELEVANT_GRADE: Final = 3
"""Lowest grade that counts as relevant in a graded set."""

DEPTH: Final = 10
"""Ranks that nDCG, MRR and judged@10 look at."""

_ARTICLES: Final = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


class Placed(Protocol):
    """A span in a document."""

    @property
    def document_id(self) -> str: ...
    @property
    def span(self) -> Span: ...


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return sum(values) / len(values) if values else None


def common_chars(one: Placed, other: Placed) -> int:
    """Characters that lie in both."""
    if one.document_id != other.document_id:
        return 0
    return max(0, min(one.span.end, other.span.end) - max(one.span.start, other.span.start))


def is_match(returned: Placed, gold: Placed) -> bool:
    """Whether a returned span matches a gold span."""
    common, size, gold_size = common_chars(returned, gold), len(returned.span), len(gold.span)
    return common > 0 and (2 * common >= gold_size or (gold_size > size and 2 * common >= size))


def matches_any(returned: Placed, golds: Sequence[Placed]) -> bool:
    """Whether a returned span matches one of the gold spans."""
    return any(is_match(returned, gold) for gold in golds)


def relevant_gold(golds: Sequence[GoldSpan], *, graded: bool) -> tuple[GoldSpan, ...]:
    """The gold spans that count as an answer."""
    return tuple(gold for gold in golds if gold.grade >= (RELEVANT_GRADE if graded else 1))


def first_match_rank(hits: Sequence[Placed], golds: Sequence[Placed]) -> int | None:
    """1-based rank of the first hit that matches one of the gold spans; None where none does."""
    return next((rank for rank, hit in enumerate(hits, 1) if matches_any(hit, golds)), None)


def hit_at_k(ranks: Sequence[int | None], k: int) -> float | None:
    """Share of the questions whose first match is among the first k."""
    return mean([float(rank is not None and rank <= k) for rank in ranks])


def reciprocal_rank(rank: int | None) -> float:
    """1/rank of the first match, 0 beyond rank 10."""
    return 1 / rank if rank is not None and rank <= DEPTH else 0.0


def gold_groups(golds: Sequence[GoldSpan]) -> list[list[GoldSpan]]:
    """Gold spans as lists of overlapping ones, which count as one."""
    groups: list[list[GoldSpan]] = []
    for gold in sorted(golds, key=lambda g: (g.document_id, g.span.start)):
        if groups and any(common_chars(gold, other) for other in groups[-1]):
            groups[-1].append(gold)
        else:
            groups.append([gold])
    return groups


def ndcg_at_10(hits: Sequence[Placed], golds: Sequence[GoldSpan], *, graded: bool) -> float | None:
    """Normalised gain (nDCG) over groups of gold spans, gain 1, in a graded set grade - 1; None where no gold has a gain.

    A group counts once, for the first hit that matches it.  A hit that matches several gets the best of them, and the
    others leave the ideal list: one hit cannot be asked to stand in two places.
    """
    free = [(max(g.grade for g in group) - int(graded), group) for group in gold_groups(golds)]
    free = [(gain, group) for gain, group in free if gain > 0]
    gained, ideal = 0.0, []
    for rank, hit in enumerate(hits[:DEPTH], 1):
        found = [matches_any(hit, group) for _, group in free]
        if any(found):
            best = max(gain for (gain, _), ok in zip(free, found, strict=True) if ok)
            free = [entry for entry, ok in zip(free, found, strict=True) if not ok]
            ideal.append(best)
            gained += best / math.log2(rank + 1)
    ideal = sorted(ideal + [gain for gain, _ in free], reverse=True)[:DEPTH]
    best_possible = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    return gained / best_possible if ideal else None


def auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    """Chance that an answerable question has more confidence than an unanswerable one; ties count half."""
    if not answerable or not unanswerable:
        return None
    ordered = sorted(unanswerable)
    # Twice the wins, in whole numbers, so that the order of the questions cannot change the last digit.
    doubled = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in answerable)
    return doubled / (2 * len(answerable) * len(unanswerable))


def f1(precision: float | None, recall: float | None) -> float:
    """Harmonic mean; 0 where either is 0 or undefined."""
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def normal_tokens(text: str) -> list[str]:
    """Words as SQuAD compares them: lower case, without ASCII punctuation and the articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def token_f1(answer: str, golds: Sequence[str]) -> float:
    """Best F1 of the answer's bag of words against a gold text's."""
    return max((_bag_f1(normal_tokens(answer), normal_tokens(gold)) for gold in golds), default=0.0)


def _bag_f1(one: Sequence[str], other: Sequence[str]) -> float:
    common = (Counter(one) & Counter(other)).total()
    return f1(common / len(one), common / len(other)) if common else 0.0


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share lies, between neighbours in proportion; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def sign_test(better: int, worse: int) -> float:
    """Two-sided chance of a split at least this uneven when neither side were favoured."""
    n = better + worse
    tail = sum(math.comb(n, k) for k in range(min(better, worse) + 1))
    # Divided as whole numbers: 2 to the power of many questions is no float.
    return min(1.0, 2 * tail / (1 << n))

"""Fit the models of ``footnote.ranking``: passages, sentences, confidence.

    python training/fit_ranking.py --eval ../shared/eval --work /tmp/footnote-fit [--write]

The entries are fitted one on top of the other, in this order: passages, sentences, confidence; then with the small reranker
small_passages, small_sentences, small_confidence; then with both large_passages, large_sentences, alone_sentences,
large_confidence.

Every set under --eval with a corpus and its questions is used, and every folder of small folders.  Whole documents are split in
two halves by their names, small folders as wholes: models are judged on the half, and on the sets, that they were not fitted on;
the shipped numbers are then fitted on all of them.  With --half 0 or 1 the numbers are fitted on that half alone.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from fit import Group, auroc, fit_logistic, fit_softmax
from questions import Question, is_relevant, matches, open_set, set_name, sets_in
from remembering import RememberingReranker

from footnote import Footnote
from footnote.answering.selection import best_sentences, choose_quotes, read_alone, sentence_alone
from footnote.ranking.evidence import Retrieved, Stage
from footnote.ranking.features import MODEL_FEATURES, sentence_features
from footnote.ranking.model import LinearModel, fitted_numbers, load_model
from footnote.ranking.query import read_query
from footnote.ranking.reading_features import (
    read_passage_features,
    read_sentence_features,
    twice_read_passage_features,
)
from footnote.ranking.retrieve import read_closely, retrieve
from footnote.ranking.scores import (
    QUOTED_PASSAGES,
    ScoredSentences,
    alone_features,
    answers_of_sentences,
    base_scores,
    confidence_row,
    score_sentences,
)
from footnote.reranking import packaged
from footnote.reranking.packaged import PackagedReranker
from footnote.settings import Settings

Matrix = npt.NDArray[np.float64]
FITTED = Path(__file__).parent.parent / "src" / "footnote" / "ranking" / "fitted.json"
PENALTY = 2e-4
READ_CONFIDENCE_PENALTY = 1e-3
ASKED_ELSEWHERE = 3
"""Every third question is asked of the documents that do not answer it, too."""
KIND_WEIGHTS = {"answerable": 0.5, "unanswerable": 0.4, "elsewhere": 0.1}
SET_WEIGHTS = {"folders-dev": 3.0, "own-dev-small": 2.0, "squad-dev": 1.0}
OTHER_SETS_WEIGHT = 0.3
"""With equal weights, sets whose unanswerable questions are easily told decide: AUROC on folders that were not fitted on is .02 lower."""
FALSE_ANSWER_PRICE = 1.5
"""How many right answers held back one answer is worth that should not have been given."""
SURE_SHARE = 0.97
"""Share of right quotes from which on the small reranker's word is taken."""
HOPELESS_SHARE = 0.01
LEVEL_FLOORS = (0.85, 0.65, 0.4, 0.0)
"""Where "very likely", "likely", "perhaps" and "unsure" begin."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question of one set: candidates with their features, or for confidence one row with its label."""

    set_name: str
    fold: int
    group: Group
    answerable: bool = True


def passage_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """Candidates of each question with gold, and whether they hold it."""
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text, k=None)
            relevant = np.array([is_relevant(p, question) for p in found.passages], dtype=np.bool_)
            examples.append(Example(set_name, question.fold, Group(found.features, relevant)))
    return examples


def sentence_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """Sentences of the first hits of each question with gold, and whether they hold it."""
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text)
            features = sentence_features(found)
            sentences = [(p, s) for p in found.passages for s in p.sentences]
            readable = found.evidence.passage_of_sentence < QUOTED_PASSAGES
            keep = np.array([s.kind != "heading" for _, s in sentences]) & readable
            relevant = np.array([any(matches(p.document_id, s.span, g) for g in question.gold) for p, s in sentences])
            examples.append(Example(set_name, question.fold, Group(features[keep], relevant[keep])))
    return examples


def confidence_examples(footnote: Footnote, set_name: str, questions: list[Question], stage: Stage) -> list[Example]:
    """One row a question: is its best sentence right?  Some are asked again of the other documents, where nothing is right."""
    everything = frozenset(d.id for d in footnote.documents())
    examples = []
    for question in questions:
        found = retrieved_for(footnote, question.text, stage=stage)
        examples.append(_confidence_example(footnote, set_name, question, found, answerable=bool(question.gold)))
        others = everything - {g.document_id for g in question.gold}
        if question.gold and others and zlib.crc32(question.id.encode()) % ASKED_ELSEWHERE == 0:
            elsewhere = retrieved_for(footnote, question.text, allowed=others, stage=stage)
            if elsewhere.hits:
                examples.append(
                    _confidence_example(footnote, f"{set_name}-removed", question, elsewhere, answerable=False)
                )
    return examples


def retrieved_for(
    footnote: Footnote,
    text: str,
    allowed: frozenset[str] | None = None,
    stage: Stage = "unread",
    k: int | None = 10,
) -> Retrieved:
    """What the product finds, read as far as a stage; all candidates where ``k`` is None."""
    index, settings = footnote.index, footnote.settings
    query = read_query(index, footnote.encoder, text)
    small = None if stage == "unread" else SMALL
    found = retrieve(index, query, settings=settings, k=k, allowed=allowed, reranker=small)
    return read_closely(index, found, LARGE, settings=settings) if stage == "large" and found.hits else found


def _confidence_example(
    footnote: Footnote, set_name: str, question: Question, found: Retrieved, *, answerable: bool
) -> Example:
    scored = score_sentences(found)
    if found.stage == "large":
        scored = read_alone(footnote.index, found, scored, LARGE)
    quotes = choose_quotes(footnote.index, found, scored, limit=footnote.settings.max_quotes)
    right = answerable and any(matches(q.passage.document_id, q.span, gold) for q in quotes for gold in question.gold)
    row = Group(confidence_row(found, scored), np.array([right]))
    return Example(set_name, question.fold, row, answerable)


SMALL = RememberingReranker(PackagedReranker(packaged.SMALL))
LARGE = RememberingReranker(PackagedReranker(packaged.LARGE))
Opened = dict[str, tuple[Footnote, list[Question]]]
"""Sets by name, each with its index and the questions that are used of it."""


def small_passage_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """The first candidates of each question with gold, as ranked and as read, and whether they hold it."""
    index = footnote.index
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text)
            readings = SMALL.read_first(index, found, footnote.settings.rerank_passages)
            features = read_passage_features(found.scores, readings)
            relevant = np.array([is_relevant(p, question) for p in found.passages], dtype=np.bool_)
            examples.append(Example(set_name, question.fold, Group(features, relevant)))
    return examples


def large_passage_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """The passages that the large reranker reads for each question with gold, and whether they hold it."""
    index = footnote.index
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text, stage="small")
            count = footnote.settings.rerank_closely
            features = twice_read_passage_features(found.readings, LARGE.read_first(index, found, count))
            relevant = np.array([is_relevant(p, question) for p in found.passages[: len(features)]], dtype=np.bool_)
            examples.append(Example(set_name, question.fold, Group(features, relevant)))
    return examples


def read_sentence_examples(footnote: Footnote, set_name: str, questions: list[Question], stage: Stage) -> list[Example]:
    """Sentences of the passages that were read, for each question with gold."""
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text, stage=stage)
            owner = found.evidence.passage_of_sentence
            gains = np.array([gain for gain, _ in answers_of_sentences(found.passages, found.readings)])
            scores = base_scores(found)
            features = read_sentence_features(found, scores, gains)
            sentences = [(p, s) for p in found.passages for s in p.sentences]
            keep = np.isfinite(scores) & np.array([found.readings[n] is not None for n in owner])
            relevant = np.array([any(matches(p.document_id, s.span, g) for g in question.gold) for p, s in sentences])
            examples.append(Example(set_name, question.fold, Group(features[keep], relevant[keep])))
    return examples


def alone_sentence_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """The best sentences of each question with gold, read by themselves, and whether what is quoted around them holds it."""
    index = footnote.index
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text, stage="large")
            scored = score_sentences(found)
            places = best_sentences(scored)
            alone = LARGE.read(found.query.text, [sentence_alone(index, found, n) for n in places])
            features = alone_features(scored, found, places, alone)
            relevant = np.array([_is_quoted(footnote, found, scored, n, question) for n in places])
            examples.append(Example(set_name, question.fold, Group(features, relevant)))
    return examples


def _is_quoted(footnote: Footnote, found: Retrieved, scored: ScoredSentences, n: int, question: Question) -> bool:
    """Whether the quote that a sentence grows into holds the answer."""
    only = replace(scored, scores=np.where(np.arange(len(scored.scores)) == n, scored.scores, -np.inf))
    quotes = choose_quotes(footnote.index, found, only, limit=1)
    return any(matches(q.passage.document_id, q.span, gold) for q in quotes for gold in question.gold)


EXAMPLES = {
    "passages": passage_examples,
    "sentences": sentence_examples,
    "confidence": partial(confidence_examples, stage="unread"),
    "small_passages": small_passage_examples,
    "small_sentences": partial(read_sentence_examples, stage="small"),
    "small_confidence": partial(confidence_examples, stage="small"),
    "large_passages": large_passage_examples,
    "large_sentences": partial(read_sentence_examples, stage="large"),
    "alone_sentences": alone_sentence_examples,
    "large_confidence": partial(confidence_examples, stage="large"),
}
FEATURES = dict(MODEL_FEATURES)


def usable(examples: list[Example]) -> list[Example]:
    """Those with something to choose between."""
    return [e for e in examples if e.group.relevant.any() and not e.group.relevant.all()]


def fit_ranking_model(entry: str, examples: list[Example]) -> dict[str, Any]:
    """Fit on examples so that each set weighs the same, however many questions it has."""
    chosen = usable(examples)
    share = Counter(e.set_name for e in chosen)
    return fit_softmax(
        FEATURES[entry], [e.group for e in chosen], [1.0 / share[e.set_name] for e in chosen], penalty=PENALTY
    )


def hits_at(
    fitted: dict[str, Any], entry: str, examples: list[Example], ks: tuple[int, ...] = (1, 3, 10)
) -> dict[str, float]:
    """Share of the examples whose first k candidates hold a relevant one."""
    model = LinearModel.from_json(fitted, FEATURES[entry])
    ranks = []
    for example in examples:
        order = np.argsort(-model.score(example.group.features), kind="stable")
        found = np.flatnonzero(example.group.relevant[order])
        ranks.append(int(found[0]) + 1 if len(found) else 10**9)
    return {f"@{k}": round(float(np.mean([r <= k for r in ranks])), 4) for k in ks} | {"n": len(ranks)}


def judge_ranking(entry: str, examples: list[Example]) -> dict[str, Any]:
    """Figures on what was not fitted: other halves of the documents, and whole sets left out."""
    report: dict[str, Any] = {}
    sets = sorted({e.set_name for e in examples})
    halves = [fit_ranking_model(entry, [e for e in examples if e.fold != fold]) for fold in (0, 1)]
    for name in sets:
        own = [e for e in examples if e.set_name == name]
        judged = [hits_at(halves[fold], entry, [e for e in own if e.fold == fold]) for fold in (0, 1)]
        without = fit_ranking_model(entry, [e for e in examples if e.set_name != name]) if len(sets) > 1 else halves[0]
        report[name] = {"other documents": _pooled(judged), "set left out": hits_at(without, entry, own)}
    return report


def _pooled(parts: list[dict[str, float]]) -> dict[str, float]:
    total = sum(p["n"] for p in parts)
    return {
        key: total if key == "n" else round(sum(p[key] * p["n"] for p in parts if p["n"]) / total, 4)
        for key in parts[0]
    }


def fit_confidence_model(examples: list[Example], entry: str) -> dict[str, Any]:
    """Half of the weight to answerable questions, most of the rest to unanswerable ones that look answerable."""
    kinds = [_kind(e) for e in examples]
    share = Counter((kind, e.set_name) for kind, e in zip(kinds, examples, strict=True))
    of_kind: Counter[str] = Counter()
    for kind, name in share:
        of_kind[kind] += set_weight(name)
    weights = [
        KIND_WEIGHTS[k] * set_weight(e.set_name) / of_kind[k] / share[k, e.set_name]
        for k, e in zip(kinds, examples, strict=True)
    ]
    rows = np.concatenate([e.group.features for e in examples])
    labels = np.array([e.group.relevant[0] for e in examples])
    penalty = PENALTY if entry == "confidence" else READ_CONFIDENCE_PENALTY
    return fit_logistic(FEATURES[entry], rows, labels, np.array(weights), penalty=penalty)


def set_weight(name: str) -> float:
    """What a set counts in confidence: most where people's own questions meet unanswerable ones that look answerable."""
    return SET_WEIGHTS.get(name.removesuffix("-removed"), OTHER_SETS_WEIGHT)


def _kind(example: Example) -> str:
    if example.answerable:
        return "answerable"
    return "elsewhere" if example.set_name.endswith("-removed") else "unanswerable"


Scored = list[tuple[Example, float]]
"""Examples with their confidence by a model that was fitted on other documents."""


def out_of_fold(examples: list[Example], entry: str) -> Scored:
    """Confidence in each example by a model fitted on the other half of the documents."""
    scored: Scored = []
    for fold in (0, 1):
        fitted = fit_confidence_model([e for e in examples if e.fold != fold], entry)
        model = LinearModel.from_json(fitted, FEATURES[entry])
        scored += [(e, float(model.probability(e.group.features)[0])) for e in examples if e.fold == fold]
    return scored


def within(examples: list[Example], entry: str) -> Scored:
    """Confidence in each example by the model fitted on all of them: what is left where one half is all there is."""
    model = LinearModel.from_json(fit_confidence_model(examples, entry), FEATURES[entry])
    return [(e, float(model.probability(e.group.features)[0])) for e in examples]


def judge_confidence(scored: Scored) -> dict[str, Any]:
    """AUROC of answerable against the others for each set."""
    report: dict[str, Any] = {}
    for name in sorted({e.set_name.removesuffix("-removed") for e, _ in scored}):
        high = np.array([p for e, p in scored if e.set_name == name and e.answerable])
        for kind in ("unanswerable", "elsewhere"):
            low = np.array([p for e, p in scored if e.set_name.removesuffix("-removed") == name and _kind(e) == kind])
            if len(low) and len(high):
                report[f"{name} against {kind}"] = round(auroc(high, low), 4)
    return report


def best_threshold(scored: Scored) -> tuple[float, dict[str, tuple[float, float]]]:
    """The threshold that costs least, over sets with unanswerable questions, where a false answer costs ``FALSE_ANSWER_PRICE``.

    A right answer that is held back costs 1: the passage is still shown as the nearest, and the person reads on.  An answer to a
    question that the documents do not answer is believed.

    Returns:
        The threshold, and for some of them the mean share of right answers that are given and of others that are not.
    """
    names = sorted({e.set_name for e, _ in scored if not e.answerable and _kind(e) == "unanswerable"})
    table: dict[float, tuple[float, ...]] = {}
    for threshold in np.arange(0.1, 0.91, 0.02):
        given, refused = [], []
        for name in names:
            own = [(e, p) for e, p in scored if e.set_name == name]
            given.append(np.mean([p >= threshold for e, p in own if e.group.relevant[0]]))
            refused.append(np.mean([p < threshold for e, p in own if not e.answerable]))
        weights = [set_weight(name) for name in names]
        table[round(float(threshold), 2)] = tuple(float(np.average(each, weights=weights)) for each in (given, refused))
    best = min(table, key=lambda t: (1 - table[t][0]) + FALSE_ANSWER_PRICE * (1 - table[t][1]))
    return best, {str(t): (round(a, 3), round(b, 3)) for t, (a, b) in table.items()}


def sure_bounds(scored: Scored) -> list[float]:
    """Below the first confidence the small reranker's best quote is as good as never right, from the second as good as always."""
    asked = sorted((p, bool(e.group.relevant[0])) for e, p in scored if _kind(e) != "elsewhere")
    found = np.array([p for p, _ in asked])
    right = np.array([label for _, label in asked], dtype=np.float64)
    from_here = np.cumsum(right[::-1])[::-1] / np.arange(len(right), 0, -1)
    up_to_here = np.cumsum(right) / np.arange(1, len(right) + 1)
    sure = found[np.flatnonzero(from_here >= SURE_SHARE)]
    hopeless = found[np.flatnonzero(up_to_here <= HOPELESS_SHARE)]
    return [
        round(float(hopeless[-1]), 3) if len(hopeless) else 0.0,
        round(float(sure[0]), 3) if len(sure) else 1.01,
    ]


def level_counts(scored: Scored) -> list[list[float]]:
    """For each level of confidence in words: its floor, how often answers there were right, and how many there were."""
    asked = [(e, p) for e, p in scored if _kind(e) != "elsewhere"]
    counts = []
    for floor, ceiling in zip(LEVEL_FLOORS, (1.01, *LEVEL_FLOORS), strict=False):
        inside = [e for e, p in asked if floor <= p < ceiling]
        counts.append([floor, sum(bool(e.group.relevant[0]) for e in inside), len(inside)])
    return counts


def main() -> None:
    """Fit, judge and, with --write, replace the numbers in the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--work", type=Path, required=True, help="folder for indexes and readings")
    parser.add_argument(
        "--small", type=Path, help="folder of small sets (small_sets.py); confidence is fitted on them too"
    )
    parser.add_argument("--entry", choices=sorted(EXAMPLES), action="append", help="only these models", metavar="ENTRY")
    parser.add_argument("--limit", type=int, help="questions of each set, drawn by their ids; all where absent")
    parser.add_argument("--small-limit", type=int, default=30, help="questions of each small set")
    parser.add_argument("--half", type=int, choices=(0, 1), help="fit on this half of the documents alone")
    parser.add_argument("--write", action="store_true", help="write the numbers into the package")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for reranker in (SMALL, LARGE):
        reranker.remember(args.work)
    for entry in args.entry or EXAMPLES:
        _fit_entry(entry, args)
        for reranker in (SMALL, LARGE):
            reranker.save()


def _fit_entry(entry: str, args: argparse.Namespace) -> None:
    confidence = entry.endswith("confidence")
    folders = [(folder, args.limit) for folder in sets_in(args.eval)]
    if confidence and args.small:
        folders += [(folder, args.small_limit) for folder in sets_in(args.small)]
    examples: list[Example] = []
    for folder, limit in folders:
        footnote, questions = open_set(folder, args.work, Settings())
        questions = sorted(questions, key=lambda q: zlib.crc32(q.id.encode()))[:limit]
        examples += EXAMPLES[entry](footnote, set_name(folder), questions)
        footnote.close()
    if args.half is not None:
        examples = [e for e in examples if e.fold == args.half]
    more: dict[str, Any] = {}
    if confidence:
        scored = out_of_fold(examples, entry) if args.half is None else within(examples, entry)
        threshold, thresholds = best_threshold(scored)
        fitted = fit_confidence_model(examples, entry)
        report = judge_confidence(scored) | {"thresholds": thresholds}
        kind = entry.removesuffix("confidence")
        more = {f"{kind}answer_threshold": threshold, f"{kind}confidence_levels": level_counts(scored)}
        if entry == "small_confidence":
            more["small_is_sure"] = sure_bounds(scored)
    else:
        fitted = fit_ranking_model(entry, examples)
        report = judge_ranking(entry, examples) if args.half is None else {}
    print(json.dumps({entry: report, **more}, indent=1), flush=True)
    if args.write:
        made = {"fitted on": sorted({e.set_name for e in examples}), "questions": len(examples), "judged": report}
        write({entry: fitted, **more}, {entry: made | {"penalty": PENALTY}})


def write(numbers: dict[str, Any], made: dict[str, Any]) -> None:
    """Put fitted numbers and their report into the package's data file; later entries are fitted on top of it."""
    kept = json.loads(FITTED.read_text("utf-8"))
    kept |= numbers
    kept["made"] = {**kept["made"], "by": "training/fit_ranking.py", **made}
    FITTED.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    fitted_numbers.cache_clear()
    load_model.cache_clear()


if __name__ == "__main__":
    main()

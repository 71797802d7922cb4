"""Fit the models of ``footnote.ranking``: passages, sentences, confidence.

    python training/fit_ranking.py --eval ../shared/eval --work /tmp/footnote-fit [--write]

The entries are fitted one on top of the other, in this order: passages, sentences, confidence; then, with the packaged reader,
read_passages, read_sentences, read_confidence.

Every set under --eval with a corpus and its questions is used.  Whole documents are split in two halves by their names: models
are judged on the half, and on the sets, that they were not fitted on; the shipped numbers are then fitted on all of them.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from fit import Group, auroc, fit_logistic, fit_softmax
from questions import Question, is_relevant, matches, open_set, sets_in

from footnote import Footnote
from footnote.answering import choose_quotes
from footnote.answering.confidence import NAMES as CONFIDENCE_NAMES
from footnote.answering.scoring import (
    QUOTED_PASSAGES,
    READ_CONFIDENCE_NAMES,
    base_scores,
    confidence_row,
    score_sentences,
)
from footnote.ranking.features import NAMES as PASSAGE_NAMES
from footnote.ranking.model import LinearModel, fitted_numbers, load_model
from footnote.ranking.readings import PASSAGE_NAMES as READ_PASSAGE_NAMES
from footnote.ranking.readings import SENTENCE_NAMES as READ_SENTENCE_NAMES
from footnote.ranking.readings import answers_of_sentences, passage_reading_features, sentence_reading_features
from footnote.ranking.sentences import NAMES as SENTENCE_NAMES
from footnote.ranking.sentences import sentence_features
from footnote.reading import PassageReader, Reading, ReadingInput
from footnote.reading.packaged import PackagedReader
from footnote.retrieval import Retrieved, rank, read_query, reading_input, retrieve
from footnote.settings import Settings

Matrix = npt.NDArray[np.float64]
FITTED = Path(__file__).parent.parent / "src" / "footnote" / "ranking" / "fitted.json"
PENALTY = 2e-4
READ_CONFIDENCE_PENALTY = 1e-3
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
    reader, encoder = footnote.reader, footnote.encoder
    examples = []
    for question in questions:
        if question.gold:
            ranked = rank(reader, read_query(reader, encoder, question.text), settings=footnote.settings)
            relevant = np.array([is_relevant(p, question) for p in reader.passages(ranked.keys)], dtype=np.bool_)
            examples.append(Example(set_name, question.fold, Group(ranked.features, relevant)))
    return examples


def sentence_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """Sentences of the first hits of each question with gold, and whether they hold it."""
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text)
            features = sentence_features(found.query, found.candidates, found.evidence, found.passages, found.scores)
            sentences = [(p, s) for p in found.passages for s in p.sentences]
            readable = found.evidence.passage_of_sentence < QUOTED_PASSAGES
            keep = np.array([s.kind != "heading" for _, s in sentences]) & readable
            relevant = np.array([any(matches(p.document_id, s.span, g) for g in question.gold) for p, s in sentences])
            examples.append(Example(set_name, question.fold, Group(features[keep], relevant[keep])))
    return examples


def confidence_examples(
    footnote: Footnote, set_name: str, questions: list[Question], passage_reader: PassageReader | None = None
) -> list[Example]:
    """One row a question: is its best sentence right?  Each is asked again of the other documents, where nothing is right."""
    everything = frozenset(d.id for d in footnote.documents())
    examples = []
    for question in questions:
        found = retrieved_for(footnote, question.text, passage_reader=passage_reader)
        examples.append(_confidence_example(footnote, set_name, question, found, answerable=bool(question.gold)))
        others = everything - {g.document_id for g in question.gold}
        if question.gold and others:
            elsewhere = retrieved_for(footnote, question.text, allowed=others, passage_reader=passage_reader)
            if elsewhere.hits:
                examples.append(
                    _confidence_example(footnote, f"{set_name}-removed", question, elsewhere, answerable=False)
                )
    return examples


def retrieved_for(
    footnote: Footnote,
    text: str,
    allowed: frozenset[str] | None = None,
    passage_reader: PassageReader | None = None,
) -> Retrieved:
    reader, settings = footnote.reader, footnote.settings
    query = read_query(reader, footnote.encoder, text)
    return retrieve(reader, query, settings=settings, k=10, allowed=allowed, passage_reader=passage_reader)


def _confidence_example(
    footnote: Footnote, set_name: str, question: Question, found: Retrieved, *, answerable: bool
) -> Example:
    scored = score_sentences(found)
    quotes = choose_quotes(footnote.reader, found, scored, limit=footnote.settings.max_quotes)
    right = answerable and any(matches(q.passage.document_id, q.span, gold) for q in quotes for gold in question.gold)
    row = Group(confidence_row(found, scored), np.array([right]))
    return Example(set_name, question.fold, row, answerable)


class RememberingReader:
    """The packaged reader, which reads a pair once however many entries are fitted."""

    finds_spans = True

    def __init__(self) -> None:
        self._packaged = PackagedReader()
        self.fingerprint = self._packaged.fingerprint
        self._read: dict[tuple[str, ReadingInput], Reading] = {}

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """As the packaged reader's."""
        new = [each for each in passages if (question, each) not in self._read]
        self._read |= {
            (question, each): reading for each, reading in zip(new, self._packaged.read(question, new), strict=True)
        }
        return [self._read[question, each] for each in passages]


READER = RememberingReader()
Opened = dict[str, tuple[Footnote, list[Question]]]
"""Sets by name, each with its index and the questions that are used of it."""


def read_passage_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """The first candidates of each question with gold, as ranked and as read, and whether they hold it."""
    reader, settings = footnote.reader, footnote.settings
    examples = []
    for question in questions:
        if question.gold:
            ranked = rank(reader, read_query(reader, footnote.encoder, question.text), settings=settings)
            passages = reader.passages(ranked.keys[:10])
            first = [reading_input(reader, p) for p in passages[: settings.read_passages]]
            readings = [*READER.read(question.text, first), *[None] * (len(passages) - len(first))]
            features = passage_reading_features(ranked.scores[:10], readings)
            relevant = np.array([is_relevant(p, question) for p in passages], dtype=np.bool_)
            examples.append(Example(set_name, question.fold, Group(features, relevant)))
    return examples


def read_sentence_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """Sentences of the passages that were read, for each question with gold."""
    examples = []
    for question in questions:
        if question.gold:
            found = retrieved_for(footnote, question.text, passage_reader=READER)
            owner = found.evidence.passage_of_sentence
            gains = np.array([gain for gain, _ in answers_of_sentences(found.passages, found.readings)])
            scores = base_scores(found)
            features = sentence_reading_features(scores, gains, owner, found.readings)
            sentences = [(p, s) for p in found.passages for s in p.sentences]
            keep = np.isfinite(scores) & np.array([found.readings[n] is not None for n in owner])
            relevant = np.array([any(matches(p.document_id, s.span, g) for g in question.gold) for p, s in sentences])
            examples.append(Example(set_name, question.fold, Group(features[keep], relevant[keep])))
    return examples


def read_confidence_examples(footnote: Footnote, set_name: str, questions: list[Question]) -> list[Example]:
    """``confidence_examples`` with the reader."""
    return confidence_examples(footnote, set_name, questions, READER)


EXAMPLES = {
    "passages": passage_examples,
    "sentences": sentence_examples,
    "confidence": confidence_examples,
    "read_passages": read_passage_examples,
    "read_sentences": read_sentence_examples,
    "read_confidence": read_confidence_examples,
}
FEATURES = {
    "passages": PASSAGE_NAMES,
    "sentences": SENTENCE_NAMES,
    "confidence": CONFIDENCE_NAMES,
    "read_passages": READ_PASSAGE_NAMES,
    "read_sentences": READ_SENTENCE_NAMES,
    "read_confidence": READ_CONFIDENCE_NAMES,
}


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


def judge_read_ranking(opened: Opened, examples: list[Example]) -> dict[str, Any]:
    """``judge_ranking`` of what was read, where the ranking beneath is without the left-out set too."""
    report = judge_ranking("read_passages", examples)
    plain = [e for name, (footnote, questions) in opened.items() for e in passage_examples(footnote, name, questions)]
    shipped = fitted_numbers()["passages"]
    for name, (footnote, questions) in opened.items():
        rank_by(fit_ranking_model("passages", [e for e in plain if e.set_name != name]))
        reader_model = fit_ranking_model("read_passages", [e for e in examples if e.set_name != name])
        again = read_passage_examples(footnote, name, questions)
        report[name]["set left out"] = hits_at(reader_model, "read_passages", again)
    rank_by(shipped)
    return report


def rank_by(numbers: dict[str, Any]) -> None:
    """Let another ranking find the passages, until it is told otherwise."""
    fitted_numbers()["passages"] = numbers
    load_model.cache_clear()


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
    sets_of = Counter(kind for kind, _ in share)
    weight = {"answerable": 0.5, "unanswerable": 0.4, "elsewhere": 0.1}
    weights = [weight[k] / sets_of[k] / share[k, e.set_name] for k, e in zip(kinds, examples, strict=True)]
    rows = np.concatenate([e.group.features for e in examples])
    labels = np.array([e.group.relevant[0] for e in examples])
    penalty = READ_CONFIDENCE_PENALTY if entry == "read_confidence" else PENALTY
    return fit_logistic(FEATURES[entry], rows, labels, np.array(weights), penalty=penalty)


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
    """The threshold at which, over sets with unanswerable questions, both shares that should be high are nearest to each other.

    A wrong answer given and a right one held back then count the same: the sum of both shares is flat from .2 to .5, and its best
    point would answer a fifth of what the documents leave out.

    Returns:
        The threshold, and for some of them the mean share of right answers that are given and of others that are not.
    """
    names = sorted({e.set_name for e, _ in scored if not e.answerable and _kind(e) == "unanswerable"})
    table = {}
    for threshold in np.arange(0.2, 0.71, 0.02):
        given, refused = [], []
        for name in names:
            own = [(e, p) for e, p in scored if e.set_name == name]
            given.append(np.mean([p >= threshold for e, p in own if e.group.relevant[0]]))
            refused.append(np.mean([p < threshold for e, p in own if not e.answerable]))
        table[round(float(threshold), 2)] = (float(np.mean(given)), float(np.mean(refused)))
    best = min(table, key=lambda t: abs(table[t][0] - table[t][1]))
    return best, {str(t): (round(a, 3), round(b, 3)) for t, (a, b) in table.items()}


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
    parser.add_argument("--work", type=Path, required=True, help="folder for indexes and features")
    parser.add_argument(
        "--small", type=Path, help="folder of small sets (small_sets.py); confidence is fitted on them too"
    )
    parser.add_argument("--entry", choices=sorted(EXAMPLES), action="append", help="only these models", metavar="ENTRY")
    parser.add_argument("--limit", type=int, help="questions of each set, drawn by their ids; all where absent")
    parser.add_argument("--write", action="store_true", help="write the numbers into the package")
    args = parser.parse_args()
    for entry in args.entry or EXAMPLES:
        folders = list(sets_in(args.eval))
        confidence = entry in {"confidence", "read_confidence"}
        if confidence and args.small:
            folders += sets_in(args.small)
        examples: list[Example] = []
        opened: Opened = {}
        for folder in folders:
            footnote, questions = open_set(folder, args.work, Settings())
            questions = sorted(questions, key=lambda q: zlib.crc32(q.id.encode()))[: args.limit]
            examples += EXAMPLES[entry](footnote, re.sub(r"-\d\d$", "-small", folder.name), questions)
            opened[folder.name] = footnote, questions
            print(entry, folder.name, len(questions), flush=True)
        more: dict[str, Any] = {}
        if confidence:
            scored = out_of_fold(examples, entry)
            threshold, thresholds = best_threshold(scored)
            fitted, report = (
                fit_confidence_model(examples, entry),
                judge_confidence(scored) | {"thresholds": thresholds},
            )
            kind = entry.removesuffix("confidence")
            more = {f"{kind}answer_threshold": threshold, f"{kind}confidence_levels": level_counts(scored)}
        elif entry == "read_passages":
            fitted, report = fit_ranking_model(entry, examples), judge_read_ranking(opened, examples)
        else:
            fitted, report = fit_ranking_model(entry, examples), judge_ranking(entry, examples)
        for footnote, _ in opened.values():
            footnote.close()
        print(json.dumps({entry: report, **more}, indent=1))
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

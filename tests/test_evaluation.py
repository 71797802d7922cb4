"""Judgments, results, metrics, reports and comparisons.

The figures are checked three ways: against tables worked by hand, against the naive scorer in this file that was written
apart from the package's, and, where it is there, against the scorer that defined them.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from footnote.errors import FootnoteError, JudgmentError, QuestionError
from footnote.evaluation import (
    METRIC_NAMES,
    Result,
    ResultSpan,
    compare,
    comparison_to_json,
    comparison_to_terminal,
    make_report,
    read_baseline,
    read_judgments,
    read_results,
    report_to_json,
    report_to_terminal,
    result_of,
    run_judgments,
    score,
    text_source,
    write_results,
)
from footnote.evaluation.figures import reliability, score_each
from footnote.evaluation.measures import auroc, is_match, ndcg_at_10, quantile, sign_test, token_f1
from footnote.evaluation.results import result_to_json
from footnote.records import Answer, Citation, Document, GoldSpan, Hit, Judgment, Passage, Span
from footnote.rendering import json_text

TEXT = "0123456789" * 10
TEXTS = {"a": TEXT, "b": TEXT}


def at(document: str, start: int, end: int, text: str | None = None) -> ResultSpan:
    return ResultSpan(document, Span(start, end), TEXT[start:end] if text is None else text)


def gold(document: str, start: int, end: int, grade: int = 1) -> GoldSpan:
    return GoldSpan(document, Span(start, end), grade)


def result(
    name: str, hits: tuple = (), quotes: tuple = (), confidence: float | None = 0.5, answered: bool = True
) -> Result:
    return Result(name, hits, quotes, answered, confidence)


def by_id(*results: Result) -> dict[str, Result]:
    return {one.id: one for one in results}


# Worked by hand


@pytest.mark.parametrize(
    ("returned", "wanted", "expected"),
    [
        (at("a", 40, 52), gold("a", 50, 54), True),  # half of the gold
        (at("a", 40, 51), gold("a", 50, 54), False),  # a quarter of it
        (at("b", 40, 60), gold("a", 50, 54), False),  # another document
        (at("a", 50, 50), gold("a", 50, 54), False),  # nothing
        (at("a", 90, 94), gold("a", 0, 92), True),  # half of the returned one lies in a longer gold
        (at("a", 89, 99), gold("a", 0, 92), False),  # three tenths of it
        (at("a", 54, 60), gold("a", 50, 54), False),  # neighbours
    ],
)
def test_matching(returned: ResultSpan, wanted: GoldSpan, expected: bool) -> None:
    assert is_match(returned, wanted) is expected


def test_ndcg_counts_each_gold_once() -> None:
    two = (gold("a", 0, 10, 4), gold("a", 20, 30, 2))
    assert ndcg_at_10([at("a", 0, 10), at("a", 20, 30)], two, graded=True) == 1
    assert ndcg_at_10([at("a", 0, 30)], two, graded=True) == 1
    assert ndcg_at_10([at("b", 0, 9), at("a", 0, 10)], two[:1], graded=True) == pytest.approx(1 / math.log2(3))
    repeated = ndcg_at_10([at("a", 0, 10), at("a", 0, 10)], two, graded=True)
    assert repeated == pytest.approx(3 / (3 + 1 / math.log2(3)))
    assert ndcg_at_10([at("a", 0, 10)], (gold("a", 0, 9),), graded=True) is None
    overlapping = (gold("a", 0, 4), gold("a", 2, 6))
    assert ndcg_at_10([at("a", 0, 6)], overlapping, graded=False) == 1


def test_auroc_gives_ties_half() -> None:
    assert auroc([3, 2], [1, 2]) == 0.875
    assert auroc([1], []) is None


def test_token_f1_is_squads() -> None:
    assert token_f1("The Normans, in France!", ["normans in france"]) == 1
    assert token_f1("in the year 1066", ["1066", "year 1066"]) == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))
    assert token_f1("the the", ["a"]) == 0
    assert token_f1("x", []) == 0


def test_quantile_lies_between_neighbours() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 2.5
    assert quantile([1, 2], 0.95) == pytest.approx(1.95)
    assert quantile([7], 0.95) == 7
    assert quantile([], 0.5) is None


def test_sign_test_is_the_binomials_tails() -> None:
    assert sign_test(0, 0) == 1
    assert sign_test(5, 0) == pytest.approx(2 / 32)
    assert sign_test(1, 5) == sign_test(5, 1) == pytest.approx(14 / 64)
    assert sign_test(3, 3) == 1
    assert 0 < sign_test(2_000, 1_000) < 1e-6


def hand_made() -> tuple[tuple[Judgment, ...], dict[str, Result]]:
    short = gold("a", 50, 54)
    judgments = (
        Judgment("1", "q", True, (short,)),
        Judgment("2", "q", True, (short,)),
        Judgment("3", "q", False),
        Judgment("4", "q", False),
    )
    wrong = at("a", 0, 10, "x")
    results = by_id(
        result("1", (wrong, at("a", 40, 60)), (at("a", 50, 54),), 0.9),
        result("2", confidence=0.1, answered=False),
        result("3", (wrong,), confidence=0.2, answered=False),
    )
    return judgments, results


def test_scores_worked_by_hand() -> None:
    out = score(*hand_made(), TEXTS.get)
    expected = {
        "n": 4, "missing": 1, "with relevant gold": 2, "unanswerable": 2, "hit@1": 0, "hit@3": 0.5, "hit@5": 0.5,
        "hit@10": 0.5, "MRR@10": 0.25, "nDCG@10": 0.5 / math.log2(3), "hit chars (median)": 10,
        "answer containment": 0.5, "answer containment when answered": 1, "answer rate": 0.5, "right on sight": 0.5,
        "answer chars (median)": 4, "answer token F1": 0.5, "answer token F1 when answered": 1,
        "abstention precision": 0.5, "abstention recall": 0.5, "abstention F1": 0.5, "quote exactness": 0.5,
    }  # fmt: skip
    assert out == pytest.approx(expected)
    assert list(out) == [name for name in METRIC_NAMES if name in expected]


def test_confidence_separates_what_was_right() -> None:
    judgments = hand_made()[0][:3]
    out = score(judgments, by_id(*(result(str(n), confidence=-float(n)) for n in (1, 2, 3))), TEXTS.get)
    assert out["AUROC"] == 1
    assert out["abstention F1"] == 0
    assert out["abstention precision"] is None
    assert out["quote exactness"] is None


def test_graded_sets_ask_for_grade_three() -> None:
    judgments = (Judgment("1", "q", True, (gold("a", 0, 10, 2), gold("a", 20, 30, 3), gold("b", 0, 10, 1))),)
    out = score(judgments, by_id(result("1", (at("a", 0, 10), at("a", 20, 30), at("b", 50, 60)))), TEXTS.get)
    assert out["hit@1"] == 0
    assert out["hit@3"] == 1
    assert out["judged@10"] == pytest.approx(2 / 3)
    assert out["nDCG@10"] == pytest.approx((1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3)))


def test_answerable_questions_without_relevant_gold_are_left_out() -> None:
    judgments = (Judgment("1", "q", True, (gold("a", 0, 10, 2),)), Judgment("2", "q", True))
    out = score(judgments, by_id(result("1", (at("a", 0, 10),)), result("2")), TEXTS.get)
    assert out["with relevant gold"] == 0
    assert out["hit@1"] is None
    assert out["answer rate"] == 1


# The naive scorer, over plain dicts, and the one that defined the figures


def naive_match(span: dict, g: dict) -> bool:
    returned, wanted = ({(s["doc"], n) for n in range(s["start"], s["end"])} for s in (span, g))
    common = len(returned & wanted)
    mostly_inside = len(wanted) > len(returned) and common / len(returned) >= 0.5
    return common > 0 and (common / len(wanted) >= 0.5 or mostly_inside)


def naive_ndcg(hits: list[dict], golds: list[dict], graded: bool) -> float | None:
    """Islands of gold on the line of characters; each hit sinks all the islands that it matches."""
    islands: list[list[dict]] = []
    for g in sorted(golds, key=lambda g: (g["doc"], g["start"])):
        if islands and islands[-1][0]["doc"] == g["doc"] and max(x["end"] for x in islands[-1]) > g["start"]:
            islands[-1].append(g)
        else:
            islands.append([g])
    worth = {n: max(g["grade"] for g in island) - graded for n, island in enumerate(islands)}
    afloat = {n for n, gain in worth.items() if gain > 0}
    gains = []
    for hit in hits[:10]:
        sunk = {n for n in afloat if any(naive_match(hit, g) for g in islands[n])}
        gains.append(max((worth[n] for n in sunk), default=0))
        afloat -= sunk
    best = sorted([g for g in gains if g] + [worth[n] for n in afloat], reverse=True)[:10]
    discounted = [sum(g / math.log2(n + 2) for n, g in enumerate(some)) for some in (gains, best)]
    return discounted[0] / discounted[1] if best else None


def naive_score(rows: list[dict], results: dict[str, dict], corpus: Mapping[str, str]) -> dict[str, Any]:
    """Each figure on its own, by counting characters and pairs."""

    def average(values: list) -> float | None:
        return sum(values) / len(values) if values else None

    def middle(values: list[int]) -> float | None:
        ordered, n = sorted(values), len(values)
        return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2 if n else None

    graded = max((g["grade"] for r in rows for g in r["gold"]), default=1) > 1
    blank = {"hits": [], "answer": None}
    got = {r["id"]: results.get(r["id"], {**blank, "answered": r["kind"] == "unanswerable"}) for r in rows}
    quotes = {name: (one["answer"] or {"spans": []})["spans"] if one["answered"] else [] for name, one in got.items()}
    wanted = {r["id"]: [g for g in r["gold"] if not graded or g["grade"] > 2] for r in rows}
    due = [name for name, golds in wanted.items() if golds]
    found = {n: [any(naive_match(h, g) for g in wanted[n]) for h in got[n]["hits"]] for n in due}
    out: dict[str, Any] = {f"hit@{k}": average([any(found[n][:k]) for n in due]) for k in (1, 3, 5, 10)}
    out["MRR@10"] = average([1 / (found[n].index(True) + 1) if any(found[n][:10]) else 0 for n in due])
    out["nDCG@10"] = average(
        [g for r in rows if (g := naive_ndcg(got[r["id"]]["hits"], r["gold"], graded)) is not None]
    )
    out["answer containment"] = average([any(naive_match(s, g) for s in quotes[n] for g in wanted[n]) for n in due])
    out["answer containment when answered"] = average(
        [any(naive_match(s, g) for s in quotes[n] for g in wanted[n]) for n in due if got[n]["answered"]]
    )
    firsts = {n: got[n]["hits"][:1] for n in due if not got[n]["answered"]}
    seen = {n: quotes[n] + firsts.get(n, []) for n in due}
    out["right on sight"] = average([any(naive_match(s, g) for s in seen[n] for g in wanted[n]) for n in due])
    out["hit chars (median)"] = middle([h["end"] - h["start"] for one in got.values() for h in one["hits"][:10]])
    out["answer chars (median)"] = middle([sum(s["end"] - s["start"] for s in q) for q in quotes.values() if q])
    kinds = {r["id"]: r["kind"] for r in rows}
    answerable = [n for n in kinds if kinds[n] == "answerable"]
    others = [n for n in kinds if kinds[n] != "answerable"]
    out["answer rate"] = average([got[n]["answered"] for n in answerable])
    if graded:
        out["judged@10"] = average(
            [any(naive_match(h, g) for g in r["gold"]) for r in rows for h in got[r["id"]]["hits"][:10]]
        )
    if others:
        silent = [n for n in kinds if not got[n]["answered"]]
        right = len([n for n in silent if n in others])
        out["abstention precision"] = right / len(silent) if silent else None
        out["abstention recall"] = right / len(others)
        out["abstention F1"] = 2 * right / (len(silent) + len(others))
        if all("confidence" in one for one in got.values()):
            pairs = [(got[a]["confidence"], got[u]["confidence"]) for a in answerable for u in others]
            out["AUROC"] = average([1.0 if a > u else 0.5 if a == u else 0.0 for a, u in pairs])
    shown = [s for n, one in got.items() for s in one["hits"] + quotes[n]]
    out["quote exactness"] = average([s["text"] == corpus[s["doc"]][s["start"] : s["end"]] != "" for s in shown])
    return out


def spans(longest: int) -> SearchStrategy[dict]:
    return st.builds(
        lambda doc, start, size, wrong: {
            "doc": doc, "start": start, "end": start + size, "text": "?" if wrong else TEXT[start : start + size]
        },
        st.sampled_from("ab"), st.integers(0, 60), st.integers(1, longest), st.integers(0, 9).map(lambda n: n == 0),
    )  # fmt: skip


def without_text(golds: list[dict]) -> list[dict]:
    return [{k: v for k, v in g.items() if k != "text"} for g in golds]


@st.composite
def evaluations(draw: Callable[..., Any]) -> tuple[list[dict], dict[str, dict]]:
    top = draw(st.sampled_from([1, 4]))
    graded_spans = st.builds(lambda s, g: {**s, "grade": g}, spans(30), st.integers(1, top))
    rows, results = [], {}
    for n in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["answerable", "unanswerable"]))
        golds = draw(st.lists(graded_spans, max_size=4)) if kind == "answerable" else []
        rows.append({"id": str(n), "question": "q", "kind": kind, "gold": without_text(golds)})
        if draw(st.integers(0, 9)):
            answered = draw(st.booleans())
            quoted = draw(st.lists(spans(12), min_size=1, max_size=3))
            results[str(n)] = {
                "id": str(n),
                "hits": [{**hit, "score": 1.0} for hit in draw(st.lists(spans(30), max_size=12))],
                "answer": {"spans": quoted} if answered else None,
                "answered": answered,
                "confidence": draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])),
            }
    return rows, results


def as_records(
    rows: list[dict], results: dict[str, dict], folder: Path
) -> tuple[tuple[Judgment, ...], dict[str, Result]]:
    """Through the files, so that reading them is checked too."""
    questions, returned = folder / "questions.jsonl", folder / "results.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    returned.write_text("".join(json.dumps(row) + "\n" for row in results.values()), encoding="utf-8")
    return read_judgments(questions), read_results(returned)


def defining_scorer() -> Callable[..., dict[str, Any]] | None:
    """The scorer that defined the figures, where it lies beside the repository."""
    path = Path(os.environ.get("FOOTNOTE_SCORE_PY") or Path(__file__).parents[2] / "shared" / "eval" / "score.py")
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("defining_scorer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scorer: Callable[..., dict[str, Any]] = module.score
    return scorer


DEFINING_SCORER = defining_scorer()
OURS_ALONE = {"answer token F1", "answer token F1 when answered", "right on sight"}


@settings(max_examples=150, deadline=None)
@given(evaluations())
def test_scores_agree_with_an_independent_count(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[list[dict], dict[str, dict]]
) -> None:
    rows, results = made
    out = score(*as_records(rows, results, tmp_path_factory.mktemp("set")), TEXTS.get)
    expected = naive_score(rows, results, TEXTS)
    assert {name: out.get(name, "absent") for name in expected} == pytest.approx(expected, abs=1e-12)
    if DEFINING_SCORER is not None:
        defined = DEFINING_SCORER(rows, results, TEXTS)
        shared = {name: value for name, value in out.items() if name not in OURS_ALONE}
        assert shared == pytest.approx(defined, abs=1e-12)
        assert list(shared) == list(defined)


@given(evaluations())
@settings(max_examples=50, deadline=None)
def test_shares_stay_between_nothing_and_all(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[list[dict], dict[str, dict]]
) -> None:
    out = score(*as_records(*made, tmp_path_factory.mktemp("set")), TEXTS.get)
    counted = {"n", "missing", "with relevant gold", "unanswerable", "hit chars (median)", "answer chars (median)"}
    shares = [value for name, value in out.items() if name not in counted]
    assert all(0 <= value <= 1 for value in shares if value is not None)
    ladder = [out[f"hit@{k}"] for k in (1, 3, 5, 10)]
    assert ladder == [None] * 4 or ladder == sorted(ladder)


# Files


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_judgments_are_read_in_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"id": "2", "question": "Why\u2028?", "kind": "unanswerable", "gold": []}',
        "",
        '{"id": "1", "question": "How?", "kind": "answerable", "gold": [{"doc": "a.md", "start": 1, "end": 4, "text": "bcd"}]}',
    )
    assert read_judgments(path) == (
        Judgment("2", "Why\u2028?", answerable=False),
        Judgment("1", "How?", True, (GoldSpan("a.md", Span(1, 4), 1, "bcd"),)),
    )


GOOD = '{"id": "1", "question": "q", "kind": "unanswerable"}'


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "not JSON"),
        ("[1]", "it is not an object"),
        (GOOD, 'the id "1" was used before'),
        ('{"question": "q", "kind": "answerable"}', '"id" is missing'),
        ('{"id": 3, "question": "q", "kind": "answerable"}', '"id" is not a string'),
        ('{"id": "2", "question": " ", "kind": "answerable"}', "blank"),
        ('{"id": "2", "question": "q", "kind": "maybe"}', '"kind" is "maybe"'),
        ('{"id": "2", "question": "q", "kind": "answerable", "gold": {}}', '"gold" is not a list'),
        ('{"id": "2", "question": "q", "kind": "answerable", "gold": [3]}', '"gold[0]" is not an object'),
        ('{"id": "2", "question": "q", "kind": "answerable", "gold": [{"doc": "a", "start": 4, "end": 2}]}', "4-2"),
        ('{"id": "2", "question": "q", "kind": "answerable", "gold": [{"doc": "a", "start": 4, "end": 4}]}', "empty"),
        (
            '{"id": "2", "question": "q", "kind": "answerable", "gold": [{"doc": "a", "start": true, "end": 4}]}',
            '"gold[0].start" is not a whole number',
        ),
        (
            '{"id": "2", "question": "q", "kind": "answerable", "gold": [{"start": 1, "end": 4}]}',
            '"gold[0].doc" is missing',
        ),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, line: str, fault: str) -> None:
    path = written(tmp_path, GOOD, "", line)
    with pytest.raises(JudgmentError) as raised:
        read_judgments(path)
    assert raised.value.where == f"{path}:3"
    assert fault in raised.value.what


def test_files_that_hold_no_judgments(tmp_path: Path) -> None:
    with pytest.raises(JudgmentError, match="holds no judgment"):
        read_judgments(written(tmp_path, "", " "))
    with pytest.raises(JudgmentError, match="cannot be read"):
        read_judgments(tmp_path / "missing.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(JudgmentError, match="not UTF-8 at byte 8"):
        read_judgments(path)


def test_results_survive_their_file(tmp_path: Path) -> None:
    results = hand_made()[1]
    spans = (ResultSpan("a", Span(0, 3), "é\u2028\x85", score=1.5),)
    scored = Result("5", spans, (), answered=True, confidence=None, standing="answered")
    path = tmp_path / "deep" / "results.jsonl"
    write_results(path, [*results.values(), scored], json_text)
    assert read_results(path) == {**results, "5": scored}
    assert path.read_text(encoding="utf-8").count("\n") == 4
    assert [other.name for other in path.parent.iterdir()] == ["results.jsonl"]


def test_results_lines_have_the_agreed_form() -> None:
    assert result_to_json(result_of("q1", an_answer())) == {
        "id": "q1",
        "hits": [{"doc": "a.md", "start": 0, "end": 9, "score": 2.5, "text": "Ice. Tea."}],
        "answer": {"spans": [{"doc": "a.md", "start": 0, "end": 4, "text": "Ice."}]},
        "answered": True,
        "standing": "answered",
        "confidence": 0.123457,
    }
    silent = replace(an_answer(), citations=(), hits=(), confidence=0.0, reason="nothing_found", explanation="Nothing.")
    assert result_to_json(result_of("q2", silent)) == {
        "id": "q2", "hits": [], "answer": None, "answered": False, "standing": "absent", "confidence": 0.0
    }  # fmt: skip
    near = replace(an_answer(), citations=(), nearest=an_answer().citations[0], reason="not_answered")
    assert result_to_json(result_of("q3", near))["standing"] == "nearest"
    assert result_to_json(result_of("q3", near))["answer"] is None


def test_results_that_cannot_be_written_say_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FootnoteError, match="cannot be written"):
        write_results(tmp_path / "file" / "results.jsonl", [], json_text)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "1", "hits": [], "answered": "yes"}', '"answered"'),
        ('{"id": "1", "hits": [], "answered": true, "confidence": NaN}', "not JSON"),
        ('{"id": "1", "hits": [], "answered": true, "answer": []}', '"answer" is not an object'),
        ('{"id": "1", "answered": true}', '"hits"'),
        ('{"id": "1", "hits": [], "answered": true, "standing": "sure"}', '"standing" is "sure"'),
    ],
)
def test_faulty_results_are_refused(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(JudgmentError, match=r"questions\.jsonl:1.*" + fault):
        read_results(written(tmp_path, line))


# Asking


def an_answer() -> Answer:
    passage = Passage("a.md:0-9", "a.md", Span(0, 9), (), ())
    hit = Hit(passage=passage, title="A", text="Ice. Tea.", score=2.5, rank=1)
    citation = Citation(
        number=1, document_id="a.md", title="A", span=Span(0, 4), quote="Ice.", heading_path=(), page=None,
        passage_id=passage.id, score=1.0,
    )  # fmt: skip
    return Answer(
        question="q", interpreted_as="q", citations=(citation,), hits=(hit,), confidence=0.12345678, reason=None,
        explanation="", missing_words=(), fingerprint="f",
    )  # fmt: skip


class CannedAsker:
    fingerprint = "f"

    def __init__(self) -> None:
        self.read: list[str] = []

    def ask(self, question: str) -> Answer:
        if question == "too long":
            raise QuestionError("the question is too long", remedy="ask a shorter one")
        return an_answer()

    def document(self, document_id: str) -> Document:
        self.read.append(document_id)
        if document_id != "a.md":
            raise FootnoteError("there is no such document")
        return Document(id="a.md", title="A", text="Ice. Tea.", sha256="00", blocks=())


def test_running_asks_each_question_once_in_order() -> None:
    judgments = tuple(Judgment(name, name, True, (gold("a.md", 0, 4),)) for name in ("x", "y"))
    seen: list[int] = []
    run = run_judgments(CannedAsker(), judgments, seen.append)
    assert [one.id for one in run.results] == ["x", "y"]
    assert seen == [1, 2]
    assert len(run.latencies_ms) == 2
    assert all(value >= 0 for value in run.latencies_ms)


def test_a_question_that_cannot_be_asked_is_a_fault_not_an_abstention() -> None:
    with pytest.raises(JudgmentError, match='question "x": the question is too long'):
        run_judgments(CannedAsker(), [Judgment("x", "too long", answerable=True)])


def test_texts_are_read_once() -> None:
    asker = CannedAsker()
    text_of = text_source(asker)
    assert [text_of("a.md"), text_of("b.md"), text_of("a.md"), text_of("b.md")] == ["Ice. Tea.", None] * 2
    assert asker.read == ["a.md", "b.md"]


def test_gold_of_other_documents_is_reported() -> None:
    judgments = (
        Judgment("fits", "q", True, (GoldSpan("a.md", Span(0, 3), 1, "Ice"),)),
        Judgment("unknown", "q", True, (gold("b.md", 0, 3),)),
        Judgment("beyond", "q", True, (gold("a.md", 5, 99),)),
        Judgment("moved", "q", True, (GoldSpan("a.md", Span(1, 4), 1, "Ice"),)),
    )
    report = make_report(judgments, {}, text_source(CannedAsker()))
    assert report.misplaced == ("unknown", "beyond", "moved")
    assert "3 judgments have gold that is not in these documents: unknown, beyond, moved" in report_to_terminal(report)


# Reports


def test_reliability_counts_answers_that_were_right() -> None:
    judgments = (
        *(Judgment(str(n), "q", True, (gold("a", 0, 4),)) for n in range(4)),
        Judgment("4", "q", False),
        Judgment("5", "q", True),
    )
    right, wrong = (at("a", 0, 4),), (at("b", 0, 4),)
    results = by_id(
        result("0", quotes=right, confidence=0.85),
        result("1", quotes=wrong, confidence=0.89),
        result("2", quotes=right, confidence=1.0),
        result("3", confidence=0.2, answered=False),
        result("4", quotes=right, confidence=0.1),
        result("5", quotes=right, confidence=0.1),
    )
    table = reliability(score_each(judgments, results))
    assert table.count == 4
    assert [(b.low, b.high, b.count, b.right) for b in table.bins] == [
        (0.1, 0.2, 1, 0),
        (0.8, 0.9, 2, 1),
        (0.9, 1.0, 1, 1),
    ]
    assert [b.mean_confidence for b in table.bins] == pytest.approx([0.1, 0.87, 1.0])
    assert table.expected_calibration_error == pytest.approx((0.1 + 2 * 0.37 + 0) / 4)
    assert table.brier == pytest.approx((0.15**2 + 0.89**2 + 0 + 0.1**2) / 4)


def test_report_has_the_metrics_at_the_top_and_what_became_of_each_question() -> None:
    judgments, results = hand_made()
    report = make_report(judgments, results, TEXTS.get, latencies_ms=[1.0, 2.0, 3.0], fingerprint="f")
    made = report_to_json(report)
    assert made["hit@3"] == 0.5
    assert made["latency_ms"] == {"p50": 2.0, "p95": pytest.approx(2.9)}
    assert made["outcomes"] == {"1": "right", "2": "refused", "3": "declined", "4": "overclaimed"}
    assert made["reliability"]["n"] == 1
    assert made["fingerprint"] == "f"
    table = report_to_terminal(report)
    assert "hit@3                             0.5000\n" in table
    assert "n                                 4\n" in table
    assert "latency p50, ms                   2.0\n" in table
    assert "0.9 to 1.0          1       1       1.0000           0.9000" in table


def test_an_undefined_figure_is_shown_as_such() -> None:
    report = make_report((Judgment("1", "q", answerable=False),), by_id(result("1")), TEXTS.get)
    assert "hit@1                             -\n" in report_to_terminal(report)


def baseline_and_after() -> tuple[tuple[Judgment, ...], dict[str, Result], dict[str, Result]]:
    judgments, before = hand_made()
    after = {
        **before,
        "1": result("1", (at("a", 40, 60),), (at("b", 0, 9),), 0.9),
        "2": result("2", (at("a", 50, 54),), (at("a", 50, 54),), 0.8),
        "4": result("4", confidence=0.1, answered=False),
    }
    return judgments, before, after


@pytest.mark.parametrize("kind", ["report", "results"])
def test_comparison_names_what_turned(tmp_path: Path, kind: str) -> None:
    judgments, before, after = baseline_and_after()
    path = tmp_path / "baseline.json"
    if kind == "report":
        path.write_text(json_text(report_to_json(make_report(judgments, before, TEXTS.get))) + "\n", encoding="utf-8")
    else:
        write_results(path, before.values(), json_text)
    baseline = read_baseline(path, judgments, TEXTS.get)
    comparison = compare(baseline, make_report(judgments, after, TEXTS.get))
    made = comparison_to_json(comparison)
    assert made["moved"]["hit@1"] == {"before": 0.0, "after": 1.0}
    assert "n" not in made["moved"]
    assert made["compared"] == 4
    assert made["better"] == [
        {"id": "2", "before": "refused", "after": "right"},
        {"id": "4", "before": "overclaimed", "after": "declined"},
    ]
    assert made["worse"] == [{"id": "1", "before": "right", "after": "wrong"}]
    assert made["sign test p"] == 1
    shown = comparison_to_terminal(comparison)
    assert "hit@1                             0.0000 -> 1.0000  (+1.0000)\n" in shown
    assert "of 4 questions 2 are right that were wrong, 1 are wrong that were right (sign test: p = 1)" in shown
    assert "worse: 1 (right -> wrong)\n" in shown


def test_a_report_from_before_outcomes_were_renamed_is_still_a_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"n": 1, "outcomes": {"2": "missed"}}', encoding="utf-8")
    assert read_baseline(path, hand_made()[0], TEXTS.get).outcomes == (("2", "refused"),)


def test_long_lists_of_turns_are_cut_in_the_table_only() -> None:
    judgments = tuple(Judgment(str(n), "q", False) for n in range(25))
    silent = by_id(*(result(str(n), answered=False) for n in range(25)))
    spoke = by_id(*(result(str(n)) for n in range(25)))
    comparison = compare(make_report(judgments, silent, TEXTS.get), make_report(judgments, spoke, TEXTS.get))
    assert "worse: and 5 more (--json lists all)" in comparison_to_terminal(comparison)
    assert len(comparison_to_json(comparison)["worse"]) == 25


def test_a_baseline_on_other_questions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"n": 1, "outcomes": {"other": "right"}}', encoding="utf-8")
    with pytest.raises(JudgmentError, match="judges none of these questions"):
        read_baseline(path, hand_made()[0], TEXTS.get)
    path.write_text('{"n": 1, "outcomes": {"1": "great"}}', encoding="utf-8")
    with pytest.raises(JudgmentError, match='the outcome of "1" is "great"'):
        read_baseline(path, hand_made()[0], TEXTS.get)

"""The sets over the shipped corpus still fit it: offsets, texts, counts, and the twins."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "corpus"


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def wrong_spans(golds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    texts = {path.name: path.read_text(encoding="utf-8") for path in CORPUS.glob("*.md")}
    return [gold for gold in golds if texts[gold["doc"]][gold["start"] : gold["end"]] != gold["text"]]


@pytest.mark.parametrize("name", ["ketamine", "ketamine-plain", "ketamine-held-out"])
def test_gold_of_questions_is_the_text_of_the_corpus(name: str) -> None:
    rows = read(f"{name}.jsonl")
    assert wrong_spans([gold for row in rows for gold in row["gold"]]) == []
    assert all((row["kind"] == "answerable") == bool(row["gold"]) for row in rows)


@pytest.mark.parametrize(("name", "each"), [("ketamine", 45), ("ketamine-held-out", 10)])
def test_twins_ask_the_same_questions_and_hold_no_text(name: str, each: int) -> None:
    rows, twins = read(f"{name}.jsonl"), read(f"{name}-sources.jsonl")
    keys = ("id", "question", "kind")
    assert [[row[key] for key in keys] for row in rows] == [[row[key] for key in keys] for row in twins]
    assert {key for row in twins for gold in row["gold"] for key in gold} == {"doc", "start", "end", "grade"}
    assert min(Counter(row["kind"] for row in rows).values()) >= each


def test_no_question_is_in_both_sets() -> None:
    asked = Counter(
        row["question"].lower()
        for name in ("ketamine", "ketamine-plain", "ketamine-held-out")
        for row in read(f"{name}.jsonl")
    )
    assert asked.most_common(1)[0][1] == 1


def test_conversations_have_two_to_four_turns_and_gold_of_the_corpus() -> None:
    conversations = read("conversations.jsonl")
    turns = [turn for row in conversations for turn in row["turns"]]
    assert len(conversations) >= 44
    assert {len(row["turns"]) for row in conversations} <= {2, 3, 4}
    assert all(row["turns"][0]["question"] == row["turns"][0]["standalone"] for row in conversations)
    assert wrong_spans([gold for turn in turns for gold in turn["gold"]]) == []

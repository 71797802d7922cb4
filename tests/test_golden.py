"""Documents are read, and questions answered, exactly as they were: what may change does so on purpose (``golden/make.py``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from golden.make import OUTLINED, answered, differences, kept_answers, kept_outlines, outline, outlined_files, processor

SHOWN = 12
"""Differences that a failure lists: enough to see what kind they are."""
NEAR = 0.02
"""How far numbers may lie apart on a processor that rounds the models' products in another way."""


@pytest.mark.parametrize("folder", OUTLINED)
def test_every_document_has_its_outline(folder: str) -> None:
    assert [path.name for path in outlined_files(folder)] == list(kept_outlines(folder))


@pytest.mark.parametrize("path", [p for folder in OUTLINED for p in outlined_files(folder)], ids=lambda p: p.name)
def test_documents_are_read_as_they_were(path: Path) -> None:
    found = list(differences(kept_outlines(path.parent.name)[path.name], outline(path)))
    assert not found, "\n".join([f"{path.name} is read differently ({len(found)} places)", *found[:SHOWN]])


@pytest.mark.slow
def test_answers_are_what_they_were(tmp_path: Path) -> None:
    kept, made = kept_answers(), answered(tmp_path)
    assert list(made) == list(kept["answers"])
    exact = kept["processor"] == processor()
    wrong: dict[str, list[str]] = {}
    for case, answer in kept["answers"].items():
        found = list(differences(answer, made[case]) if exact else _apart(answer, made[case]))
        if found:
            wrong[case] = found
    lines = [line for case, found in wrong.items() for line in (case, *(f"    {each}" for each in found[:SHOWN]))]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(made)} answers differ", *lines[: 10 * SHOWN]])


def _apart(kept: dict[str, Any], made: dict[str, Any]) -> list[str]:
    """What differs of an answer on another processor: hits that are level may change places, and numbers differ a little."""
    same = ("question", "interpreted_as", "reason", "missing_words")
    found = [f"{key}: {kept[key]} became {made[key]}" for key in same if kept[key] != made[key]]
    if abs(kept["confidence"] - made["confidence"]) > NEAR:
        found.append(f"confidence: {kept['confidence']} became {made['confidence']}")
    ours, theirs = ([(c["doc"], c["start"], c["end"]) for c in each["citations"][:1]] for each in (kept, made))
    return found if ours == theirs else [*found, f"first quote: {ours} became {theirs}"]


def test_differences_name_their_place() -> None:
    kept = {"blocks": [{"kind": "heading"}, {"kind": "quote", "span": [1, 5]}], "title": "A"}
    made = {"blocks": [{"kind": "heading"}, {"kind": "quote", "span": [1, 6]}], "title": "A", "source": ""}
    assert list(differences(kept, made)) == ["blocks[1].span[1]: 5 became 6", 'source: null became ""']
    assert list(differences(kept, kept)) == []
    assert list(differences({"a": 1, "b": 2}, {"b": 2, "a": 1})) == [": a, b became b, a"]
    assert list(differences([1], [1.0])) == ["[0]: 1 became 1.0"]
    assert list(differences([1, 2], [1])) == [": [1,2] became [1]"]

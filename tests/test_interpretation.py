"""Slips of spelling and abbreviations, mended with the documents' own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import HashingEncoder
from footnote import Footnote
from footnote.interpretation import long_form, mend_spelling, spell_out, to_query

TEXT = """# Sleep

Sleep apnea is treated with continuous positive airway pressure (CPAP). CPAP masks are worn at night.

Insomnia and depression often come together. Anxiety delays sleep.
"""


class PiecesEncoder(HashingEncoder):
    """Counts a word as one token only where it is in a short list of known words."""

    KNOWN = frozenset({"tablets", "sleep", "anxiety", "depression", "angst"})

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [2 + (0 if not text else 1 if text in self.KNOWN else 3) for text in texts]


@pytest.fixture
def footnote(tmp_path: Path) -> Footnote:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "sleep.md").write_text(TEXT, "utf-8")
    return Footnote.build(tmp_path / "corpus", tmp_path / "index", encoder=PiecesEncoder())[0]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anxeity", "anxiety"),
        ("Depresion at night", "Depression at night"),
        ("is INSOMINA bad", "is INSOMNIA bad"),
        ("tablets", "tablets"),  # a word of the language that no document holds
        ("depressions", "depressions"),  # a form of a word that the documents hold
        ("xylophone", "xylophone"),  # nothing close
        ("slept", "slept"),
        ("insomnias", "insomnias"),
        ("depressing", "depressing"),
        ("nigth and masts", "night and masts"),  # "masts" is a word, though "masks" is close
        ("slep", "slep"),  # too short to tell
        ("what is it", "what is it"),
        ("nightanxiety", "night anxiety"),  # a missing blank
        ("Whatabout Insomniaatnight", "Whatabout Insomniaatnight"),  # no two words
        ("is goodsleep enough", "is good sleep enough"),  # half of it is a common word, which no document holds
        ("sleepzzz", "sleepzzz"),
    ],
)
def test_slips_are_mended_with_words_of_the_documents(footnote: Footnote, typed: str, meant: str) -> None:
    assert mend_spelling(typed, footnote.index, footnote.encoder) == meant


def test_an_abbreviation_is_spelled_out_as_the_documents_define_it(footnote: Footnote) -> None:
    assert spell_out("How does CPAP help?", footnote.index, footnote.encoder) == (
        "How does CPAP (continuous positive airway pressure) help?"
    )


@pytest.mark.parametrize(
    "question",
    [
        "How does NASA help?",
        "CPAP (continuous positive airway pressure)",
        "what is a mask",
        "CPAP: continuous positive airway pressure?",
    ],
)
def test_what_is_not_defined_or_spelled_out_already_is_left_alone(footnote: Footnote, question: str) -> None:
    assert spell_out(question, footnote.index, footnote.encoder) == question


def test_the_person_sees_what_was_understood(footnote: Footnote) -> None:
    answer = footnote.ask("does anxeity delay sleep?")
    assert answer.question == "does anxeity delay sleep?"
    assert answer.interpreted_as == "does anxiety delay sleep?"
    assert to_query(answer.interpreted_as, footnote.index, footnote.encoder) == answer.interpreted_as


@pytest.mark.parametrize(
    ("short", "before", "meaning"),
    [
        ("TRD", "it is used for treatment-resistant depression ", "treatment-resistant depression"),
        ("NMDA", "an antagonist at the N-methyl-D-aspartate ", "N-methyl-D-aspartate"),
        ("PTSD", "anxiety (GAD) and post-traumatic stress disorder ", "post-traumatic stress disorder"),
        ("WHO", "The World Health Organization ", "World Health Organization"),
        ("IV", "Intravenous ", "intravenous"),
        ("XYZ", "nothing here fits ", None),
        ("TRD", "", None),
    ],
)
def test_long_forms(short: str, before: str, meaning: str | None) -> None:
    assert long_form(short, before) == meaning

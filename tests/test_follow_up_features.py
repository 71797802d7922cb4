"""What is known of a phrase of a conversation, against its meaning written out in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import pytest

from footnote.conversation.candidates import Mention, Phrase, phrases, read_turns
from footnote.conversation.cues import Cues, read_cues
from footnote.conversation.phrase_features import FEATURES, describe
from footnote.records import Turn
from footnote.terms import stem_words

CONVERSATIONS: tuple[tuple[str, tuple[Turn, ...]], ...] = (
    (
        "When did she sell the skull that the museum has?",
        (
            Turn(
                "Who was Mary Anning?", "Mary Anning was a collector of fossils in Lyme Regis. In 1811 she began early."
            ),
            Turn(
                "What did she find?",
                "Anning found the skull of an ichthyosaur. The skull is in the Natural History Museum.",
            ),
            Turn("Who helped her quickly?", "Joseph Anning"),
        ),
    ),
    (
        "Did that film win?",
        (
            Turn("Which film did Ada Lund direct in 1974?", "Ada Lund directed “The Long Harbour” with Olav Berg."),
            Turn("Where was it shot?", "Filming took place in Bergen and on the coast of Norway's fjords."),
            Turn("Was Berg in the film?", "Berg played the keeper. Lund's brother wrote the songs."),
        ),
    ),
    (
        "what else does the oil lamp need?",
        (
            Turn("how is the lamp cleaned?", "wipe the glass of the lamp with a dry cloth daily"),
            Turn("which oil burns best?", "lamp oil burns best, and olive oil burns slowly"),
        ),
    ),
    (
        "And in Anning's house?",
        (
            Turn(
                "Where is the Long Gallery?", "The Long Gallery is in the old house at 12 Mill Lane, said Mary Anning."
            ),
        ),
    ),
    (
        "Why does he matter?",
        (Turn("Who wrote the waltz?", "Johan Strand wrote it."), Turn("Was he liked?", "In Vienna he was.")),
    ),
)


def held(stems: Sequence[str]) -> tuple[list[int], int]:
    """In how many of forty passages a stem stands."""
    return [sum(map(ord, stem)) % 11 for stem in stems], 40


@dataclass(frozen=True)
class Case:
    """A phrase of a conversation before a question."""

    phrase: Phrase
    found: list[Phrase]
    turns: tuple[Turn, ...]
    cues: Cues
    counted: bool

    @property
    def mentions(self) -> list[Mention]:
        return self.phrase.mentions

    def stands(self, age: int, *, in_question: bool) -> bool:
        return any((m.turn, m.in_question) == (age, in_question) for m in self.mentions)

    def ages(self, *, in_question: bool | None = None) -> list[int]:
        return sorted({m.turn for m in self.mentions if in_question in {None, m.in_question}})

    def newest_answer(self, holds: Callable[[Mention], bool], *, in_question: bool = False) -> bool:
        return any(holds(m) for m in self.mentions if m.turn == 0 and m.in_question == in_question)

    @property
    def asked(self) -> list[str]:
        return stem_words([word.text for word in self.cues.words])

    @property
    def pointed(self) -> list[str]:
        return stem_words(self.cues.pointed)

    def holds(self, stems: Sequence[str]) -> bool:
        return any(stem in stems for stem in self.phrase.stems)

    def near(self) -> bool:
        """Whether a word of it stands within two words of a pointed one, somewhere."""
        texts = [split(text) for turn in self.turns for text in turn]
        return any(
            text[i] in self.pointed and text[j] in self.phrase.stems
            for text in texts
            for i in range(len(text))
            for j in range(max(0, i - 2), min(len(text), i + 3))
        )

    def since(self) -> int:
        """How many turns ago the question's pronoun was first used, with at most two turns between its uses; -1 if never."""
        if not self.cues.pronouns:
            return -1
        uses = [
            age
            for age, turn in enumerate(self.turns)
            if self.cues.pronouns[0][0] in [kind for kind, _ in read_cues(turn.question).pronouns]
        ]
        run = [-1]
        for age in uses:
            if age - run[-1] <= 3:
                run.append(age)
        return run[-1]

    def kin(self, phrase: Phrase) -> int:
        """Places where a phrase stands that shares a word with it."""
        return len(
            {
                (m.turn, m.in_question, m.place)
                for other in self.found
                if set(other.stems) & set(phrase.stems)
                for m in other.mentions
            }
        )

    @property
    def like(self) -> list[Phrase]:
        return [other for other in self.found if other.name == self.phrase.name]

    def rarity(self) -> float:
        counts, passages = held(self.phrase.stems)
        return sum(1 - math.log(1 + n) / math.log(2 + passages) for n in counts) / len(counts)


def split(text: str) -> list[str]:
    return stem_words("".join(c if c.isalnum() else " " for c in text.lower()).split())


def share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


MEANINGS: dict[str, Callable[[Case], float]] = {
    "one_word": lambda c: len(c.phrase.words) == 1,
    "words": lambda c: math.log(len(c.phrase.words)),
    "part_of_run": lambda c: not c.phrase.whole,
    "name": lambda c: share([m.capital for m in c.mentions]) >= 0.5,
    "number": lambda c: any(word.isdigit() for word in c.phrase.words),
    "last_question": lambda c: c.stands(0, in_question=True),
    "last_answer": lambda c: c.stands(0, in_question=False),
    "second_question": lambda c: c.stands(1, in_question=True),
    "second_answer": lambda c: c.stands(1, in_question=False),
    "older_only": lambda c: c.ages()[0] >= 2,
    "first_question": lambda c: c.stands(len(c.turns) - 1, in_question=True),
    "questions": lambda c: math.log(1 + len(c.ages(in_question=True))),
    "answers": lambda c: math.log(1 + len(c.ages(in_question=False))),
    "mentions": lambda c: math.log(len(c.mentions)),
    "age": lambda c: math.log(1 + c.ages()[0]),
    "first_age": lambda c: c.ages()[-1] == len(c.turns) - 1,
    "subject_last_question": lambda c: c.newest_answer(lambda m: m.subject, in_question=True),
    "subject_last_answer": lambda c: c.newest_answer(lambda m: m.subject),
    "subject_ever": lambda c: any(m.subject for m in c.mentions),
    "first_last_answer": lambda c: c.newest_answer(lambda m: m.first),
    "place_last": lambda c: c.mentions[0].place,
    "governed_last": lambda c: c.mentions[0].governed != "",
    "governed_by_of": lambda c: c.mentions[0].governed == "of",
    "verbal": lambda c: not c.phrase.name and c.phrase.words[-1].endswith(("ed", "ing", "ize", "ise", "ify")),
    "adverb": lambda c: c.phrase.words[-1][-2:] == "ly",
    "plural": lambda c: c.phrase.words[-1][-1] == "s" and c.phrase.words[-1][-2:] != "ss",
    "in_question_part": lambda c: share([stem in c.asked for stem in c.phrase.stems]),
    "extends_name": lambda c: c.phrase.name and c.holds(c.asked),
    "near_pointed": lambda c: c.near() and not c.holds(c.pointed),
    "holds_pointed": lambda c: c.holds(c.pointed),
    "before_pronoun": lambda c: c.since() != -1 and (c.ages()[-1] > c.since() or c.stands(c.since(), in_question=True)),
    "pronoun_new": lambda c: c.since() == -1,
    "rarity": lambda c: c.rarity() if c.counted else 0.0,
    "rarity_unknown": lambda c: not c.counted,
    "owner": lambda c: any(m.owner for m in c.mentions),
    "acts": lambda c: any(m.acts for m in c.mentions),
    "placed": lambda c: share([m.governed in "in at from to on into".split() for m in c.mentions]),
    "kin": lambda c: math.log(c.kin(c.phrase)),
    "kin_share": lambda c: c.kin(c.phrase) / max(map(c.kin, c.like)),
    "mention_share": lambda c: len(c.mentions) / max(len(other.mentions) for other in c.like),
    "only_name": lambda c: c.phrase.name and all(set(other.stems) & set(c.phrase.stems) for other in c.like),
    "name_subject": lambda c: c.phrase.name and any(m.subject for m in c.mentions),
    "name_acts": lambda c: c.phrase.name and any(m.acts for m in c.mentions),
    "name_kin_share": lambda c: c.kin(c.phrase) / max(map(c.kin, c.like)) if c.phrase.name else 0.0,
    "name_last_answer": lambda c: c.phrase.name and c.stands(0, in_question=False),
    "name_last_question": lambda c: c.phrase.name and c.stands(0, in_question=True),
    "widest_name": lambda c: c.phrase.name and not any(set(c.phrase.stems) < set(other.stems) for other in c.like),
    "quoted": lambda c: any(m.quoted for m in c.mentions),
    "who_answer": lambda c: (
        c.phrase.name and c.stands(0, in_question=False) and c.turns[0].question.casefold().startswith("who")
    ),
    "short_answer": lambda c: c.stands(0, in_question=False) and len(c.turns[0].answer.split()) <= 6,
    "answers_pointed": lambda c: any(
        stem in c.pointed for age in c.ages(in_question=False) for stem in split(c.turns[age].question)
    ),
}


@pytest.fixture(scope="module")
def table() -> tuple[dict[str, list[float]], list[list[float]]]:
    """What each feature should be of every phrase of the conversations, and what it is."""
    cases, made = [], []
    for question, turns_asked in CONVERSATIONS:
        cues = read_cues(question)
        for end in range(1, len(turns_asked) + 1):
            turns = read_turns(turns_asked[:end])
            found = phrases(turns)
            for counted in (True, False):
                made += describe(cues, turns, found, held if counted else None).tolist()
                cases += [Case(phrase, found, turns, cues, counted) for phrase in found]
    return {name: [float(meaning(case)) for case in cases] for name, meaning in MEANINGS.items()}, made


def test_features_mean_what_they_say(table: tuple[dict[str, list[float]], list[list[float]]]) -> None:
    expected, made = table
    assert tuple(expected) == FEATURES
    for column, name in enumerate(FEATURES):
        assert [row[column] for row in made] == pytest.approx(expected[name]), name


def test_no_two_features_are_the_same_here(table: tuple[dict[str, list[float]], list[list[float]]]) -> None:
    expected, _ = table
    assert [name for name in FEATURES if len(set(expected[name])) == 1] == []
    assert [pair for pair in combinations(FEATURES, 2) if expected[pair[0]] == pytest.approx(expected[pair[1]])] == []

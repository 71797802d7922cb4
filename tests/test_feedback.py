"""What readers say of answers: kept, grouped, and made into judgments that ``evaluate`` takes; exports verified again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from footnote.cli import main
from footnote.engine import Footnote
from footnote.errors import FootnoteError, UsageError
from footnote.evaluation import read_judgments
from footnote.feedback import _TABLE, Feedback, FeedbackBook, judgments_from, judgments_text, unanswered_groups
from footnote.indexing import build_index
from footnote.quote_checking import Claim, read_export
from footnote.records import Span
from footnote.settings import Settings
from footnote.store import verify

QUOTE = "Europa is covered by ice."


def claim(engine: Footnote, quote: str = QUOTE) -> Claim:
    at = engine.document("moons.md").text.index(quote)
    return Claim("moons.md", Span(at, at + len(quote)), quote)


def said(turn: str, kind: str, asked: str = "What covers Europa?", **more) -> Feedback:
    given = {"at": f"2026-01-0{turn[-1]}T00:00:00+00:00", "question": asked, "answered": bool(more.get("quotes"))}
    return Feedback(turn=turn, kind=kind, asked=asked, **{**given, **more})


class TestBook:
    def test_what_is_kept_comes_back_the_newest_first(self, engine, tmp_path):
        book = FeedbackBook(tmp_path)
        old, new = said("t1", "good", quotes=(claim(engine),)), said("t2", "not_answered", "Who?")
        book.keep(old)
        book.keep(new)
        assert book.rows() == (new, old)

    def test_another_word_about_the_same_answer_replaces_the_first(self, tmp_path):
        book = FeedbackBook(tmp_path)
        book.keep(said("t1", "good"))
        book.keep(said("t1", "bad"))
        assert [row.kind for row in book.rows()] == ["bad"]
        book.withdraw("t1")
        assert book.rows() == ()

    def test_nothing_said_is_nothing_kept(self, tmp_path):
        book = FeedbackBook(tmp_path)
        book.withdraw("t1")
        assert book.rows() == ()
        assert not book.path.exists()

    def test_there_is_an_end_to_it(self, tmp_path, monkeypatch):
        monkeypatch.setattr("footnote.feedback.ROWS_MOST", 2)
        book = FeedbackBook(tmp_path)
        book.keep(said("t1", "good"))
        book.keep(said("t2", "good"))
        book.keep(said("t2", "bad"))
        with pytest.raises(FootnoteError, match="no room"):
            book.keep(said("t3", "good"))

    def test_its_size_has_an_end(self, tmp_path, monkeypatch):
        """Rows were counted, and their bytes were not."""
        book = FeedbackBook(tmp_path)
        with pytest.raises(FootnoteError, match="too long"):
            book.keep(said("t1", "good", "?" * 64_000))
        monkeypatch.setattr("footnote.feedback.BYTES_MOST", 200_000)

        def fill() -> None:
            for n in range(10):
                book.keep(said(f"t{n}", "good", "?" * 30_000))

        with pytest.raises(FootnoteError, match="no room"):
            fill()
        assert book.path.stat().st_size < 200_000
        assert 0 < len(book.rows()) < 10
        monkeypatch.setattr("footnote.feedback.BYTES_MOST", 10_000)
        with pytest.raises(FootnoteError, match="larger than"):
            book.rows()

    @pytest.mark.parametrize("more", [
        ("CREATE VIEW feedback(turn, at, kind, question, asked, answered, quotes, correct, fingerprint) AS WITH RECURSIVE"
        " c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, 'a', 'good', 'q', 'q', 0, '[]', '[]', '' FROM c"),
        f"{_TABLE}; CREATE TRIGGER more AFTER INSERT ON feedback BEGIN DELETE FROM feedback; END",
        _TABLE.replace("fingerprint TEXT NOT NULL", "fingerprint TEXT AS (hex(zeroblob(1000000000)))"),
    ])  # fmt: skip
    def test_a_file_from_a_stranger_is_refused_before_it_is_read(self, tmp_path, more):
        """A view without an end was read without an end."""
        book = FeedbackBook(tmp_path)
        with closing(sqlite3.connect(book.path)) as base, base:
            base.executescript(more)
        for run in (book.rows, lambda: book.keep(said("t1", "good")), lambda: book.withdraw("t1")):
            with pytest.raises(FootnoteError, match="no feedback of Footnote's"):
                run()

    def test_a_file_that_is_no_database_is_said(self, tmp_path):
        book = FeedbackBook(tmp_path)
        book.path.write_text("not a database, and long enough to be told from an empty one" * 20)
        with pytest.raises(FootnoteError, match="cannot be read"):
            book.rows()

    def test_it_lives_in_the_index_folder_and_outlives_a_new_index(
        self, engine, tiny_corpus, tmp_path, hashing_encoder
    ):
        book = FeedbackBook(tmp_path / "index")
        book.keep(said("t1", "good"))
        (tiny_corpus / "new.md").write_text("# New\n\nSomething new.\n", encoding="utf-8")
        build_index(tiny_corpus, tmp_path / "index", encoder=hashing_encoder, settings=Settings())
        assert len(book.rows()) == 1
        assert verify(tmp_path / "index") == []


def test_unanswered_questions_alike_stand_together(hashing_encoder):
    rows = [
        said("t4", "not_answered", "what is the price of tea"),
        said("t3", "not_answered", "Who rules the moon?"),
        said("t2", "good", "Is this answered?", answered=True),
        said("t0", "should_have_abstained", "Is the nearest one near?"),
        said("t1", "bad", "What is the price of tea today?"),
    ]
    assert unanswered_groups(rows, hashing_encoder) == (
        ("What is the price of tea today?", "what is the price of tea"),
        ("Who rules the moon?",),
    )
    assert unanswered_groups([], hashing_encoder) == ()


class TestJudgments:
    def test_each_kind_becomes_what_it_tells(self, engine, tmp_path):
        right = claim(engine, "A day on Titan lasts 15 days and 22 hours.")
        rows = [
            said("t1", "good", "What covers Europa?", quotes=(claim(engine),)),
            said("t2", "wrong_passage", "How long is a day?", quotes=(claim(engine),), correct=(right,)),
            said("t3", "not_answered", "How long is a Titan day?", correct=(right,)),
            said("t4", "should_have_abstained", "Who owns Europa?", quotes=(claim(engine),)),
            said("t5", "good", "Who is Bob?"),
            said("t6", "bad", "What now?", quotes=(claim(engine),)),
            said("t7", "wrong_passage", "And now?", quotes=(claim(engine),)),
        ]
        made = judgments_from(rows, engine)
        path = tmp_path / "feedback.jsonl"
        path.write_text(judgments_text(made), encoding="utf-8")
        judged = read_judgments(path)
        assert [(each.answerable, len(each.gold)) for each in judged] == [
            (True, 1), (True, 1), (True, 1), (False, 0), (False, 0),
        ]  # fmt: skip
        assert judged[1].gold[0].text == right.quote
        assert made.left_out == 2

    def test_the_newest_word_about_a_question_counts(self, engine):
        rows = [said("t2", "should_have_abstained"), said("t1", "good", quotes=(claim(engine),))]
        made = judgments_from(rows, engine)
        assert [line["kind"] for line in made.lines] == ["unanswerable"]
        assert made.left_out == 1

    def test_gold_moves_with_its_document_and_goes_with_its_text(self, engine, tiny_corpus, tmp_path, hashing_encoder):
        row = said("t1", "good", quotes=(claim(engine),))
        path = tiny_corpus / "moons.md"
        path.write_text(path.read_text("utf-8").replace("# Moons", "More.\n\n# Moons"), encoding="utf-8")
        build_index(tiny_corpus, tmp_path / "index", encoder=hashing_encoder, settings=Settings())
        engine.refresh()
        (line,) = judgments_from([row], engine).lines
        gold = line["gold"][0]
        assert engine.document("moons.md").text[gold["start"] : gold["end"]] == QUOTE
        lost = said("t1", "good", quotes=(Claim("moons.md", Span(0, 4), "Mars"),))
        assert judgments_from([lost], engine).lines == ()

    def test_the_command_writes_what_evaluate_reads(self, engine, tmp_path, capsys):
        FeedbackBook(tmp_path / "index").keep(said("t1", "good", quotes=(claim(engine),)))
        assert main(["feedback", "export", "--index", str(tmp_path / "index")]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["gold"][0]["text"] == QUOTE
        assert "1 judged question" in told.err


class TestExports:
    def export(self, tmp_path: Path, *quotes: Claim) -> Path:
        citations = [
            {"number": n, "doc": each.document_id, "start": each.span.start, "end": each.span.end, "quote": each.quote}
            for n, each in enumerate(quotes, 1)
        ]
        path = tmp_path / "told.json"
        turns = [{"question": "What covers Europa?", "citations": citations}]
        path.write_text(json.dumps({"footnote_export": 1, "turns": turns}), encoding="utf-8")
        return path

    def run(self, tmp_path: Path, export: Path) -> int:
        return main(["check", "--index", str(tmp_path / "index"), "--export", str(export)])

    def test_quotes_that_stand_are_counted(self, engine, tmp_path, capsys):
        assert self.run(tmp_path, self.export(tmp_path, claim(engine), claim(engine, "ice shell"))) == 0
        assert "2 of 2 quotes stand word for word" in capsys.readouterr().out

    def test_one_that_moved_is_told_with_its_place(self, engine, tmp_path, capsys):
        right = claim(engine)
        assert self.run(tmp_path, self.export(tmp_path, Claim("moons.md", Span(0, len(QUOTE)), QUOTE))) == 0
        assert f"{right.span.start}-{right.span.end}" in capsys.readouterr().out

    def test_one_that_was_altered_or_lost_fails(self, engine, tmp_path, capsys):
        altered = Claim("moons.md", claim(engine).span, QUOTE.replace("ice", "ash"))
        gone = Claim("mars.md", Span(0, 4), "Mars")
        assert self.run(tmp_path, self.export(tmp_path, claim(engine), altered, gone)) == 1
        told = capsys.readouterr()
        assert "it is not in the document" in told.out
        assert "not in the index" in told.out
        assert "2 of 3 quotes no longer stand" in told.err

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"footnote_export": 2}', "\x00", "[" * 100_000])
    def test_what_is_no_export_is_said_in_one_line(self, tmp_path, text):
        path = tmp_path / "told.json"
        path.write_text(text)
        with pytest.raises(UsageError):
            read_export(path)

    @pytest.mark.parametrize(
        "citation", [{}, {"doc": 1}, {"doc": "a", "start": 5, "end": 2, "quote": "x", "number": 1}]
    )
    def test_a_broken_quote_is_said_with_its_question(self, tmp_path, citation):
        path = tmp_path / "told.json"
        told = {"footnote_export": 1, "turns": [{"question": "a", "citations": [citation]}]}
        path.write_text(json.dumps(told))
        with pytest.raises(FootnoteError, match="question 1"):
            read_export(path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_export(tmp_path / "none.json")

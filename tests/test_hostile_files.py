"""Hostile files: none crashes or hangs the program, and each is read or refused with its reason."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import HashingEncoder
from footnote.errors import DocumentError
from footnote.indexing import build_index
from footnote.loaders import SUFFIXES, close_worker, confined, load_document
from footnote.loaders.messages import Broken, Parsed, reply_of
from footnote.records import Span
from footnote.settings import Settings
from footnote.splitting import split_document
from hostile_files import bombs, hostile_files, zipped

COUNT = int(os.environ.get("FOOTNOTE_HOSTILE_FILES", "250"))
SECONDS_EACH = 20.0


def test_every_hostile_file_is_read_or_refused_with_its_reason(tmp_path: Path) -> None:
    # Shorter limits than the defaults, which the full run has: what takes long takes less long here.
    encoder, settings = HashingEncoder(), replace(Settings(), parse_seconds=6.0, parse_cpu_seconds=3.0)
    outcomes = {"read": 0, "refused": 0}
    for name, raw in hostile_files(COUNT):
        path = tmp_path / name
        path.write_bytes(raw)
        began = time.monotonic()
        refused: DocumentError | None = None
        try:
            document = load_document(path, document_id=name, settings=settings)
        except DocumentError as error:
            refused = error
        if refused is not None:
            assert refused.what, name
            assert refused.where == name
            assert "\n" not in refused.message
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert document.text.strip(), name
            for passage in split_document(document, count_tokens=encoder.count_tokens, settings=settings):
                assert 0 <= passage.span.start < passage.span.end <= len(document.text), name
        assert time.monotonic() - began < SECONDS_EACH, name
        path.unlink()
    assert sum(outcomes.values()) == COUNT
    assert min(outcomes.values()) > 0


def test_hostile_files_never_stop_the_others(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("entities.docx", "cycle.pdf", "members.zip", "nul.txt"):
        (corpus / name).write_bytes(bombs()[name])
    (corpus / "good.md").write_text("# Good\n\nThis one is read.\n")
    report = build_index(corpus, tmp_path / "index", encoder=HashingEncoder())
    assert report.added == ("good.md",)
    assert [skipped.path for skipped in report.skipped] == ["cycle.pdf", "entities.docx", "members.zip", "nul.txt"]
    assert all(skipped.reason for skipped in report.skipped)
    assert confined._worker is None, "a worker was left behind"


def refusal(tmp_path: Path, name: str, raw: bytes, settings: Settings) -> str:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        load_document(path, document_id=name, settings=settings)
    return caught.value.message


def test_limits_are_settings_and_named_when_passed(tmp_path: Path) -> None:
    settings = Settings()
    members = zipped({f"{n}.txt": b"text" for n in range(3)})
    assert "archive_members_max" in refusal(tmp_path, "a.zip", members, replace(settings, archive_members_max=2))
    assert "archive_max_bytes" in refusal(tmp_path, "b.zip", members, replace(settings, archive_max_bytes=11))
    zeros = zipped({"a.txt": bytes(20_000_000)})
    assert "archive_max_ratio" in refusal(tmp_path, "c.zip", zeros, settings)
    pdf = (Path(__file__).parent / "formats" / "chromium.pdf").read_bytes()
    assert "pages_max" in refusal(tmp_path, "d.pdf", pdf, replace(settings, pages_max=2))


def test_a_parser_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = bombs()["paragraphs.docx"]
    message = refusal(tmp_path, "slow.docx", slow, replace(Settings(), parse_seconds=0.3, archive_max_ratio=1_000))
    assert "took longer than 0.3 s" in message
    assert "parse_seconds" in message


def test_a_parser_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    close_worker()
    message = refusal(
        tmp_path,
        "large.docx",
        bombs()["paragraphs.docx"],
        replace(Settings(), parse_memory_bytes=150_000_000, archive_max_ratio=1_000),
    )
    assert "parse_memory_bytes" in message or "crashed" in message
    close_worker()


def test_a_parser_that_crashes_takes_nothing_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_worker()
    monkeypatch.setattr(confined, "_START", "import os, sys; sys.stdin.buffer.read(1); os.kill(os.getpid(), 11)")
    assert "its parser crashed (SIGSEGV)" in refusal(tmp_path, "a.md", b"# One\n\ntext", Settings())
    monkeypatch.setattr(confined, "_START", "import sys; sys.exit(3)")
    assert "without an answer" in refusal(tmp_path, "a.md", b"# One\n\ntext", Settings())
    monkeypatch.undo()
    assert load_document(tmp_path / "a.md", document_id="a.md", settings=Settings()).title == "One"


def test_processor_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_worker()
    monkeypatch.setattr(
        confined, "_START", "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    )
    assert "parse_cpu_seconds" in refusal(tmp_path, "a.md", b"# One", Settings())
    close_worker()


def parsed(*blocks: str, text: str = "text", pages: str = "") -> bytes:
    """What a worker says of a document with these blocks, each field as it stands in the reply."""
    fields = f'"id":"a","title":"t","sha256":"0","text":"{text}","blocks":[{",".join(blocks)}],"page_starts":[{pages}]'
    return f'["Parsed",{{{fields}}}]'.encode()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b'["Parsed"]',
        b'["Opened",{}]',
        b'["Broken",7]',
        parsed('["paragraph",[0,99],0,[],null,null,[],false,false,[],[]]'),
        parsed('["paragraph",[3,1],0,[],null,null,[],false,false,[],[]]'),
        parsed('["paragraph",[-1,1],0,[],null,null,[],false,false,[],[]]'),
        parsed('["script",[0,4],0,[],null,null,[],false,false,[],[]]'),
        parsed('["paragraph",[0,4],0,[7],null,null,[],false,false,[],[]]'),
        parsed('["paragraph",[0,4],0,[],1,null,[],false,false,[],[]]'),
        parsed('["paragraph",[0,4],0,[],null,-1,[],false,false,[],[]]'),
        parsed('["paragraph",[0,4],0,[],null,null,[[0,5]],false,false,[],[]]'),
        parsed('["paragraph",[0,4],0,[],null,null,[],false,false,[[0,5]],[]]'),
        parsed('["paragraph",[0,4],0,[],null,null,[],false,false,[],[[[0,5],"strong"]]]'),
        parsed('["paragraph",[0,4],0,[],null,null,[],false,false,[],[[[0,4],"loud"]]]'),
        parsed('["paragraph",[0,3],0]', '["paragraph",[2,4],0]'),
        parsed(pages="9"),
        parsed(pages="2,1"),
        parsed(text="\\ud800"),
        parsed(text=" "),
        parsed(text="x" * 2_000_001),
    ],
)
def test_nothing_in_a_workers_reply_is_trusted(reply: bytes) -> None:
    with pytest.raises(DocumentError, match="makes no sense"):
        reply_of(reply, Settings())


def test_a_workers_reply_that_fits_is_taken() -> None:
    reply = reply_of(
        parsed('["paragraph",[0,4],0,[],null,null,[[0,4]],false,false,[[1,2]],[]]', pages="0,4"), Settings()
    )
    assert isinstance(reply, Parsed)
    assert reply.document.blocks[0].hidden == (Span(1, 2),)
    assert reply_of(b'["Broken","KeyError"]', Settings()) == Broken("KeyError")


def test_every_format_is_among_the_hostile_files() -> None:
    suffixes = {Path(name).suffix for name, _ in hostile_files(250)}
    # One of each family; the others go to the same loaders.
    same = {".markdown", ".text", ".ndjson", ".xhtml", ".asciidoc", ".vtt"}
    assert suffixes >= set(SUFFIXES) - same

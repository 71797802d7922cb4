"""Finding files, reading them, and making their text canonical."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA
from footnote.errors import CorpusError, DocumentError
from footnote.loaders import FAMILIES, SUFFIXES, find_documents, load_document, read_document
from footnote.loaders.formats import import_loaders
from footnote.loaders.outline.canonical import clean_text, decode
from footnote.settings import Settings
from outlines import check_blocks, shown


def from_file(name):
    document = load_document(DATA / name, document_id=name, settings=Settings())
    check_blocks(document)
    assert document.sha256 == hashlib.sha256((DATA / name).read_bytes()).hexdigest()
    return document


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"\xef\xbb\xbfmark", "mark"),
        ("wide é".encode("utf-16"), "wide é"),
        (b"\xfe\xff" + "wide".encode("utf-16-be"), "wide"),
        ("wider 😀".encode("utf-32"), "wider 😀"),
        (b"a\r\nb\rc\n\r\nd", "a\nb\nc\n\nd"),
        (b"a\x00b\x07c\td\x7f", "abc\td"),
        ("a\x85b\x9fc".encode(), "abc"),
        ("a\ufffeb\uffff\ufdd0\U0001fffe".encode(), "ab"),
        ("e\u0301 é ﬁ ½".encode(), "e\u0301 é ﬁ ½"),
        ("\u200f\u202ax\u200d".encode(), "\u200f\u202ax\u200d"),
        (b"", ""),
    ],
)
def test_decoding(raw, text):
    assert decode(raw)[0] == text


@pytest.mark.parametrize(
    ("raw", "warning"),
    [
        (b"a" * 40 + b"\x00\x01", "2 control characters removed"),
        ("x \u202eabc".encode(), "overrides the direction"),
        ("déjà vu, très bien, à bientôt, café crème".encode("latin-1"), "encoding guessed"),
        ("ééééééééééééééé ".encode() + b"\xff", "1 broken UTF-8 characters replaced"),
    ],
)
def test_decoding_tells_what_it_repaired(raw, warning):
    warnings = decode(raw)[1]
    assert len(warnings) == 1
    assert warning in warnings[0]


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DocumentError, match="not text"):
        decode(bytes(range(32)) * 50)


@given(st.binary(max_size=300))
def test_decoding_is_clean_or_refused(raw):
    try:
        text, _ = decode(raw)
    except DocumentError:
        return
    assert clean_text(text) == text
    assert text.encode("utf-8").decode("utf-8") == text
    assert not any(ord(c) < 32 and c not in "\t\n" for c in text)


@given(st.text())
def test_cleaning_changes_only_what_it_must(text):
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert [c for c in cleaned if c.isprintable()] == [c for c in text if c.isprintable()]


def test_text_in_other_encodings():
    assert from_file("utf-16.txt").title == "Wind"
    latin = from_file("latin-1.txt")
    assert "crème brûlée" in latin.text
    assert "encoding guessed" in latin.warnings[0]


def test_marks_newlines_and_controls():
    assert from_file("byte-order-mark.md").text.startswith("# Notes")
    assert from_file("crlf.md").text == "# Tides\n\nThe sea rises.\nThen it falls.\nIt rises again.\n"
    clocks = from_file("control-characters.txt")
    assert clocks.text == "Clocks\n\nA clock strikes[1m twelve.\tThen it stops.\n"
    assert clocks.warnings == ("4 control characters removed",)


def test_characters_beyond_the_first_plane_and_combining_marks():
    assert shown(from_file("emoji.md")) == ["Smiles 😀", "A smile 👩‍🔬 is short. Another 🎉 follows! 😀"]
    assert shown(from_file("combining-marks.txt"))[1] == "The cafe\u0301 is open. The café too. Z\u0327\u0301 is rare."
    hebrew = from_file("right-to-left.md")
    assert hebrew.title == "שלום"
    assert hebrew.warnings == ("written in Hebrew, which the model does not know: answers from it will be poor",)


@pytest.mark.parametrize(
    "content", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"\r\n\r\n", b"[a]: b\n", b"<!-- c -->", b"---\na: b\n---\n"]
)
def test_no_text(tmp_path, content):
    path = tmp_path / "nothing.md"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        load_document(path, document_id="nothing.md", settings=Settings())
    assert caught.value.what == "no text found"
    assert caught.value.where == "nothing.md"
    assert caught.value.remedy


def test_the_empty_fixture_is_refused():
    with pytest.raises(DocumentError, match="no text found"):
        from_file("empty.txt")


def test_limits(tmp_path):
    path = tmp_path / "big.txt"
    path.write_text("word " * 100)
    with pytest.raises(DocumentError, match="500 characters, more than 499"):
        load_document(path, document_id="big.txt", settings=replace(Settings(), document_max_chars=499))
    with pytest.raises(DocumentError, match="500 bytes, more than 499"):
        load_document(path, document_id="big.txt", settings=replace(Settings(), file_max_bytes=499))
    assert load_document(path, document_id="big.txt", settings=replace(Settings(), document_max_chars=500)).text


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "unknown", "binary"])
def test_what_cannot_be_loaded(tmp_path, kind):
    path = tmp_path / ("file.exe" if kind == "unknown" else "file.txt")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "binary":
        path.write_bytes(bytes(range(30)) * 9)
    elif kind == "unknown":
        path.write_text("text")
    with pytest.raises(DocumentError) as caught:
        load_document(path, document_id="here/file", settings=Settings())
    assert caught.value.where == "here/file"
    assert caught.value.what
    assert caught.value.remedy


def test_finding(tmp_path):
    corpus = tmp_path / "corpus"
    (corpus / "b" / "c").mkdir(parents=True)
    for name in (
        "z.md",
        "a.TXT",
        "b/README.md",
        "b/c/x.text",
        "b/c/y.markdown",
        ".hidden.md",
        "b/photo.jpg",
        "b/noname",
    ):
        (corpus / name).write_text("text")
    (corpus / ".git").mkdir()
    (corpus / ".git" / "inside.md").write_text("text")
    (tmp_path / "outside.md").write_text("secret")
    (corpus / "out.md").symlink_to(tmp_path / "outside.md")
    (corpus / "in.md").symlink_to(corpus / "z.md")
    (corpus / "gone.md").symlink_to(corpus / "nowhere.md")
    (corpus / "loop.md").symlink_to(corpus / "loop.md")
    (corpus / "again").symlink_to(corpus / "b")
    os.mkfifo(corpus / "pipe.txt")
    found, skipped = find_documents(corpus)
    assert [p.relative_to(corpus).as_posix() for p in found] == [
        "a.TXT", "b/README.md", "b/c/x.text", "b/c/y.markdown", "in.md", "z.md",
    ]  # fmt: skip
    assert {s.path: s.reason for s in skipped} == {
        "again": "a link to a folder",
        "b/noname": "no suffix that tells its format",
        "b/photo.jpg": "no loader for .jpg",
        "gone.md": "a link that leads nowhere",
        "loop.md": "a link that leads nowhere",
        "out.md": "a link to outside the folder",
        "pipe.txt": "not a regular file",
    }
    assert find_documents(corpus) == (found, skipped)


def test_a_link_leads_to_a_file_only_inside_its_folder(tmp_path):
    """Finding 9: a link was followed to wherever it led by the time that it was read."""
    corpus = tmp_path / "corpus"
    (corpus / "sub").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("secret")
    (corpus / "z.md").write_text("inside")
    for name, target in {
        "out.md": tmp_path / "outside.md", "up.md": "../outside.md", "through.md": "sub/../../outside.md",
        "sub/in.md": "../z.md", "again.md": "sub/in.md", "whole.md": corpus / "sub" / ".." / "z.md",
    }.items():  # fmt: skip
        (corpus / name).symlink_to(target)
    found, skipped = find_documents(corpus)
    assert [path.relative_to(corpus).as_posix() for path in found] == ["again.md", "sub/in.md", "whole.md", "z.md"]
    assert {each.reason for each in skipped} == {"a link to outside the folder"}
    for path in found:
        assert read_document(corpus, path.relative_to(corpus).as_posix(), Settings()) == b"inside"
    for name in ("out.md", "up.md", "through.md", "../outside.md", str(tmp_path / "outside.md")):
        with pytest.raises(DocumentError, match="leads out of the folder"):
            read_document(corpus, name, Settings())


def test_folders_nested_beyond_reason_are_skipped(tmp_path):
    """Finding 16: 1,200 folders in each other ended the whole indexing."""
    (tmp_path / "a.md").write_text("text")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    found, skipped = find_documents(tmp_path)
    assert [path.name for path in found] == ["a.md"]
    assert [each.reason for each in skipped] == ["lies more than 64 folders deep"]
    # Whoever removes folders by calling itself fails at these, too.
    while (tmp_path / "d" / "d").exists():
        (tmp_path / "d" / "d").rename(tmp_path / "e")
        (tmp_path / "d").rmdir()
        (tmp_path / "e").rename(tmp_path / "d")


def test_a_name_that_is_no_text_is_skipped(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("text")
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    found, skipped = find_documents(tmp_path)
    assert found == ()
    assert [(s.path, s.reason) for s in skipped] == [("caf?.md", "its name is not valid Unicode")]


def test_no_folder(tmp_path):
    with pytest.raises(CorpusError, match="there is no folder"):
        find_documents(tmp_path / "none")
    (tmp_path / "file").write_text("text")
    with pytest.raises(CorpusError, match="not a folder"):
        find_documents(tmp_path / "file")


def test_suffixes_are_lower_case_and_callable():
    assert set(SUFFIXES) >= {".md", ".markdown", ".txt", ".text"}
    assert all(suffix.islower() and suffix.startswith(".") and callable(loader) for suffix, loader in SUFFIXES.items())


def test_who_only_asks_imports_no_loader() -> None:
    script = (
        "import sys, footnote.cli.commands\n"
        "print(*sorted(m for m in sys.modules if m.startswith('footnote.loaders.') and m.count('.') == 2))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    parsers = {f"footnote.loaders.{family.name}" for family in FAMILIES} | {"footnote.loaders.archives"}
    assert not parsers & set(done.stdout.split())


def test_every_loader_is_where_the_table_names_it() -> None:
    import_loaders()
    for family in FAMILIES:
        for module, name in (loader.args for loader in family.loaders.values()):
            assert callable(getattr(sys.modules[f"footnote.loaders.{module}"], name))

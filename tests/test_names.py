"""Names of stored files: made and checked by one type."""

from __future__ import annotations

import pytest

from footnote.store.local.names import FORMS, MOST_GENERATIONS, StoredName, stored_names


@pytest.mark.parametrize("kind", FORMS)
def test_what_is_made_is_taken_and_tells_what_it_was_made_of(kind: str) -> None:
    name = StoredName.of(kind, 12, 3)
    assert (StoredName(str(name)), name.kind, name.folder) == (name, kind, "")
    assert name.generation == (12 if "{generation}" in FORMS[kind] else 0)
    assert name.moved(13, 4) == StoredName.of(kind, 13, 4)
    assert StoredName.of(kind, MOST_GENERATIONS, 3)


@pytest.mark.parametrize("name", ["meta.json", ".managed.json", "0a1b.store", "0a1b.42.del"])
def test_files_in_the_lexical_folder(name: str) -> None:
    stored = StoredName.of("lexical", 2).inside(name)
    assert (stored.kind, stored.folder, stored.generation) == ("lexical", "lexical-2", 2)
    assert stored.moved(7, 99) == f"lexical-7/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "/etc/passwd", "../rows-1-0.sqlite", "rows-1-0.sqlite/..", "lexical-1/..", "lexical-1/../x",
        "lexical-1/a/b", "lexical-1/", "lexical-1//x", "lexical-1/x\n", "rows-1-0.sqlite\n", "rows-1-0.sqlite\0",
        "rows-01-0.sqlite", "rows-0-0.sqlite", "rows-١-0.sqlite", "rows--1-0.sqlite", "rows-1.sqlite", "rows-1-0xsqlite",
        "feedback.sqlite", "LOCK", "README.md", "manifest.json.bak", "C:\\x", "lexical-1\\x", "rows-" + "9" * 30 + "-0.sqlite",
    ],
)  # fmt: skip
def test_what_is_no_name_of_ours_is_refused(name: str) -> None:
    """Finding 2: a path was taken from a manifest as it stood."""
    with pytest.raises(ValueError, match="no name"):
        StoredName(name)


def test_only_our_names_are_found_in_a_folder(tmp_path) -> None:
    for name in ("rows-1-0.sqlite", "notes.txt", "feedback.sqlite", "manifest.json", "centres-3.faiss"):
        (tmp_path / name).touch()
    (tmp_path / "lexical-4").mkdir()
    assert list(stored_names(tmp_path)) == ["centres-3.faiss", "lexical-4", "manifest.json", "rows-1-0.sqlite"]

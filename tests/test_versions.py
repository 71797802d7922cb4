"""Whoever changes what is made of a file raises a version, by which an index knows what to read again."""

from __future__ import annotations

import pytest

from versions import found_digests, told, versions


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return found_digests()


@pytest.mark.parametrize("name", versions())
def test_what_is_made_of_committed_files_changes_with_its_version_only(name: str, found: dict[str, str]) -> None:
    """When this fails, raise ``VERSION`` in the family's or the splitter's ``__init__.py``, then run ``tests/versions.py``."""
    assert told()[name] == {"version": versions()[name], "sha256": found[name]}

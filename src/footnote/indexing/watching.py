"""Waits for a folder of documents to change.

By looking, not by asking the kernel: it works on every file system, network shares included, and ten thousand files cost
a tenth of a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from footnote.errors import FootnoteError
from footnote.loaders import find_documents

LOOK_EVERY_SECONDS = 1.0


def changes(corpus_dir: Path, stop: threading.Event, every_seconds: float = LOOK_EVERY_SECONDS) -> Iterator[None]:
    """Yields once whenever the folder has changed and then been still for one look, until ``stop`` is set.

    What changes while the caller works on one change is yielded afterwards.
    """
    settled = _look(corpus_dir)
    while not stop.wait(every_seconds):
        seen = _look(corpus_dir)
        if seen == settled:
            continue
        while not stop.wait(every_seconds):
            before, seen = seen, _look(corpus_dir)
            if before == seen:
                settled = seen
                yield
                break


def _look(corpus_dir: Path) -> frozenset[tuple[str, int, int, int]]:
    """Path, inode, size and time of every file; times can lie, so that digests decide what really changed."""
    try:
        paths, _ = find_documents(corpus_dir)
    except FootnoteError:
        return frozenset()
    found = set()
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found.add((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
    return frozenset(found)

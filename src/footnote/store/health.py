"""Whether an index folder still is what was committed, cheaply enough to be asked every second."""

from __future__ import annotations

from pathlib import Path

from footnote.errors import IndexFolderError
from footnote.store.files import StoredFile, matches
from footnote.store.manifest import REBUILD, read_manifest


class IndexHealth:
    """Looks at the manifest and the rows: what is derived from them is held in memory by whoever reads.

    A file is hashed only when its size or its times differ from when it was found to be whole.
    """

    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir
        self._whole: dict[StoredFile, tuple[int, ...]] = {}

    def problem(self) -> str:
        """What is wrong, naming files without their folder, and what mends it; empty when nothing is."""
        try:
            manifest = read_manifest(self._index_dir)
        except IndexFolderError as error:
            return f"{error.what}; {error.remedy}"
        rows = [segment.rows for segment in manifest.segments]
        self._whole = {file: seen for file, seen in self._whole.items() if file in rows}
        for file in rows:
            seen = _seen(self._index_dir / file.path)
            if self._whole.get(file) == seen != ():
                continue
            if not matches(self._index_dir, file, whole=True):
                self._whole.pop(file, None)
                return f"{file.path} is missing or is not what was written; {REBUILD}"
            self._whole[file] = seen
        return ""


def _seen(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

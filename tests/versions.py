"""What the loaders of each family, and the splitter, make of committed files, as one digest beside their version.

``python tests/versions.py`` writes the digests down anew, but only for what has another version than before: an index reads files
again by these numbers alone, so that whoever changes what is made of a file raises them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from footnote import splitting
from footnote.errors import DocumentError
from footnote.indexing.building import inputs_of
from footnote.loaders import FAMILIES, SUFFIXES, family_of
from footnote.records import Document
from footnote.settings import Settings
from footnote.terms import analyse, sentence_terms
from footnote.wire import encode
from hostile_files import seeds

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "versions.json"
SETTINGS = Settings(scan_seconds=0.0)


def committed_files() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of a file or two of each format."""
    for folder in ("formats", "data"):
        for path in sorted((HERE / folder).iterdir()):
            if path.suffix in SUFFIXES and path.suffix != ".py":
                yield path.name, path.read_bytes()
    for suffix, files in seeds().items():
        yield from ((f"seed-{number}{suffix}", raw) for number, raw in enumerate(files))


def documents() -> Iterator[Document]:
    for name, raw in committed_files():
        try:
            yield SUFFIXES["." + name.rpartition(".")[2]](raw, name, SETTINGS)
        except DocumentError:
            continue  # an empty file, or a scan


def found_digests() -> dict[str, str]:
    """A digest for each family of loaders, and for the splitter."""
    made: dict[str, list[object]] = {family.name: [] for family in FAMILIES} | {"splitting": []}
    for document in documents():
        if family := family_of(document.id):
            made[family].append([document.id, document.title, document.text, document.blocks, document.page_starts])
        passages = splitting.split_document(document, count_tokens=_token_counts, settings=SETTINGS)
        for passage in passages:
            inputs = inputs_of(document, passage)
            terms = [sentence_terms(text) for text in inputs.sentences]
            made["splitting"].append([passage, inputs, terms, analyse(inputs.heading)])
    return {name: hashlib.sha256(encode(values)).hexdigest() for name, values in made.items()}


def versions() -> dict[str, int]:
    return {family.name: family.version for family in FAMILIES} | {"splitting": splitting.VERSION}


def told() -> dict[str, dict[str, int | str]]:
    """What is written down: version and digest by name."""
    read: dict[str, dict[str, int | str]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return read


def _token_counts(texts: object) -> list[int]:
    assert isinstance(texts, list)
    return [len(text) // 4 + 2 for text in texts]


def main() -> None:
    before = told() if GOLDEN.exists() else {}
    found, now = found_digests(), versions()
    made = {name: {"version": now[name], "sha256": found[name]} for name in found}
    kept = [name for name in found if before.get(name, {}).get("version") == now[name] and before[name] != made[name]]
    if kept:
        raise SystemExit(f"raise the version first of: {', '.join(kept)}")
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

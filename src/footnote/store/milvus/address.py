"""How an index in Milvus is named: ``milvus+http://HOST:PORT/NAME``, or ``milvus+file:FOLDER`` for one in this process.

What may follow a ``?``: ``objects=s3://BUCKET/PREFIX`` keeps the pointer and its objects in an object store; ``seconds=2`` is how
long an answer of the server is waited for, before it is asked once more; ``replicas=2`` how many copies the server holds in
memory of the collections that are made.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from footnote.errors import UsageError

SCHEME = "milvus+"
ANSWER_SECONDS = 2.0
EMBEDDED_SECONDS = 60.0
"""Nobody else keeps an engine in this process waiting; a slow disk does."""
TOKEN_VARIABLE = "FOOTNOTE_MILVUS_TOKEN"  # noqa: S105 - the name of the variable
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_FORM = "name it like milvus+http://HOST:19530/NAME, or milvus+file:FOLDER"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index in Milvus lies.

    Attributes:
        location: as it was given.
        uri: of the server, or the path of an embedded one's folder.
        name: of the index: what its collections' names begin with.
        objects: URL of the object store for the pointer, or "milvus"; empty for Milvus, or for the embedded engine's folder.
        seconds: how long an answer is waited for.
        replicas: copies in memory of the collections that are made.
        embedded: whether the engine runs in this process.
    """

    location: str
    uri: str
    name: str
    objects: str = ""
    seconds: float = ANSWER_SECONDS
    replicas: int = 1
    embedded: bool = False

    @property
    def folder(self) -> Path:
        """Of an embedded engine: where it and the pointer lie."""
        return Path(self.uri).parent

    @property
    def token(self) -> str:
        """What the server asks for, ``user:password`` or a key; from the environment, never from a location."""
        return os.environ.get(TOKEN_VARIABLE, "")


def is_milvus(location: Path | str) -> bool:
    """Whether a location names an index in Milvus."""
    return str(location).lower().startswith(SCHEME)


def parse_address(location: Path | str) -> Address:
    """Where a location leads.

    Raises:
        UsageError: it is not written as one.
    """
    text = str(location)
    try:
        parts = urlsplit(text[len(SCHEME) :])
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        seconds = float(options.pop("seconds", "0")) or None
        replicas = int(options.pop("replicas", "1"))
        port = parts.port
    except ValueError as error:
        raise _refused(text, str(error)) from error
    objects = options.pop("objects", "")
    if options:
        raise _refused(text, f"there is no option {min(options)}")
    if (seconds is not None and not 0.0 < seconds <= 3600.0) or not 1 <= replicas <= 100:
        raise _refused(text, "seconds are from 0 to 3600, and replicas from 1 to 100")
    if parts.username or parts.password:
        raise _refused(text, f"a password does not belong there, but in the variable {TOKEN_VARIABLE}")
    if parts.scheme == "file":
        folder = text[len(SCHEME) + len("file:") :].partition("?")[0]
        folder = folder.removeprefix("//")
        if not folder:
            raise _refused(text, "no folder is named")
        # pymilvus takes a path for an engine of its own by this ending.
        uri = str(Path(folder).absolute() / "milvus.db")
        return Address(text, uri, "footnote", objects, seconds or EMBEDDED_SECONDS, embedded=True)
    name = parts.path.strip("/")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _refused(text, "no server is named")
    if not _NAME.fullmatch(name):
        raise _refused(text, "no index is named, by letters, digits and _")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Address(text, f"{parts.scheme}://{host}:{port or 19530}", name, objects, seconds or ANSWER_SECONDS, replicas)


def _refused(text: str, why: str) -> UsageError:
    return UsageError(f"is no address of an index in Milvus ({why})", where=text, remedy=_FORM)

"""A JSON text with its own digest in front: a changed byte is found, though not who changed it."""

from __future__ import annotations

import hashlib

SEAL_HEAD = b'{"sha256": "'
"""What every sealed text begins with."""


def sealed(name: str, body: bytes) -> bytes:
    """The JSON object of a digest and, under a name, of what it is the digest of."""
    return SEAL_HEAD + b'%b",\n"%b": %b}\n' % (hashlib.sha256(body).hexdigest().encode("ascii"), name.encode(), body)


def unsealed(name: str, data: bytes) -> bytes | None:
    """What was sealed under a name; None where the bytes are not exactly what ``sealed`` made."""
    body = data.partition(b'"%b": ' % name.encode())[2].removesuffix(b"}\n")
    return body if sealed(name, body) == data else None

"""What every ASGI application here shares: the types, and reading a request's scope.

Middlewares are plain ASGI, not a framework's, so that event streams pass through them unbuffered.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.\-]+))(?::\d{1,5})?", re.ASCII)


def header(scope: Scope, name: bytes) -> str:
    """The first value of a request header, or an empty string."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def host_name(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address without its brackets; empty where it is none."""
    found = _HOST.fullmatch(host)
    return (found["address"] or found["name"]).lower() if found else ""


def address_of(scope: Scope) -> str:
    """Whose limits count for a request: its address; of IPv6 the network that one visitor has to themselves."""
    address = str((scope.get("client") or ("",))[0])
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False).network_address)


async def respond(send: Send, status: int, kind: str, body: str, headers: Headers | None = None) -> None:
    """A whole response of a media type, with further headers."""
    data = body.encode()
    base = [(b"content-type", kind.encode()), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*base, *(headers or [])]})
    await send({"type": "http.response.body", "body": data})

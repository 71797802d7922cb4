"""Many visitors of a real server at once, with as little work of our own as can be: plain sockets on one loop."""

from __future__ import annotations

import asyncio
import json
import random
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np


@dataclass(frozen=True)
class Reply:
    """What came back, and after how many seconds; status 0 for none at all."""

    status: int
    seconds: float
    retry_after: int
    body: bytes


async def request(address: str, path: str, body: Any = None) -> Reply:
    """One request on a connection of its own."""
    place, began = urlsplit(address), time.monotonic()
    sent = b"" if body is None else json.dumps(body).encode()
    head = f"{'POST' if sent else 'GET'} {path} HTTP/1.1\r\nhost: {place.netloc}\r\nconnection: close\r\n"
    if sent:
        head += f"content-type: application/json\r\ncontent-length: {len(sent)}\r\n"
    writer = None
    try:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(head.encode() + b"\r\n" + sent)
        raw = await asyncio.wait_for(reader.read(), 60)
    except (OSError, TimeoutError):
        return Reply(0, time.monotonic() - began, 0, b"")
    finally:
        if writer is not None:
            writer.close()
    top, _, rest = raw.partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else 0
    return Reply(status, time.monotonic() - began, int(headers.get("retry-after", "0")), rest)


async def ask(address: str, question: str) -> Reply:
    return await request(address, "/api/v1/ask", {"question": question})


async def person(address: str, questions: list[str], chance: random.Random, tries: int) -> list[Reply]:
    """Asks one question after the other, reads a while, and comes back when told to."""
    found = []
    for question in questions:
        for _ in range(tries):
            reply = await ask(address, question)
            found.append(reply)
            if reply.status == 200:
                break
            await asyncio.sleep(reply.retry_after + chance.random())
        await asyncio.sleep(chance.uniform(0.5, 2.0))
    return found


async def watch(address: str, stop: asyncio.Event) -> list[Reply]:
    """Asks for readiness ten times a second."""
    found = []
    while not stop.is_set():
        found.append(await request(address, "/readyz"))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)
    return found


async def people_at_once(address: str, number: int, questions: list[str]) -> tuple[list[Reply], list[Reply]]:
    """All come in the same moment; each asks three questions.  What they and the watcher got."""
    stop, chance = asyncio.Event(), random.Random(7)
    watching = asyncio.create_task(watch(address, stop))
    mine = [chance.sample(questions, 3) for _ in range(number)]
    found = await asyncio.gather(*(person(address, some, random.Random(n), 4) for n, some in enumerate(mine)))
    stop.set()
    return [reply for some in found for reply in some], await watching


async def rush(address: str, number: int, questions: list[str]) -> tuple[list[Reply], float]:
    """So many single questions in one moment; then how long until one is answered again, asking all the time."""
    found = await asyncio.gather(*(ask(address, questions[n % len(questions)]) for n in range(number)))
    began = time.monotonic()
    while True:
        if (await ask(address, questions[0])).status == 200:
            break
        await asyncio.sleep(0.05)
    return list(found), time.monotonic() - began


def allow_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def percentile(replies: list[Reply], share: float) -> float:
    return round(float(np.percentile([reply.seconds for reply in replies], share)), 3) if replies else 0.0

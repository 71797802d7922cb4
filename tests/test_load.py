"""Many people at once, and many hours: a real server with the real model."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser_support import LIGHT, served
from crowds import Reply, allow_connections, ask, people_at_once, percentile, request, rush
from footnote.encoding import load_encoder
from footnote.indexing import build_index
from footnote.settings import Settings
from promises import FULL, Clock, record, sized

ROOT = Path(__file__).parents[1]
GROWTH_MB = 50
QUESTIONS = [
    *("What is ketamine?", "How long does an IV infusion take?", "Is ketamine addictive?", "What are the side effects?"),
    *("How does ketamine work in the brain?", "Who should not take ketamine?", "Does insurance pay for it?", "What is esketamine?"),
    *("How soon does it help?", "Can I drive after an infusion?", "What is a dissociative?", "How is it given?", "What does it cost?"),
    *("Is it safe with antidepressants?", "What happens to the bladder?", "How many infusions are needed?", "Who discovered it?"),
]  # fmt: skip

pytestmark = pytest.mark.slow


class Server:
    def __init__(self, address: str, process: subprocess.Popen[str], folder: Path) -> None:
        self.address, self.process, self.folder = address, process, folder

    def status(self) -> dict[str, int]:
        """Resident megabytes, open files and threads of the process."""
        lines = (Path("/proc") / str(self.process.pid) / "status").read_text().splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        return {
            "resident_mb": int(facts["VmRSS"].split()[0]) // 1024,
            "threads": int(facts["Threads"]),
            "open_files": len(list((Path("/proc") / str(self.process.pid) / "fd").iterdir())),
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    allow_connections()
    folder, kept = tmp_path_factory.mktemp("load"), list[subprocess.Popen[str]]()
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    with served(folder / "corpus", folder / "index", *LIGHT, started=kept.append) as address:
        yield Server(address, kept[0], folder)


def honest(replies: list[Reply]) -> Counter[int]:
    """Counts of the statuses; each refusal says when to come back, and each answer is one."""
    for reply in replies:
        if reply.status == 200:
            assert json.loads(reply.body)["question"]
        else:
            assert (reply.status, reply.retry_after > 0) == (503, True), reply
    return Counter(reply.status for reply in replies)


def test_many_people_at_once(server: Server) -> None:
    people = sized(30, 200)
    asyncio.run(ask(server.address, QUESTIONS[0]))
    found, watched = asyncio.run(people_at_once(server.address, people, QUESTIONS))
    counts = honest(found)
    answers, refusals = [r for r in found if r.status == 200], [r for r in found if r.status != 200]
    assert {reply.status for reply in watched} == {200}, "ready all the time"
    assert counts[200] >= people
    record(
        "P17 many people",
        "200 people at once: 0 errors but honest refusals, p95 of an answer over HTTP at most 3 s, readiness p99 at most 1 s",
        people=people, questions_asked=people * 3, answered=counts[200], refused_with_retry_after=counts[503], errors=0,
        answer_p50_seconds=percentile(answers, 50), answer_p95_seconds=percentile(answers, 95),
        answer_max_seconds=percentile(answers, 100), refusal_p95_seconds=percentile(refusals, 95),
        readiness_p99_seconds=percentile(watched, 99), readiness_looks=len(watched),
    )  # fmt: skip
    if FULL:
        assert percentile(answers, 95) <= 3.0
        assert percentile(watched, 99) <= 1.0


def test_a_rush_is_refused_honestly_and_recovered_from(server: Server) -> None:
    number = sized(250, 1_000)
    asyncio.run(ask(server.address, QUESTIONS[0]))
    found, recovered = asyncio.run(rush(server.address, number, QUESTIONS))
    counts = honest(found)
    assert counts[200] > 0
    refusals = [reply for reply in found if reply.status != 200]
    record(
        "P18 overload",
        "1,000 at once recovers within 5 s",
        at_once=number, answered=counts[200], refused_with_retry_after=counts[503], errors=0,
        recovered_after_seconds=round(recovered, 3), refusal_p50_seconds=percentile(refusals, 50),
        all_done_after_seconds=percentile(found, 100),
    )  # fmt: skip
    assert recovered <= 5.0


def test_memory_does_not_grow_with_questions_and_updates(server: Server) -> None:
    questions, updates = sized(200, 20_000), sized(6, 500)
    warm, clock, chance = max(50, questions // 10), Clock(), random.Random(3)
    encoder, settings = load_encoder(Settings()), Settings()
    corpus, index = server.folder / "corpus", server.folder / "index"
    seen: list[dict[str, int]] = []
    done = errors = 0

    async def ask_some(number: int) -> None:
        nonlocal done, errors
        asked = [f"{chance.choice(QUESTIONS)} {chance.randrange(10**6)}" for _ in range(number)]
        for start in range(0, number, 4):
            replies = await asyncio.gather(*(ask(server.address, question) for question in asked[start : start + 4]))
            done += len(replies)
            errors += sum(reply.status != 200 for reply in replies)

    def update(number: int) -> None:
        extra = corpus / "extra.md"
        if number % 2:
            extra.unlink()
        else:
            extra.write_text(f"# Visit {number}\n\nVisit {number} took {number + 3} minutes and cost nothing.\n")
        build_index(corpus, index, encoder=encoder, settings=settings)

    every = (questions - warm) // updates
    for number in range(2 * max(1, updates // 20)):
        update(number)
        asyncio.run(ask_some(warm // (2 * max(1, updates // 20))))
    seen.append(server.status())
    for number in range(updates):
        update(number)
        asyncio.run(ask_some(every))
        if number % 50 == 49:
            seen.append(server.status())
    asyncio.run(ask_some(max(0, questions - done)))
    time.sleep(1)
    seen.append(server.status())
    ready = asyncio.run(request(server.address, "/readyz"))
    gc.collect()
    assert json.loads(ready.body)["ready"]
    assert errors == 0
    assert done >= questions
    first, last = seen[0], seen[-1]
    record(
        "P19 memory",
        "20,000 questions and 500 adds and removes: memory grows by no more than 50 MB after warm-up",
        questions=done, adds_and_removes=updates, after_warm_up=first, at_the_end=last,
        growth_mb=last["resident_mb"] - first["resident_mb"], most_mb=max(each["resident_mb"] for each in seen),
        seconds=clock.seconds,
    )  # fmt: skip
    assert last["resident_mb"] - first["resident_mb"] <= GROWTH_MB
    assert abs(last["open_files"] - first["open_files"]) <= 8
    assert abs(last["threads"] - first["threads"]) <= 4

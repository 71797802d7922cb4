"""Questions a second that the JSON interface answers to 32 clients at once, against the same service with batching off.

python benchmarks/throughput.py FOLDER [--clients 32] [--seconds 10] [--reranker off]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from measuring import some_of, summary, versions, write_report

from footnote.evaluation import read_judgments

SERVE = "import sys; from footnote.cli import main; sys.exit(main(sys.argv[1:]))"
UNBATCHED = "import footnote.encoding.batching as b; b.BatchingEncoder = lambda encoder: encoder; " + SERVE


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ask(port: int, question: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"question": question})
    connection.request("POST", "/api/v1/ask", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


def load(port: int, questions: list[str], clients: int, seconds: float) -> tuple[float, list[float], Counter[int]]:
    """Answers a second, milliseconds of each, and the statuses, of clients that ask without a pause."""
    took: list[float] = []
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        at = number * 17
        while time.perf_counter() < end:
            began = time.perf_counter()
            status = ask(port, questions[at % len(questions)])
            at += 1
            statuses[status] += 1
            if status == http.client.OK:
                took.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / seconds, took, statuses


def started(code: str, arguments: list[str], port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments, "--port", str(port)], stdout=out, stderr=out
        )
    for _ in range(600):
        try:
            if ask(port, "Is anybody there?") == http.client.OK:
                return process
        except OSError:
            pass
        time.sleep(0.2)
    process.kill()
    raise SystemExit(f"the service does not answer:\n{log.read_text(encoding='utf-8')[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reranker", default="off")
    options = parser.parse_args()
    questions = [j.question for j in some_of(read_judgments(options.folder / "questions.jsonl"), 300)]
    with tempfile.TemporaryDirectory() as work:
        common = ["--corpus", str(options.folder / "corpus"), "--index", f"{work}/index"]
        sets = ["--set", f"reranker={options.reranker}", "--set", "queue_wait_seconds=30"]
        index = [sys.executable, "-m", "footnote", "index", *common]
        subprocess.run(index, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))
        rates: dict[str, list[float]] = {}
        times: dict[str, list[float]] = {}
        seen: dict[str, Counter[int]] = {}
        ports = {"batching on": free_port(), "batching off": free_port()}
        services = [
            started(code, ["serve", *common, *sets], ports[name], Path(work) / f"{port}.log")
            for (name, port), code in zip(ports.items(), (SERVE, UNBATCHED), strict=True)
        ]
        for _ in range(options.rounds):
            for name, port in ports.items():
                rate, took, statuses = load(port, questions, options.clients, options.seconds)
                rates.setdefault(name, []).append(rate)
                times.setdefault(name, []).extend(took)
                seen.setdefault(name, Counter()).update(statuses)
        for service in services:
            service.terminate()
            service.wait(30)
    rows: list[dict[str, Any]] = [
        {
            "service": name,
            "questions/s": summary(values)["p50"],
            "p50 ms": summary(times[name])["p50"],
            "p95 ms": summary(times[name])["p95"],
            "answers by status": dict(seen[name]),
        }
        for name, values in rates.items()
    ]
    facts = {
        "clients": options.clients,
        "reranker": options.reranker,
        "versions": versions(("footnote", "onnxruntime")),
    }
    note = (
        f"{options.clients} clients without a pause, {options.rounds} rounds of {options.seconds:.0f} s each in turn."
    )
    write_report(
        "throughput",
        "Questions a second over HTTP",
        rows,
        facts,
        [note, "The clients share the machine.", f"Reranker: {options.reranker}."],
    )


if __name__ == "__main__":
    main()

"""Footnote as a process beside its peers: ``python benchmarks/peer_footnote.py CORPUS INDEX``; see ``peer_systems``."""

from __future__ import annotations

import json
import sys
import time

from footnote.engine import Footnote
from footnote.settings import Settings


def main() -> None:
    corpus, index = sys.argv[1:3]
    settings = Settings(reranker=sys.argv[3]) if len(sys.argv) > 3 else Settings()
    print("ready to index", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    engine, _ = Footnote.build(corpus, index, settings=settings)
    print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        answer = engine.ask(asked["question"])
        milliseconds = (time.perf_counter() - began) * 1000
        began = time.perf_counter()
        engine.encoder.encode_queries([asked["question"]])
        encode = (time.perf_counter() - began) * 1000
        hits = [
            {"doc": h.passage.document_id, "start": h.passage.span.start, "end": h.passage.span.end}
            for h in answer.hits
        ]
        print(json.dumps({"ms": milliseconds, "encode_ms": encode, "hits": hits}), flush=True)


if __name__ == "__main__":
    main()

"""Whether a question asked now could be answered: the model is loaded, the index on the disk is whole, the desk is open."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from footnote.errors import FootnoteError
from footnote.store import IndexHealth

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.service.desk import Desk

LOOK_EVERY_SECONDS = 0.5
"""Between two looks at the index folder, however often it is asked."""


class Readiness:
    """Looks at the index folder, not at what was true when the server started."""

    def __init__(self, footnote: Footnote, desk: Desk) -> None:
        self._footnote, self._desk = footnote, desk
        self._health = IndexHealth(footnote.index.index_dir)
        self._lock = threading.Lock()
        self._looked_seconds = float("-inf")
        self._problem = ""

    def look(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and the facts: what is wrong and what mends it, or generation, model and how many wait.

        Reads files, so it belongs on a thread; several at once share one look.
        """
        with self._lock:
            if time.monotonic() - self._looked_seconds >= LOOK_EVERY_SECONDS:
                self._problem = self._find()
                self._looked_seconds = time.monotonic()
            problem = self._problem
        state = self._desk.state()
        if state.stuck_seconds > self._footnote.settings.queue_wait_seconds:
            # Whoever asked since then was refused.
            problem = f"no question got its turn for {state.stuck_seconds:.0f} s; ask again"
        if not state.open:
            problem = "the server is stopping"
        if problem:
            return False, {"ready": False, "reason": problem}
        return True, {
            "ready": True,
            "generation": self._footnote.generation,
            "fingerprint": self._footnote.fingerprint,
            "model": self._footnote.encoder_description,
            "waiting": state.waiting,
        }

    def _find(self) -> str:
        problem = self._health.problem()
        if problem:
            return problem
        try:
            self._footnote.refresh()
        except FootnoteError as error:
            return f"{error.what}; {error.remedy}"
        return ""

"""The web face: a Gradio page beside our own JSON routes, guarded.

Nothing heavy is imported here; FastAPI and Gradio load when an app is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from footnote.engine import Footnote

__all__ = ["create_app", "serve"]


def create_app(footnote: Footnote, *, token: str | None = None, hosts: tuple[str, ...] = ()) -> FastAPI:
    """The guarded page over an open index.

    Args:
        footnote: the engine that answers.
        token: what every visitor must show, who is then the owner; None lets everyone read, and makes the owner of whoever
            opens ``/enter?secret=…`` with the secret in ``app.state.keys.link``, once.
        hosts: further host names the page is reached by; "*" for any.  This machine's own names are always among them.

    Raises:
        UsageError: the token could be guessed.
    """
    from footnote.web.serving import create_app as create

    return create(footnote, token=token, hosts=hosts)


def serve(
    footnote: Footnote,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    token: str | None = None,
    open_browser: bool = False,
) -> None:
    """Serve the page until interrupted; its address, and the one that makes the owner, are written to stderr.

    Raises:
        UsageError: others reach it (its address, ``hosts`` or ``root_path`` say so) and there is no token, or the token could
            be guessed.
        FootnoteError: the port is taken.
    """
    from footnote.web.serving import serve as run

    run(footnote, host=host, port=port, token=token, open_browser=open_browser)

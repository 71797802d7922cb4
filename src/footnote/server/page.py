"""All of Gradio: the page's frame, its question box, the queued endpoint that answers, and what keeps Gradio quiet.

Gradio draws the frame and the box and queues the questions.  Answers travel as JSON and are drawn by ``static/*.js``
with ``textContent``: no text of a document or a question ever passes through a template or a sanitiser.  The hosts
that the script fills are empty columns: any component with a value would bring 35 KB of scripts that nobody needs here.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI, Response

from footnote.engine import Footnote
from footnote.errors import FootnoteError
from footnote.questions.crisis import speaks_of_danger
from footnote.server.answer_view import answer_shown
from footnote.server.problems import problem_of
from footnote.server.queue import QuestionQueue

STATIC: Final = files("footnote") / "web" / "static"
QUESTION_MAX_CHARS: Final = 2_000
_HISTORY_TURNS: Final = 8
_WAITING_MAX: Final = 8
"""Questions of the page that wait in the server's queue, among those of the other interfaces; the rest wait in Gradio's."""
_QUIET: Final = {
    # Nothing may leave the machine.
    "GRADIO_ANALYTICS_ENABLED": "False",
    # It makes a table of its last 10,000 questions after each one, which costs more than the answer; nobody sees it here.
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(2**62),
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
_STYLES: Final = (
    "tokens",
    "frame",
    "controls",
    "start",
    "answers",
    "standings",
    "document",
    "reader",
    "page-view",
    "panels",
    "suggestions",
)
"""In their order: later ones may say more of what earlier ones began."""
_FONTS: Final = ("sans.woff2", "serif.woff2")
"""Those that every visit needs; the others are fetched where a text asks for them."""
_MODULES: Final = sorted(
    each.name
    for each in STATIC.iterdir()
    if each.name.endswith(".js") and each.name not in {"theme.js", "compare.js", "page-view.js"}
)

HEAD = """
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#fcfbf8" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#15191a" media="(prefers-color-scheme: dark)">
<script src="footnote/theme.js"></script>
<script type="module" src="footnote/main.js"></script>
""" + "\n".join(
    (
        *(f'<link rel="stylesheet" href="footnote/{name}.css">' for name in _STYLES),
        # Fetched side by side with Gradio's own files, not one after another as they import each other.
        *(f'<link rel="modulepreload" href="footnote/{name}">' for name in _MODULES),
        *(f'<link rel="preload" href="footnote/{name}" as="font" type="font/woff2" crossorigin>' for name in _FONTS),
    )
)


def asking(footnote: Footnote, queue: QuestionQueue) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The endpoint's function over an engine, in turn with all other questions."""

    # The signature is the endpoint's contract: Gradio publishes names, types and defaults from it.
    async def ask(
        question: str,
        history: list[list[str]] | None = None,
        documents: list[str] | None = None,
        literal: bool = False,  # noqa: FBT001, FBT002 - Gradio publishes it by its name
    ) -> dict[str, Any]:
        """Answer a question with exact quotes from the documents, or give the nearest one, or say that they do not answer.

        Args:
            question: what to ask.
            history: earlier turns, oldest first, each [question as understood, text of its answer].
            documents: ids of the documents to ask; all when left out.
            literal: search the words as they are, with no subject put in and no spelling mended.
        """
        turns = [
            (str(turn[0])[:QUESTION_MAX_CHARS], str(turn[1])[:QUESTION_MAX_CHARS])
            for turn in (history or [])[-_HISTORY_TURNS:]
            if len(turn) == 2
        ]
        allowed = None if documents is None else frozenset(map(str, documents))
        care = speaks_of_danger(str(question))

        def work() -> dict[str, Any]:
            answer = footnote.ask(str(question), history=turns, allowed=allowed, literal=literal)
            return {**answer_shown(footnote, answer), "care": care}

        try:
            return await queue.run(work)
        except FootnoteError as error:
            return {"error": problem_of(error)}

    return ask


def build_page(footnote: Footnote, queue: QuestionQueue) -> Any:
    """The page as Gradio Blocks, queue set, not yet mounted."""
    import gradio as gr

    with gr.Blocks(title="Footnote", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        with gr.Column(elem_id="fn-app"):
            with gr.Column(elem_id="fn-chat"):
                gr.Column(elem_id="fn-masthead")
                gr.Column(elem_id="fn-thread")
                with gr.Row(elem_id="fn-composer"):
                    gr.Textbox(
                        elem_id="fn-question",
                        label="Your question",
                        placeholder="Ask a question",
                        container=False,
                        lines=1,
                        max_lines=6,
                        max_length=QUESTION_MAX_CHARS,
                    )
                    gr.Button("Ask", elem_id="fn-ask", variant="primary")
                gr.Column(elem_id="fn-notice")
            with gr.Column(elem_id="fn-side"):
                gr.Column(elem_id="fn-reader")
        gr.api(asking(footnote, queue), api_name="ask", concurrency_limit=_WAITING_MAX)
    # At about 20 events a second, 64 waiting are answered in the time a person waits; more get an honest refusal.
    page.queue(max_size=64, api_open=False, default_concurrency_limit=_WAITING_MAX)
    return page


def theme() -> Any:
    """Gradio's plainest theme in our colours, with fonts of the system only."""
    import gradio as gr

    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", font=sans, font_mono=["ui-monospace", "monospace"]
    ).set(body_background_fill="#fcfbf8", body_background_fill_dark="#15191a")


def mount_page(app: FastAPI, footnote: Footnote, queue: QuestionQueue) -> None:
    """Put the page at ``/``, behind every route that the application has by now.

    Raises:
        FootnoteError: this Gradio is another than our guards know.
    """
    # Before Gradio is imported, since it calls home on import and on build.
    os.environ.update(_QUIET)
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="footnote-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = folder

    @app.get("/static/js/iframeResizer.contentWindow.min.js", include_in_schema=False)
    def framed() -> Response:
        # No page may frame this one, so what would serve a frame is not sent.
        return Response("", media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    # Inside a loop, since Gradio opens one that it never closes where none is running.
    asyncio.run(_mount(app, footnote, queue))


async def _mount(app: FastAPI, footnote: Footnote, queue: QuestionQueue) -> None:
    import gradio as gr

    page = build_page(footnote, queue)
    gr.mount_gradio_app(
        app, page, "/", theme=theme(), head=HEAD, show_error=False, run_history=False, enable_monitoring=False,
        footer_links=[], root_path=footnote.settings.root_path or None, max_file_size="1kb", ssr_mode=False, pwa=False, mcp_server=False,
    )  # fmt: skip
    # Gradio checks file objects that a visitor sends only once it believes it was launched; mounting leaves that unset.
    page.has_launched = True
    if page.has_launched is not True:
        raise FootnoteError("this Gradio does not check files that visitors send", remedy="install gradio 6.31")

"""The Gradio page: its frame, its question box, and the queued endpoint that answers.

Gradio draws the frame and the box and queues the questions.  Answers travel as JSON and are drawn by ``static/*.js``
with ``textContent``: no text of a document or a question ever passes through a template or a sanitiser.  The hosts
that the script fills are Markdown components which Python never updates.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from footnote.errors import FootnoteError

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.service import Desk

QUESTION_MAX_CHARS = 2_000
_HISTORY_TURNS = 8
_AT_THE_DESK = 8
"""Questions of the page that wait at the desk, among those of the other faces; the rest wait in Gradio's queue."""

_MODULES = sorted(each.name for each in (files("footnote.web") / "static").iterdir() if each.name.endswith(".js"))

HEAD = """
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#fbfaf6" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#14191a" media="(prefers-color-scheme: dark)">
<link rel="stylesheet" href="footnote/page.css">
<link rel="stylesheet" href="footnote/thread.css">
<link rel="stylesheet" href="footnote/reader.css">
<script src="footnote/theme.js"></script>
<script type="module" src="footnote/main.js"></script>
""" + "".join(
    # Fetched side by side with Gradio's own files, not one after another as they import each other.
    f'<link rel="modulepreload" href="footnote/{name}">\n'
    for name in _MODULES
    if name != "theme.js"
)


def asking(footnote: Footnote, desk: Desk) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The endpoint's function over an engine, in turn with all other questions."""
    from footnote.web.care import speaks_of_danger
    from footnote.web.shown import answer_shown

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
        if care:
            # What someone in danger says is taken at its word: never read as a follow-up, never given a subject.
            turns, literal = [], True

        def work() -> dict[str, Any]:
            answer = footnote.ask(str(question), history=turns, allowed=allowed, literal=literal)
            return {**answer_shown(footnote, answer), "care": care}

        try:
            return await desk.run(work)
        except FootnoteError as error:
            return {"error": {"kind": type(error).__name__, "what": error.what, "remedy": error.remedy}}

    return ask


def build_page(footnote: Footnote, desk: Desk) -> Any:
    """The page as Gradio Blocks, queue set, not yet mounted."""
    import gradio as gr

    with gr.Blocks(title="Footnote", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        with gr.Column(elem_id="fn-app"):
            with gr.Column(elem_id="fn-chat"):
                gr.Markdown("", elem_id="fn-masthead", sanitize_html=True)
                gr.Markdown("", elem_id="fn-thread", sanitize_html=True)
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
                gr.Markdown("", elem_id="fn-notice", sanitize_html=True)
            with gr.Column(elem_id="fn-side"):
                gr.Markdown("", elem_id="fn-reader", sanitize_html=True)
        gr.api(asking(footnote, desk), api_name="ask", concurrency_limit=_AT_THE_DESK)
    # At about 20 events a second, 64 waiting are answered in the time a person waits; more get an honest refusal.
    page.queue(max_size=64, api_open=False, default_concurrency_limit=_AT_THE_DESK)
    return page


def theme() -> Any:
    """Gradio's plainest theme in our colours, with fonts of the system only."""
    import gradio as gr

    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", font=sans, font_mono=["ui-monospace", "monospace"]
    ).set(body_background_fill="#fbfaf6", body_background_fill_dark="#14191a")

"""One server for people and programs: the page, the JSON interface, MCP, and what watches over it.

- ``app`` puts it together and runs it; ``page`` is all of Gradio.
- ``api`` is ``/api/v1``, the one JSON interface, which the page uses as everybody; ``mcp`` offers the same to assistants,
  ``chat_completions`` to clients of OpenAI's interface, with ``permalinks`` into the page.
  ``schemas`` are the forms of both, ``views`` what the engine gives in them, ``problems`` the form of every error.
- ``layout`` draws documents, ``answer_view`` answers with their quotes read again; ``originals`` reads the files behind
  documents, ``uploads`` changes them; ``crisis`` tells whether somebody speaks of danger.
- ``security`` guards host, origin and content, ``authentication`` knows the owner, ``request_limits`` and ``connections`` bound
  what is asked at once, ``queue`` takes the questions in turn, ``monitoring`` tells how it goes.

Nothing is imported here: each part loads what it needs.
"""

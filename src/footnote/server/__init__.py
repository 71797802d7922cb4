"""One server for people and programs: the page, the JSON interface, MCP, and what watches over it.

- ``app`` puts it together and runs it; ``page`` is all of Gradio.
- ``api`` is ``/api/v1``, the one JSON interface, which the page uses as everybody; ``schemas`` are its forms, ``problems`` its
  errors; ``mcp`` offers the same over stdio and ``/mcp``.
- ``security`` guards host, origin and content, ``authentication`` knows the owner, ``request_limits`` and ``connections`` bound
  what is asked at once, ``queue`` takes the questions in turn, ``monitoring`` tells how it goes.
- ``uploads`` changes the folder of documents, ``originals`` reads its files, ``views`` lays out what readers see.

Nothing is imported here: ``footnote mcp`` needs no web framework, and ``footnote serve`` is told what is wrong before one loads.
"""

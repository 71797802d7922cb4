"""Footnote as a retriever of other frameworks: passages of a folder of documents, with their places, from an index or a server.

Each framework has a module of its own, ``langchain``, ``llamaindex`` and ``haystack``, with a class ``FootnoteRetriever`` on that
framework's base; nothing is imported here.  ``passage_source`` is what they share.
"""

"""Passages found, put in order and weighed.

``query`` weighs a question's words, ``retrieve`` finds passages and has rerankers read them, ``evidence`` measures what both have
in common, ``features`` names every number that a model weighs, and ``scores`` is where the fitted models (``model``) make scores of
them: of passages, of sentences, and the confidence.
"""

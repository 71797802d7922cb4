"""Hits become an answer: the sentences that answer, quoted and numbered, or an abstention with its reason.

``selection`` decides between the two and makes citations, ``quotes`` grows a sentence into what can be shown by itself,
``exact_matches`` has the last word where codes, rows and section numbers are asked for, and ``abstention`` says why nothing answers.
No score is made here: that is ``footnote.ranking.scores``.
"""

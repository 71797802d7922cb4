"""Documents as passages of whole sentences, by slicing only."""

from __future__ import annotations

from footnote.splitting.passage_inputs import context_of, heading_input, passage_input, sentence_input
from footnote.splitting.passages import split_document
from footnote.splitting.segmentation import sentence_spans

__all__ = [
    "VERSION",
    "context_of",
    "heading_input",
    "passage_input",
    "sentence_input",
    "sentence_spans",
    "split_document",
]

VERSION = 1
"""Raised when the same document makes other passages, inputs of the encoder or terms than before: all is then split again."""

"""Reading question and passage together: the packaged reader, any cross-encoder, or none.

Vectors and words find passages that are *about* a question.  A reader sees both texts at once, tells whether the passage
*answers*, and finds the words that do.
"""

from __future__ import annotations

from footnote.reading.reading import PassageReader, Reading, ReadingInput, best_answer
from footnote.settings import PACKAGED_READER, READER_OFF, Settings

__all__ = ["PassageReader", "Reading", "ReadingInput", "best_answer", "load_reader"]


def load_reader(settings: Settings) -> PassageReader | None:
    """The reader of ``settings.reader``; None where it is off.

    Raises:
        EncoderError: it cannot be loaded.
    """
    if settings.reader == READER_OFF:
        return None
    if settings.reader == PACKAGED_READER:
        from footnote.reading.packaged import PackagedReader

        return PackagedReader()
    from footnote.reading.cross_encoder import CrossEncoderReader

    return CrossEncoderReader(settings.reader)

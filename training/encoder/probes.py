"""Texts on which an export is compared with the model it was made from: short and long, plain and odd."""

from __future__ import annotations

from typing import Final

__all__ = ["PROBES"]

PROBES: Final = (
    "How long does it take to steep green tea, and at what temperature?",
    "Which harbour lies furthest north?",
    "why do cats purr",
    "The lighthouse was built in 1871 and has been automatic since 1988.",
    "A solar panel turns light into direct current; an inverter turns that into alternating current.",
    "Common side effects are a dry mouth, tiredness and a headache. They pass within two days.",
    "Moon: Europa; Diameter: 3,122 km; Planet: Jupiter",
    "Baking. Sourdough. The dough is folded every half hour, four times, and then rests overnight at 4 °C.",
    "If the pump fails, close valve B, wait for 30 seconds, and press the reset button twice.",
    "No refund is given for tickets returned less than 48 hours before departure (see section 7.2).",
    "Straße, façade, naïve, œuvre, 東京, Ελλάδα, Москва, 🙂 and x² + y² = z².",
    "yes",
    "",
    (
        "The river rises in the hills above the town, runs through two lakes that were dug for the mills, and reaches the sea "
        "after ninety kilometres. In wet winters it floods the meadows on its left bank, where nobody has built since 1953; in "
        "dry summers it can be crossed on foot at the old ferry. Salmon returned to it twenty years after the weir was opened, "
        "and otters soon after them. The council measures its water every week and publishes the results on the first Monday "
        "of each month."
    ),
    "word " * 400,
)

"""Judged questions → results, a report, and what moved since an earlier one.

``judgments`` and ``results`` hold the two file formats, ``runner`` asks the questions, ``measures`` are pure functions over
records, ``figures`` applies them to a set, ``report`` and ``comparison`` put the figures together and print them.
"""

from footnote.evaluation.comparison import (
    Comparison,
    compare,
    comparison_to_json,
    comparison_to_terminal,
    read_baseline,
)
from footnote.evaluation.figures import METRIC_NAMES, Counts, score
from footnote.evaluation.judgments import read_judgments
from footnote.evaluation.report import Report, make_report, report_to_json, report_to_terminal
from footnote.evaluation.results import Result, ResultSpan, read_results, result_of, write_results
from footnote.evaluation.runner import Asker, Run, run_judgments, text_source

__all__ = [
    "METRIC_NAMES",
    "Asker",
    "Comparison",
    "Counts",
    "Report",
    "Result",
    "ResultSpan",
    "Run",
    "compare",
    "comparison_to_json",
    "comparison_to_terminal",
    "make_report",
    "read_baseline",
    "read_judgments",
    "read_results",
    "report_to_json",
    "report_to_terminal",
    "result_of",
    "run_judgments",
    "score",
    "text_source",
    "write_results",
]

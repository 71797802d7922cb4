"""Judged questions → results, a report, and what moved since an earlier one.

``metrics`` holds pure functions over records, ``judgments`` and ``results`` the two file formats, ``runner`` asks the
questions, ``scoring``, ``counts``, ``calibration``, ``report`` and ``comparison`` put the figures together, ``tables`` lays them out.
"""

from footnote.evaluation.comparison import Comparison, compare, comparison_to_json, read_baseline
from footnote.evaluation.counts import Counts
from footnote.evaluation.judgments import read_judgments
from footnote.evaluation.report import Report, make_report, report_to_json
from footnote.evaluation.results import Result, ResultSpan, read_results, result_of, write_results
from footnote.evaluation.runner import Asker, Run, run_judgments, text_source
from footnote.evaluation.scoring import METRIC_NAMES, score
from footnote.evaluation.tables import comparison_to_terminal, report_to_terminal

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

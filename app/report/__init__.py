"""Reports that open anywhere without a network: of one run, and of several side by side."""

from app.report.comparison import comparison_report
from app.report.run import run_report

__all__ = ["comparison_report", "run_report"]

"""The report of a run: one page that can be read without a network, a script or a terminal."""

from fallline.report.page.report import REPORT, report_html, write_report

__all__ = ["REPORT", "report_html", "write_report"]

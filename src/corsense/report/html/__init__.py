"""A report as one HTML file: the matrix of routes and origins, each exchange drawn, the findings with their fixes.

The file needs nothing but itself: no script, no font, no address outside of it. It prints, and it follows the reader's choice of
light or dark.
"""

from __future__ import annotations

from corsense.report.html.findings import finding_card, remedy
from corsense.report.html.ladder import ladder_figure
from corsense.report.html.markup import Markup, element
from corsense.report.html.page import html_report, stylesheet

__all__ = ["Markup", "element", "finding_card", "html_report", "ladder_figure", "remedy", "stylesheet"]

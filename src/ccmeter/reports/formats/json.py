r"""The report's document as JSON.

Keys are sorted, so the same data gives the same bytes. Only ASCII is written, everything else as `\u` escapes:
every parser reads them as the same text, and no folder name can reach the terminal as a control sequence.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Report


def render(report: Report, _options: RenderOptions) -> str:
    """Give the document, pretty-printed with two spaces."""
    return json.dumps(report.document, indent=2, sort_keys=True, allow_nan=False) + "\n"

"""From an executed notebook to pages that may be published: one for each language, self-contained and checked.

`exporter` is the way in: it turns outputs (`outputs`), Markdown (`markdown`) and provenance (`facts`) into a page
(`page`: template, `fonts`, `csp`), lets nothing foreign through (`sanitise`) and refuses what is not fit (`checks`).
`front` makes the page over all reports and `failure` the one that says why a report is missing.
"""

from cxlib.publish.checks import check_page
from cxlib.publish.exporter import CxExporter, publish, render_page
from cxlib.publish.facts import PageFacts
from cxlib.publish.failure import Failure, failure_page
from cxlib.publish.front import FrontEntry, PastRun, forward_page, front_page
from cxlib.publish.story import question_of

__all__ = [
    "CxExporter", "Failure", "FrontEntry", "PageFacts", "PastRun", "check_page", "failure_page", "forward_page",
    "front_page", "publish", "question_of", "render_page",
]  # fmt: skip

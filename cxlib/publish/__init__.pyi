from .changes import AlertNotice
from .checks import check_page
from .customers import customer_page, find_lists
from .exporter import CxExporter, package, publish, question_of, render_page
from .failure import Failure, failure_page
from .front import FrontEntry, PastRun, forward_page, front_page, overlaps
from .page import PageFacts

__all__ = [
    "AlertNotice", "CxExporter", "Failure", "FrontEntry", "PageFacts", "PastRun", "check_page", "customer_page",
    "failure_page", "find_lists", "forward_page", "front_page", "overlaps", "package", "publish", "question_of",
    "render_page",
]  # fmt: skip

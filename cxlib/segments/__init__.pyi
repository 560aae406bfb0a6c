from .clustering.search import Effort
from .clustering.select import select_clusters
from .gather import SegmentData, SegmentQuestion, gather_segments
from .rfm import RfmGrid
from .rules import choose_rules
from .study import SegmentStudy, study_segments
from .summary import segment_summary

__all__ = [
    "Effort",
    "RfmGrid",
    "SegmentData",
    "SegmentQuestion",
    "SegmentStudy",
    "choose_rules",
    "gather_segments",
    "segment_summary",
    "select_clusters",
    "study_segments",
]

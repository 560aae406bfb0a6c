from .files import fingerprints
from .frames import cohort_counts, purchase_summary, rfm_frame
from .locate import project_root, read_sources
from .sources import Sources
from .workspace import Workspace, open_workspace

__all__ = [
    "Sources",
    "Workspace",
    "cohort_counts",
    "fingerprints",
    "open_workspace",
    "project_root",
    "purchase_summary",
    "read_sources",
    "rfm_frame",
]

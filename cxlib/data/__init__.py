"""Raw files -> canonical, checked tables -> per-customer frames.

`sources` and `locate` say where the data is, `readers` and `ingest` bring it in, `rules` and `check` look at it, and
`workspace` is the face of all of them; `frames` makes one row a customer of it, and `demo` simulates a company.
"""

from cxlib.data.frames import cohort_counts, purchase_summary, rfm_frame
from cxlib.data.locate import project_root, read_sources
from cxlib.data.sources import Sources
from cxlib.data.workspace import Workspace, open_workspace

__all__ = [
    "Sources",
    "Workspace",
    "cohort_counts",
    "open_workspace",
    "project_root",
    "purchase_summary",
    "read_sources",
    "rfm_frame",
]

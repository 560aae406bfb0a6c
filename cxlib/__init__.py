"""Customer-experience reports from a company's own files.

The front doors are `cxlib.data` (files to checked tables), the analyses (`cxlib.segments`, ...), `cxlib.report`
(what a notebook displays) and `cxlib.runs` (a suite of notebooks to published pages).
"""

__version__ = "0.2.0"

"""What each report shows: one module a notebook, from results to page components, one claim a figure.

Neighbours: the results come from the analyses (`cxlib.segments`, ...), the components from `cxlib.report`.
"""

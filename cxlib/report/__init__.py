"""What a notebook displays: page head, tiles, figures, tables, sentences, the data section and exports.

Each call returns a component that shows itself in JupyterLab and, in every language, on the published page.
"""

from cxlib.report.canvas import Canvas, Plot
from cxlib.report.component import MIME_TYPE, Component
from cxlib.report.data_section import data_section
from cxlib.report.exports import export
from cxlib.report.figure import figure
from cxlib.report.head import page_head
from cxlib.report.plots import (
    CalibrationPlot,
    Distribution,
    GainCurve,
    Heatmap,
    HorizontalBars,
    ImportancePerformanceMap,
    IntervalDots,
    LineChart,
    MigrationMatrix,
    ShareCurve,
    SmallMultiples,
    SurvivalCurves,
)
from cxlib.report.table import Column, TableSpec, table
from cxlib.report.text import claim, findings, notice, text
from cxlib.report.tiles import tiles

__all__ = [
    "MIME_TYPE", "CalibrationPlot", "Canvas", "Column", "Component", "Distribution", "GainCurve", "Heatmap",
    "HorizontalBars", "ImportancePerformanceMap", "IntervalDots", "LineChart", "MigrationMatrix", "Plot",
    "ShareCurve", "SmallMultiples", "SurvivalCurves", "TableSpec", "claim", "data_section", "export", "figure",
    "findings", "notice", "page_head", "table", "text", "tiles",
]  # fmt: skip

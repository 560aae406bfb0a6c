from .canvas import Canvas, Plot
from .component import MIME_TYPE, Card, Component, cards, together
from .data_section import data_section
from .exports import earlier_export, export, export_saved, exported_by, published
from .figure import figure
from .head import page_head, tiles
from .plots import (
    CalibrationPlot,
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
from .sliders import sliders
from .table import Column, TableSpec, table
from .text import claim, findings, notice, text

__all__ = [
    "MIME_TYPE", "CalibrationPlot", "Canvas", "Card", "Column", "Component", "GainCurve", "Heatmap",
    "HorizontalBars", "ImportancePerformanceMap", "IntervalDots", "LineChart", "MigrationMatrix", "Plot",
    "ShareCurve", "SmallMultiples", "SurvivalCurves", "TableSpec", "cards", "claim", "data_section", "earlier_export",
    "export", "export_saved", "exported_by", "figure",
    "findings", "notice", "page_head", "published", "sliders", "table", "text", "tiles", "together",
]  # fmt: skip

"""Chart kinds: each a dataclass of options that draws itself on axes and computes nothing."""

from cxlib.report.plots.dots import CalibrationPlot, ImportancePerformanceMap
from cxlib.report.plots.heatmap import Heatmap
from cxlib.report.plots.lines import GainCurve, LineChart, ShareCurve
from cxlib.report.plots.migration import MigrationMatrix
from cxlib.report.plots.rows import HorizontalBars, IntervalDots
from cxlib.report.plots.small_multiples import SmallMultiples
from cxlib.report.plots.survival import SurvivalCurves

__all__ = [
    "CalibrationPlot", "GainCurve", "Heatmap", "HorizontalBars", "ImportancePerformanceMap", "IntervalDots",
    "LineChart", "MigrationMatrix", "ShareCurve", "SmallMultiples", "SurvivalCurves",
]  # fmt: skip

"""Chart kinds: each a dataclass of options that draws itself on axes and computes nothing."""

from cxlib.report.plots.dots import IntervalDots
from cxlib.report.plots.hbar import HorizontalBars
from cxlib.report.plots.heatmap import Heatmap
from cxlib.report.plots.line import LineChart
from cxlib.report.plots.lorenz import ShareCurve

__all__ = ["Heatmap", "HorizontalBars", "IntervalDots", "LineChart", "ShareCurve"]

"""Marks that seaborn draws: lines, bars, dots with intervals and cells. It is loaded with the first chart.

seaborn estimates before it draws. Here the estimates are made already, so a bar or a dot goes in as three rows, its
value and the two ends of its interval, of which it takes the first as the estimate and the span as the error bar.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import lazy_loader  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from cxlib.checks import Floats
from cxlib.report.canvas import Canvas
from cxlib.report.plots.labels import Places
from cxlib.report.theme import HEAT_STEPS

sns = lazy_loader.load("seaborn")

LINE_WIDTH = 2.4
INTERVAL_WIDTH = 1.4
DOT_SIZE = 6.5
BAND_OPACITY = 0.16
CELL_GAP = 2.0  # points between two cells
SPAN = ("pi", 100)  # seaborn's percentile interval: from the lowest to the highest of a mark's rows


@contextmanager
def _unnamed(axes: Axes) -> Iterator[None]:
    """Keep seaborn from naming the axes after columns, for which it lays out all tick labels: a third of its time."""
    axes.set(xlabel=" ", ylabel=" ")
    yield
    axes.set(xlabel="", ylabel="")


def draw_line(
    axes: Axes, places: Floats, values: Floats, colour: str, *, width: float = LINE_WIDTH, step: bool = False
) -> None:
    """A line, broken where a value is missing; with `step` it stays level until the next place."""
    missing = np.isnan(values)
    stretch = np.cumsum(missing) if missing.any() else None  # seaborn would join what stands on either side of a gap
    style = {"color": colour, "linewidth": width, "drawstyle": "steps-post" if step else "default"}
    if not missing.all():
        with _unnamed(axes):
            sns.lineplot(x=places, y=values, ax=axes, units=stretch, estimator=None, sort=False, legend=False, **style)


def draw_band(axes: Axes, places: Floats, ends: tuple[Floats, Floats], colour: str, *, step: bool = False) -> None:
    """The interval of a line as a pale area between its low and high `ends`.

    seaborn has a band only for what it estimates itself: three rows a point take it five times as long.
    """
    low, high = ends
    axes.fill_between(places, low, high, color=colour, alpha=BAND_OPACITY, linewidth=0, step="post" if step else None)


def draw_bars(
    axes: Axes, places: Places, estimates: Floats, colours: Sequence[str], *, width: float, line: str
) -> None:
    """Bars from zero with their intervals in the colour `line`, one below the other."""
    if marks := _marks(places, estimates, colours):
        style = {"color": line, "linewidth": INTERVAL_WIDTH, "solid_capstyle": "butt"}
        with _unnamed(axes):
            sns.barplot(**marks, ax=axes, width=width, saturation=1, err_kws=style)


def draw_dots(axes: Axes, places: Places, estimates: Floats, colours: Sequence[str]) -> None:
    """Dots with their intervals in the same colour, one below the other."""
    if marks := _marks(places, estimates, colours):
        dots = {"markersize": DOT_SIZE, "markeredgewidth": 0, "zorder": 3, "clip_on": False}
        style = {"linewidth": LINE_WIDTH, "solid_capstyle": "butt", "zorder": 2}
        with _unnamed(axes):
            sns.pointplot(**marks, ax=axes, linestyle="none", err_kws=style, **dots)


def draw_dots_at(axes: Axes, across: Floats, up: Floats, colours: Sequence[str], *, width: float = 2.0) -> None:
    """Dots at numbers on both axes with intervals upwards (3, n), and across where `across` has them too."""
    x, *ends = np.atleast_2d(across)
    if ends:
        axes.hlines(up[0], *ends, color=colours, linewidth=width)
    axes.vlines(x, up[1], up[2], color=colours, linewidth=width)
    dots = {"s": DOT_SIZE**2, "linewidth": 0, "zorder": 3, "clip_on": False}
    palette = {name: name for name in colours}
    with _unnamed(axes):
        sns.scatterplot(x=x, y=up[0], ax=axes, hue=colours, palette=palette, legend=False, **dots)


def _marks(places: Places, estimates: Floats, colours: Sequence[str]) -> dict[str, Any]:
    """What seaborn is given: the rows of each mark that has a value, and how they are summed up; empty for none."""
    rows = pd.DataFrame({"place": np.tile(places, 3), "value": np.ravel(estimates), "colour": np.tile(colours, 3)})
    rows = rows[np.tile(~np.isnan(estimates[0]), 3)].dropna()
    if rows.empty:
        return {}
    place, value, colour = (rows[name].to_numpy() for name in ("place", "value", "colour"))
    palette = {name: name for name in dict.fromkeys(colours)}
    summary = {"estimator": _first, "errorbar": SPAN, "native_scale": True, "legend": False}
    return {"x": value, "y": place, "orient": "y", "hue": colour, "palette": palette, **summary}


def _first(values: pd.Series) -> float:
    return float(values.iloc[0])


def draw_cells(axes: Axes, canvas: Canvas, steps: np.ndarray) -> None:
    """Cells in seven steps of one colour; step 0 stays empty. The cell of a row and a column is one unit wide."""
    colours = ListedColormap([canvas.colour(f"h{step}") for step in range(1, HEAT_STEPS + 1)])
    sns.heatmap(
        steps,
        mask=steps == 0,
        ax=axes,
        cmap=colours,
        vmin=0.5,
        vmax=HEAT_STEPS + 0.5,
        cbar=False,
        linewidths=CELL_GAP,
        linecolor=canvas.colour("bg"),
        xticklabels=False,
        yticklabels=False,
    )

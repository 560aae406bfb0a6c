"""Colours and lettering of everything that is displayed, in a light and a dark theme.

A chart is drawn once and must follow the reader's theme, so matplotlib draws with stand-in colours (`SENTINELS`) that
`svg` later turns into CSS variables of the same names. The page's own stylesheet takes its variables from here too.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import fontpkg_ibm_plex_sans_arabic as plex  # type: ignore[import-untyped]  # data only, it has no types

_COLOURS = {  # on white, on near-black
    "bg": ("#ffffff", "#14171a"), "panel": ("#f6f7f9", "#1d2125"), "ink": ("#1a1d21", "#eceff2"),
    "mute": ("#555d66", "#a8b0b8"), "line": ("#d5d9de", "#3a4047"), "grid": ("#e3e6ea", "#2b3036"),
    "link": ("#0b5394", "#8ec5ff"), "good": ("#00693e", "#5fd39a"), "bad": ("#b3261e", "#ff8a80"),
    "c0": ("#8a929b", "#7f8891"), "c1": ("#0b6cb0", "#5eb3f0"), "c2": ("#c24e00", "#ff9a52"),
    "c3": ("#00795a", "#3fc79a"), "c4": ("#a8447e", "#e58fc0"), "h1": ("#e8f1f9", "#1d2a36"),
    "h2": ("#cfe2f3", "#22384b"), "h3": ("#a9cbe8", "#284a66"), "h4": ("#7fb2dc", "#2f5f86"),
    "h5": ("#2673b0", "#62a5da"), "h6": ("#155a92", "#93c4ea"), "h7": ("#0a3f6b", "#c8e2f7"),
}  # fmt: skip

LIGHT: Mapping[str, str] = MappingProxyType({name: light for name, (light, _) in _COLOURS.items()})
"""Colours on white, by name: c0 the grey of context, c1 comparison, c2 highlight, h1 to h7 the steps of a heatmap."""

DARK: Mapping[str, str] = MappingProxyType({name: dark for name, (_, dark) in _COLOURS.items()})
"""The same names on near-black."""

SENTINELS: Mapping[str, str] = MappingProxyType({name: f"#1b00{i:02x}" for i, name in enumerate(LIGHT, start=1)})
"""What matplotlib draws with: one colour for each name, used nowhere else."""

HEAT_STEPS = 7
FAMILY = plex.FAMILY
_FILES = {400: "IBMPlexSansArabic-Regular.ttf", 600: "IBMPlexSansArabic-SemiBold.ttf"}
FONT_FILES: Mapping[int, Path] = MappingProxyType({w: plex.ROOT / "files" / name for w, name in _FILES.items()})
"""Font file of each weight in use; the family covers Latin and Arabic."""


def css_variables(colours: Mapping[str, str]) -> str:
    """The colours as CSS custom properties."""
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


def heat_ink(step: int) -> str:
    """Name of the colour that can be read on heat step `step` (1 to 7) in both themes."""
    return "ink" if step <= 4 else "bg"


@lru_cache
def register_fonts() -> None:
    """Let matplotlib know the two font files; it only measures with them, the browser sets the text."""
    from matplotlib import font_manager  # here, since a page that holds no new chart needs the colours only

    for path in FONT_FILES.values():
        font_manager.fontManager.addfont(str(path))


@contextmanager
def any_sign() -> Iterator[None]:
    """Measure texts without a warning for a sign that the family lacks, such as an emoji in a name.

    Such a sign is only measured wrongly; the browser, which sets the text, has fonts for it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def chart_style(font_size: float, colours: Mapping[str, str] = SENTINELS) -> dict[str, Any]:
    """Settings for `matplotlib.rc_context` while a chart is drawn; `font_size` is in points.

    Frames and tick marks are off: a chart shows its data, the value axis' grid and nothing else.
    """
    register_fonts()
    spines = (f"axes.spines.{side}" for side in ("top", "right", "left", "bottom"))
    quiet = dict.fromkeys((*spines, "xtick.bottom", "ytick.left", "axes.unicode_minus"), False)
    return quiet | {
        "font.family": [FAMILY],
        "font.size": font_size,
        "axes.labelsize": font_size,
        "xtick.labelsize": font_size,
        "ytick.labelsize": font_size,
        "svg.fonttype": "none",
        "svg.hashsalt": "cxlib",
        "text.parse_math": False,
        "text.color": colours["ink"],
        "axes.labelcolor": colours["mute"],
        "axes.edgecolor": colours["line"],
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "xtick.major.pad": 7,
        "ytick.major.pad": 7,
        "ytick.alignment": "center",  # the middle of this font's line box is the middle of its capitals
        "xtick.labelcolor": colours["mute"],
        "ytick.labelcolor": colours["ink"],
        "grid.color": colours["grid"],
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "patch.edgecolor": "none",
        "patch.linewidth": 0,
        "lines.solid_capstyle": "round",
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "figure.constrained_layout.h_pad": 0.02,
        "figure.constrained_layout.w_pad": 0.02,
    }

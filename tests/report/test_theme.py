"""Tests of the palette: what is promised about contrast is computed here."""

import pytest

from cxlib.report.theme import DARK, FONT_FILES, HEAT_STEPS, LIGHT, SENTINELS, css_variables, heat_ink

TEXT_COLOURS = ("ink", "mute", "link", "good", "bad", "c1", "c2", "c3", "c4")
MARK_COLOURS = ("c0", "c1", "c2", "c3", "c4")


def luminance(colour):
    """Relative luminance of a colour (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_gives_the_published_extremes():
    """Black on white is 21 to 1, and #767676 on white just passes 4.5 (WCAG 2.2, Understanding 1.4.3)."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out_in_both_themes(theme):
    """Text has a contrast of at least 4.5, on the page and on panels; marks at least 3."""
    for name in TEXT_COLOURS:
        assert contrast(theme[name], theme["bg"]) >= 4.5, name
    for name in ("ink", "mute", "link", "good", "bad"):
        assert contrast(theme[name], theme["panel"]) >= 4.5, name
    for name in MARK_COLOURS:
        assert contrast(theme[name], theme["bg"]) >= 3, name


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_values_can_be_read_on_every_heat_step(theme):
    """The text colour of each step has a contrast of at least 4.5 on it."""
    for step in range(1, HEAT_STEPS + 1):
        assert contrast(theme[heat_ink(step)], theme[f"h{step}"]) >= 4.5, step


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_heat_steps_move_away_from_the_background(theme):
    """Each step is further from the background than the one before, so that order can be seen."""
    distances = [contrast(theme[f"h{step}"], theme["bg"]) for step in range(1, HEAT_STEPS + 1)]
    assert distances == sorted(distances)


def test_rasterised_marks_can_be_seen_in_the_dark_too():
    """Pictures inside a drawing keep the light theme's colours: those have a contrast of 3 on the dark background."""
    for name in MARK_COLOURS:
        assert contrast(LIGHT[name], DARK["bg"]) >= 3, name


def test_both_themes_and_the_stand_ins_have_the_same_names():
    """A chart can never ask for a colour that one theme lacks."""
    assert set(LIGHT) == set(DARK) == set(SENTINELS)
    assert len(set(SENTINELS.values()) | set(LIGHT.values()) | set(DARK.values())) >= len(SENTINELS) + 20
    assert not set(SENTINELS.values()) & (set(LIGHT.values()) | set(DARK.values()))


def test_the_fonts_are_there():
    """Both weights can be embedded, and the CSS names every colour."""
    assert all(path.is_file() for path in FONT_FILES.values())
    assert css_variables(LIGHT).count("--") == len(LIGHT)

"""The embedded font: small, complete, the same every time."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from cxlib.publish import page
from cxlib.publish.page import ARABIC, CUTS, FIXED, LATIN, _woff2, font_faces, write_cuts
from cxlib.report.theme import FONT_FILES


def _covered(css):
    faces = [base64.b64decode(data) for data in re.findall(r"base64,([^)]*)", css)]
    return [set(map(chr, TTFont(io.BytesIO(face)).getBestCmap())) for face in faces]


def test_latin_pages_carry_two_light_faces():
    """English text needs 400 and 600 of Latin only, at most 30 kB in all."""
    css = font_faces("Customers bring £1,200 – more")
    assert css.count("@font-face") == 2
    assert len(css) < 30_000
    assert all(set("Customers£–−") <= characters for characters in _covered(css))


def test_arabic_adds_two_faces_for_its_own_range():
    """Arabic letters come in faces of their own, with the forms that letters take inside a word."""
    css = font_faces("العملاء")
    assert css.count("unicode-range:U+0600-06FF") == 2
    assert all(set("العملاء") <= characters for characters in _covered(css)[2:])


def test_common_letters_are_there_before_anyone_uses_them():
    """The fixed sets make most pages share one cut."""
    assert font_faces("a") == font_faces("Other words, 123")
    assert font_faces("ا") == font_faces("العملاء")
    assert set("aZ9%") <= set(LATIN)
    assert set("ابتثي") <= set(ARABIC)


def test_a_rare_letter_is_added():
    """A name with an unusual letter is set in the same font."""
    assert all("é" in characters for characters in _covered(font_faces("René")))


def test_characters_outside_the_font_cost_nothing(monkeypatch):
    """Emoji and Chinese fall to the system's font and leave the cut as it is."""
    plain = font_faces("a")
    monkeypatch.setattr(page, "cut", lambda *_: pytest.fail("a font was cut"))
    assert font_faces("a🎉中") == plain


def test_the_same_bytes_come_out_on_any_day():
    """The font keeps the date of its makers, so that identical runs give identical pages."""
    made = TTFont(FONT_FILES[400])["head"].modified
    assert TTFont(io.BytesIO(_woff2(400, "abc", ())))["head"].modified == made


@pytest.mark.parametrize("weight", FONT_FILES)
@pytest.mark.parametrize("name", FIXED)
def test_ready_cuts_hold_what_a_fresh_cut_holds(name, weight, tmp_path):
    """The stored cuts cover the fixed sets of today, glyph for glyph; `make fonts` writes them."""
    write_cuts(tmp_path)
    stored, fresh = (TTFont(folder / f"{name}-{weight}.woff2") for folder in (CUTS, tmp_path))
    assert stored.getBestCmap() == fresh.getBestCmap()
    assert stored["maxp"].numGlyphs == fresh["maxp"].numGlyphs
    assert set(map(chr, stored.getBestCmap())) >= set(FIXED[name][0])


def test_a_common_page_cuts_nothing(monkeypatch):
    """Latin and Arabic text of everyday letters is served from the stored cuts."""
    monkeypatch.setattr(page, "cut", lambda *_: pytest.fail("a font was cut"))
    page._woff2.cache_clear()
    assert font_faces("Customers العملاء 42%").count("@font-face") == 4

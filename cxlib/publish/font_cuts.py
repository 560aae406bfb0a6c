"""Cuts a font down to the characters of a page, with fontTools."""

from __future__ import annotations

import io
from functools import lru_cache

from fontTools import subset
from fontTools.ttLib import TTFont, newTable

from cxlib.report.theme import FONT_FILES

UNUSED_TABLES = ("DSIG", "STAT", "meta", "name")


def covered(weight: int, characters: str) -> str:
    """Those of the characters that the font of this weight has.

    >>> covered(400, "Aب𓂀")
    'Aب'
    """
    return "".join(character for character in characters if ord(character) in _coverage(weight))


@lru_cache
def _coverage(weight: int) -> frozenset[int]:
    with TTFont(FONT_FILES[weight], lazy=True) as font:
        return frozenset(font.getBestCmap())


def cut(weight: int, characters: str, features: tuple[str, ...]) -> bytes:
    """Cut the font of one weight down to these characters; the same bytes every time.

    >>> len(cut(400, "A", ())) < len(cut(400, "ABCDEFGH", ()))
    True
    """
    options = subset.Options(hinting=False, notdef_outline=True, glyph_names=False, recalc_bounds=False)
    options.layout_features = list(features)
    options.drop_tables = [*options.drop_tables, *UNUSED_TABLES]
    with TTFont(FONT_FILES[weight], lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters)
        cutter.subset(font)
        font["name"] = newTable("name")  # browsers want the table but read nothing in it; pruning it costs more
        font["name"].names = []
        font.flavor = "woff2"
        packed = io.BytesIO()
        font.save(packed, reorderTables=False)
    return packed.getvalue()

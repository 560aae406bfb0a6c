"""The page's font, cut down to the characters in use and embedded: two weights, and Arabic only where it is written.

Cutting costs 0.1-0.3 s a face, so it starts from two fixed sets (Latin with typographic signs, the Arabic alphabet).
Those cuts lie ready in ``cuts/`` (made by ``make fonts``); only a page with a rarer letter needs a new one, and with it
fontTools, which is imported then.
"""

from __future__ import annotations

import base64
import io
import string
from functools import lru_cache
from pathlib import Path

from cxlib.report.theme import FAMILY, FONT_FILES

LATIN = string.printable[:95] + "\u00a0–—−·…“”‘’«»±×£€¥°≤≥←→"
ARABIC = "".join(map(chr, range(0x621, 0x653))) + "،؛؟٪"
ARABIC_BLOCKS = ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
UNICODE_RANGE = ",".join(f"U+{first:04X}-{last:04X}" for first, last in ARABIC_BLOCKS)
LATIN_FEATURES = ("ccmp", "kern")
ARABIC_FEATURES = ("ccmp", "fina", "init", "mark", "medi", "rlig")  # letters join, lam-alef is one, vowels sit right
UNUSED_TABLES = ("DSIG", "STAT", "meta", "name")
CUTS = Path(__file__).parent / "cuts"
FIXED = {"latin": ("".join(sorted(LATIN)), LATIN_FEATURES), "arabic": ("".join(sorted(ARABIC)), ARABIC_FEATURES)}


def font_faces(text: str) -> str:
    """CSS ``@font-face`` rules that cover `text` as far as the font does; other characters fall to the system's font.

    >>> font_faces("Customers").count("@font-face"), font_faces("العملاء").count("@font-face")
    (2, 4)
    """
    used = {character for character in text if character.isprintable()}
    arabic = {character for character in used if _is_arabic(character)}
    latin = "".join(sorted(used - arabic | set(LATIN)))
    faces = [_face(weight, latin, LATIN_FEATURES) for weight in FONT_FILES]
    if arabic:
        letters = "".join(sorted(arabic | set(ARABIC)))
        faces += [_face(weight, letters, ARABIC_FEATURES, span=UNICODE_RANGE) for weight in FONT_FILES]
    return "".join(faces)


def _is_arabic(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in ARABIC_BLOCKS)


def _face(weight: int, characters: str, features: tuple[str, ...], *, span: str = "") -> str:
    data = base64.b64encode(_woff2(weight, characters, features)).decode("ascii")
    limit = f";unicode-range:{span}" if span else ""
    return (
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};font-display:swap{limit};'
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


@lru_cache(maxsize=64)
def _woff2(weight: int, characters: str, features: tuple[str, ...]) -> bytes:
    """The font of one weight with these characters only: ready where they are a fixed set, else cut now."""
    for name, (letters, _) in FIXED.items():
        if characters == letters:
            return (CUTS / f"{name}-{weight}.woff2").read_bytes()
    letters = covered(weight, characters)
    # Without what the font lacks anyway, it may be a fixed set after all, or a cut that was made before.
    return _woff2(weight, letters, features) if letters != characters else cut(weight, letters, features)


def write_cuts(folder: Path = CUTS) -> None:
    """Write the cuts of the fixed sets."""
    folder.mkdir(exist_ok=True)
    for name, (letters, features) in FIXED.items():
        for weight in FONT_FILES:
            data = cut(weight, covered(weight, letters), features)
            (folder / f"{name}-{weight}.woff2").write_bytes(data)


def covered(weight: int, characters: str) -> str:
    """Those of the characters that the font of this weight has.

    >>> covered(400, "Aب𓂀")
    'Aب'
    """
    return "".join(character for character in characters if ord(character) in _coverage(weight))


@lru_cache
def _coverage(weight: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(FONT_FILES[weight], lazy=True) as font:
        return frozenset(font.getBestCmap())


def cut(weight: int, characters: str, features: tuple[str, ...]) -> bytes:
    """Cut the font of one weight down to these characters; the same bytes every time.

    >>> len(cut(400, "A", ())) < len(cut(400, "ABCDEFGH", ()))
    True
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont, newTable

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

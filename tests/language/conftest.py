"""Every message of the project, and a made-up third language that has nothing but a catalogue."""

import io
import re
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog, extract
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import write_po

from cxlib.language.speaker import LOCALES

ROOT = Path(__file__).parents[2]
KEPT = re.compile(r"(\{\w+\}|`[^`]*`|'[a-z_]+[^']*')")  # placeholders, code, and the names of settings
LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
GREEK = "αβγδεζηθικλμνξοπρστυφχψωάέΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈ"


@pytest.fixture(scope="session")
def extracted():
    """The catalogue that `make messages` would collect now, without translations."""
    words = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    methods, options = parse_mapping_cfg(io.StringIO((ROOT / "babel.cfg").read_text(encoding="utf-8")))
    catalogue = Catalog()
    for part in ("cxlib", "notebooks"):
        for _, _, message, _, context in extract.extract_from_dir(ROOT / part, methods, options, parse_keywords(words)):
            catalogue.add(message, context=context)
    return catalogue


def in_greek_letters(text):
    """The text in Greek letters: nonsense, but whatever is still Latin on a page did not pass through a catalogue."""
    letters = str.maketrans(LATIN, GREEK)
    return "".join(part if KEPT.fullmatch(part) else part.translate(letters) for part in KEPT.split(text))


@pytest.fixture(scope="module")
def three_languages(extracted, tmp_path_factory):
    """English, the real Arabic, and "Greek", for one module; nothing but the folder of catalogues is changed."""
    folder = tmp_path_factory.mktemp("locale")
    (folder / "ar").symlink_to(LOCALES / "ar")
    made = Catalog(locale="el")
    for message in extracted:
        if message.id:
            forms = [message.id] if isinstance(message.id, str) else message.id
            said = tuple(map(in_greek_letters, forms))
            made.add(message.id, said[0] if isinstance(message.id, str) else said, context=message.context)
    target = folder / "el" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "el.po").open("wb") as file:
        write_po(file, made)
    module = sys.modules["cxlib.language.speaker"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LOCALES", folder)
        module.speaker.cache_clear()
        yield module.available_languages()
    module.speaker.cache_clear()

"""A comment's own words, its language, near twins."""

import numpy as np
import pandas as pd
import pytest

from cxlib.voice.texts import LONGEST, language_of, near_twins, own_words


@pytest.mark.parametrize(
    ("text", "own"),
    [("<div>Late<br/>&amp; cold</div>", "Late & cold"), ("<style>p {color: red}</style>Fine", "Fine"),
     ("2 < 3 > 1", "2 < 3 > 1"),
     ("Still broken\n\nOn Mon, 3 Aug 2026 at 10:04, The Shop wrote:\n> We fixed it", "Still broken"),
     ("No answer yet\n-----Original Message-----\nFrom: shop", "No answer yet"),
     ("Please help\nFrom: Care <care@shop.example>\nSent: Monday\nDear customer", "Please help"),
     ("لم يصل الطلب\nفي الاثنين 3 أغسطس كتب المتجر:\n> تم الشحن", "لم يصل الطلب"),
     ("From: me to you, with love", "From: me to you, with love"),
     ("> quoted\nmy words", "my words"), (None, ""), (3.5, "")],
)  # fmt: skip
def test_own_words(text, own):
    """Markup and quoted mails go; what only looks like them stays."""
    assert own_words(text) == own


def test_a_cell_of_a_megabyte_is_read_to_its_limit_at_once():
    """What is longer than a comment was pasted."""
    assert len(own_words("<b>late</b> " * 90_000)) <= LONGEST


@pytest.mark.parametrize(
    ("text", "language"),
    [("الخدمة ممتازة", "ar"), ("التطبيق app crashes دائما", "ar"), ("The food was cold", "en"), ("good", "en"),
     ("", ""), ("👍👍 10/10", ""), ("Очень долго ждал", "other"), ("یہ سروس بہت خراب ہے", "other"), ("太慢了", "other"),
     ("je suis tres content de ma commande merci beaucoup", "other"),
     ("el toseel kan late awy w el akl bared gedan", "other"),
     ("چاي ممتاز وخدمة رائعة وسعر مناسب", "ar")],
)  # fmt: skip
def test_languages(text, language):
    """Arabic and English by their letters, mixed ones as Arabic, others as others, none without letters."""
    assert language_of(text) == language


def test_near_twins():
    """Spelling, digits and signs do not part twins; another sentence is none; texts of few letters stand alone."""
    texts = pd.Series(
        ["The driver came two hours late again", "the driver came 2 two hours late again!!",
         "The driver was polite to us",
         "وصل الطلب متأخرًا جدًا هذا الأسبوع", "وصل الطلب متاخرا جدا هذا الاسبوع", "ok", "ok", "??"]
    )  # fmt: skip
    found = near_twins(texts)
    assert found[0] == found[1]
    assert found[3] == found[4]
    assert len(set(found)) == 6
    assert near_twins(pd.Series([], dtype=object)).tolist() == []
    assert near_twins(pd.Series(["a", "b"])).tolist() == [0, 1]


def test_twins_are_those_that_share_most_letter_groups():
    """Against all pairs counted one by one: nothing below .6 is a twin, nine in ten of those above .9 are."""
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice(list("abcdefghijklmnop"), 6)) for _ in range(60)]
    base = [" ".join(rng.choice(words, 12)) for _ in range(60)]
    texts = base + [" ".join([*text.split()[: rng.integers(6, 13)], *rng.choice(words, 1)]) for text in base]
    found = near_twins(pd.Series(texts))
    groups = [{text[at : at + 5] for at in range(len(text) - 4)} for text in texts]
    right = []
    for one in range(60):
        alike = len(groups[one] & groups[one + 60]) / len(groups[one] | groups[one + 60])
        same = found[one] == found[one + 60]
        assert not (same and alike < 0.6)
        right += [same] if alike > 0.9 else []
    assert len(set(found[:60])) == 60
    assert not right or np.mean(right) >= 0.9

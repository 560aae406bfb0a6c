"""What customers ask for: wishes told from calls for help in both languages, and the same wish together."""

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from cxlib.data.demo import simulate
from cxlib.voice import gather_feedback
from cxlib.voice.study import grouped, kind_of, recurring
from tests.voice.conftest import open_shop, tickets


@pytest.mark.parametrize(
    ("text", "kind"),
    [("I wish you had a night slot", "suggestion"), ("It would be nice if the app had Apple Pay", "suggestion"),
     ("You should really add more sizes", "suggestion"), ("Please let us pay later", "suggestion"),
     ("Please improve this", ""),
     ("A dark mode would be great", "suggestion"), ("Why don't you open on Fridays", "suggestion"),
     ("Where's my order?", "request"), ("please call me back", "request"), ("I want a refund now", "request"),
     ("Can you help me?", "request"), ("Great service, I recommend it", ""), ("No one suggested anything", ""),
     ("ياليت تفتحون فرع في جدة", "suggestion"), ("المفروض توفير مواقف", "suggestion"),
     ("حبذا لو كان الدفع أسهل", "suggestion"),
     ("الرجاء إضافة خيار التقسيط", "suggestion"), ("أتمنى لكم التوفيق", ""), ("لا يحتاج حجز", ""),
     ("وين طلبي؟", "request"),
     ("أرجو الرد على استفساري", "request"), ("أنصح الجميع به", ""), ("أرجو تحسين ذلك.", "")],
)  # fmt: skip
def test_kinds(text, kind):
    """A suggestion helps others, a request its writer; praise and complaints are neither."""
    assert kind_of(text) == kind


def test_planted_wishes_are_found_and_brought_together():
    """Of the simulated company's comments all wishes and nothing else, grouped as planted (adjusted Rand index .7)."""
    company = simulate(3_000, seed=4)
    invited, surveys = company.hidden["invitations"], company.tables["surveys"]
    planted = invited.loc[invited["responded"], "topic"].reset_index(drop=True)
    written = surveys["comment"].notna().to_numpy()
    texts, planted, language = surveys["comment"][written], planted[written], surveys["language"][written]
    wish = planted.str.startswith("suggestion").to_numpy()
    told = texts.map(kind_of).eq("suggestion").to_numpy()
    assert (told & wish).sum() >= 0.95 * wish.sum()
    assert (told & wish).sum() >= 0.95 * told.sum()
    for each in ("ar", "en"):
        inside = wish & language.eq(each).to_numpy()
        groups = grouped(texts[inside].reset_index(drop=True))
        assert adjusted_rand_score(planted[inside], groups) >= 0.7


def test_wishes_are_ranked_by_customers_and_shown_of_many_only():
    """A customer who asks ten times is one; no wish of few customers is quoted; first and last day are told."""
    texts = ["Please add a night slot, my name is on file"] * 35 + ["I suggest paper bags instead of plastic"] * 10
    people = [f"c{n}" for n in range(35)] + ["z"] * 10
    days = pd.date_range("2026-06-01", periods=45)
    table = recurring(gather_feedback(open_shop(tickets=tickets(texts, people, days))))
    assert table["customers"].tolist() == [35, 1]
    assert table["quote"].map(bool).tolist() == [True, False]
    assert (table["first"].iloc[0], table["last"].iloc[0]) == (days[0], days[34])
    silent = tickets(texts, people, days, may_quote="no")
    assert not recurring(gather_feedback(open_shop(tickets=silent)))["quote"].any()

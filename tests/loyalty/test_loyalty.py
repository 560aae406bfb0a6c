"""The programme's study: who is compared, why nothing may be said, and what the page says."""

import re

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.loyalty import LoyaltyQuestion, draw_invitation, study_loyalty
from cxlib.loyalty.history import NEVER, PERIOD, Purchases, compare
from cxlib.report.views import loyalty as show
from tests.loyalty.conftest import shop

VIEWS = ("answer", "headline_tiles", "members_and_others", "reasons", "sureness", "invitation")
DIGITS = re.compile(r"[0-9٠-٩]")


def _plain(component, language="en"):
    return re.sub("[\u2066-\u2069]|<[^>]+>", "", str(component.render(speaker(language)).html))


def _reasons(found):
    return " | ".join(map(str, found.reasons))


def test_windows_by_hand():
    """Periods of 91 days to the day; the day of joining counts nowhere; others have not joined yet."""
    join, end = 10_000, 10_000 + 2 * PERIOD
    days = [join - 2 * PERIOD, join - PERIOD - 1, join - PERIOD, join - 1, join, join + 1, join + PERIOD, join + 92]
    bought = Purchases(
        pd.Index(["m", "o"]), np.repeat([0, 1], 8), np.array(days * 2), np.arange(16.0), np.array([join, NEVER]), end
    )
    compared = compare(bought, before=2, after=2, seed=1)
    windows = compared.windows
    assert windows.member.tolist() == [True, False]
    assert windows.start.tolist() == [join, join]
    assert windows.orders[0].tolist() == [2, 2, 2, 1]
    assert windows.revenue[0].tolist() == [1, 5, 11, 7]
    assert (windows.recency[0], windows.tenure[0]) == (1, 2 * PERIOD)


def test_members_by_lot(fair_shop):
    """Nothing comes of the programme: the page says so without a number, and all members are accounted for."""
    found = study_loyalty(fair_shop)
    assert not found.reasons
    assert str(found.headline) == "The loyalty programme has no clear effect on what members spend"
    assert found.compared.windows.member.sum() + sum(found.compared.left_out.values()) == found.members
    assert found.members + found.others == 700
    assert found.effects["revenue"].low < 0 < found.effects["revenue"].high


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_of_members_by_lot(fair_shop, language):
    """The claims of others stand beside, only a random invitation tells, and no headline has a number."""
    found = study_loyalty(fair_shop)
    page = {name: _plain(getattr(show, name)(found), language) for name in VIEWS}
    assert not DIGITS.search(str(found.headline))
    assert {"en": "Only an invitation at random tells", "ar": "دعوة عشوائية"}[language] in page["answer"]
    assert {"en": "seven times", "ar": "سبعة أضعاف"}[language] in page["members_and_others"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"flag": [True, False] * 350}, "not known when members joined"),
        ({"joined": np.full(700, 600.0)}, "All customers are members"),
        ({"joined": np.where(np.arange(700) < 300, -50.0, np.nan)}, "before the data begins: 300"),
        ({"joined": np.where(np.arange(700) < 90, 600.0, np.nan)}, "Of 90 members 90 can be compared; 100 are needed"),
        ({"joined": np.where(np.arange(700) < 300, 150.0, np.nan)}, "too short a time before joining: 300"),
        ({"joined": np.where(np.arange(700) < 300, 990.0, np.nan)}, "too lately to see what came of it: 300"),
    ],
)
def test_what_cannot_be_told_is_not(made, reason):
    """Undated, all, before the data, too few, too new, too late: no range, the reason, and the way out."""
    found = study_loyalty(shop(**made))
    assert reason in _reasons(found).replace("\u2068", "").replace("\u2069", "")
    assert not found.effects
    assert found.table[["low", "high"]].isna().all(axis=None)
    assert "cannot be told" in str(found.headline)
    assert "Only an invitation at random tells" in _plain(show.answer(found))
    for name in VIEWS:
        assert getattr(show, name)(found).payload()["html"].keys() >= {"en", "ar"}


def test_joined_with_the_first_order():
    """Members who joined with their first order have no past to compare: refused, and counted."""
    plain = shop()
    first = plain.frame("transactions").groupby("customer_id")["day"].min().reset_index(drop=True)
    days = (first - pd.Timestamp("2024-01-01")).dt.days.to_numpy(float)
    found = study_loyalty(shop(joined=np.where(np.arange(700) < 300, days, np.nan)))
    assert "with their first order or before it" in _reasons(found)


def test_members_whom_nobody_is_like():
    """Where those join who buy most, and all of these, weighting leaves too few: refused."""
    plain = shop(customers=1_500)
    count = plain.frame("transactions").query("day < '2025-06-01'").groupby("customer_id").size()
    often = (count.rank() > 1_100).to_numpy()
    found = study_loyalty(shop(customers=1_500, joined=np.where(often, 560.0, np.nan)))
    assert "weighting leaves" in _reasons(found) or "Even with weights" in _reasons(found)


def test_a_programme_that_nobody_knows_of():
    """No column, a column of other words, or no day at all: the data knows of no programme, and nothing breaks."""
    for made in ({"flag": ["gold", "none"] * 350}, {"joined": np.full(700, np.nan)}):
        found = study_loyalty(shop(**made))
        assert str(found.headline) == "The data knows of no loyalty programme"
        assert [_plain(getattr(show, name)(found)) for name in VIEWS]
    rows = shop().frame("transactions")[["customer_id", "at"]].assign(amount=5)
    alone = Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")
    assert study_loyalty(alone).others == 700
    spells = pd.DataFrame({"customer_id": ["a"], "started_on": ["2026-01-01"], "ended_on": [None]})
    gym = Workspace.from_frames({"memberships": spells}, currency="SAR", time_zone="Asia/Riyadh")
    assert [_plain(getattr(show, name)(study_loyalty(gym))) for name in VIEWS]


def test_purchases_without_amounts(fair_shop):
    """Orders are compared; of what members spend nothing is said, not that they had begun to buy more."""
    rows = fair_shop.frame("transactions")[["customer_id", "at"]]
    people = fair_shop.frame("customers")[["customer_id", "loyalty_joined_on"]]
    tables = {"customers": people, "transactions": rows}
    found = study_loyalty(Workspace.from_frames(tables, currency="SAR", time_zone="Asia/Riyadh"))
    assert "orders" in found.effects
    assert "revenue" not in found.effects
    said = _plain(show.answer(found)) + _plain(show.reasons(found))
    assert "what members spend is not known" in said
    assert "had already changed how much they buy" not in said
    assert "plain comparison" not in _plain(show.headline_tiles(found))


def test_whom_to_invite(fair_shop):
    """Half of the others who still buy, the same every time, none of them a member; another seed draws others."""
    found = study_loyalty(fair_shop)
    drawn = draw_invitation(found)
    members = set(found.customers.loc[found.customers["member"], "customer_id"])
    assert drawn.invited == len(drawn.rows) // 2
    assert not members & set(drawn.rows["customer_id"])
    assert drawn.rows.equals(draw_invitation(study_loyalty(fair_shop)).rows)
    other = draw_invitation(study_loyalty(fair_shop, LoyaltyQuestion(seed=2)))
    assert not drawn.rows["invite"].equals(other.rows["invite"])
    assert 0.05 < drawn.detectable < 0.3
    assert re.search(r"Revenue before\s*SAR\s[\d,]+\s*SAR", _plain(show.sureness(found)))
    assert re.search(r"in points\s*–[^%]*[+−]?\d+\.\d\D", _plain(show.members_and_others(found)))
    rest = f"{len(drawn.rows) - drawn.invited:,}"
    assert f"{drawn.invited:,} customers are drawn to be invited, {rest} are not" in _plain(show.invitation(found))


@pytest.mark.parametrize("wrong", [{"periods_before": 1}, {"periods_after": 9}, {"margin": 25}, {"seed": -1}])
def test_parameters_that_cannot_be_meant(wrong):
    """Each is refused with what to write."""
    with pytest.raises(ParameterError):
        LoyaltyQuestion(**wrong)


def test_points_pay_from_a_rise_on(fair_shop):
    """At a margin of a quarter points of 2% pay from 8.7% more; points above the margin never pay."""
    found = study_loyalty(fair_shop, LoyaltyQuestion(points=0.02, margin=0.25))
    assert found.break_even == pytest.approx(0.02 / 0.23)
    assert "pay only where members spend 8.7% more" in _plain(show.sureness(found))
    assert np.isnan(study_loyalty(fair_shop, LoyaltyQuestion(points=0.3, margin=0.25)).break_even)
    assert np.isnan(study_loyalty(fair_shop).break_even)

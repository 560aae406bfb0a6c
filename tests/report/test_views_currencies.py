"""A page of a company that counts in dinars or yen: each amount has its currency's decimals, in both languages."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.report import data_section
from cxlib.report.views import segmentation as show
from cxlib.segments import Effort, SegmentQuestion, gather_segments, study_segments

VIEWS = (
    show.answer, show.headline_tiles, show.revenue_by_segment, show.segment_table, show.action_table,
    show.tiers, show.coming_back, show.start_months, show.group_evidence, show.group_cards, show.movement,
    show.next_period,
)  # fmt: skip
NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
AMOUNTS = {
    ("JPY", "en"): rf"JP¥{NUMBER}", ("JPY", "ar"): rf"{NUMBER}\u00a0JP¥",
    ("KWD", "en"): rf"KWD\u00a0{NUMBER}", ("KWD", "ar"): rf"{NUMBER}\u00a0د\.ك\.",
}  # fmt: skip


def company(currency, unit, decimals):
    """A hundred and fifty customers who buy small things, a tenth of them in dollars."""
    rng = np.random.default_rng(4)
    n = rng.poisson(6, 150) + 1
    days = [pd.Timestamp("2026-06-30") - pd.Timedelta(days=int(day)) for day in rng.integers(0, 400, n.sum())]
    amounts = [f"{amount * unit:.{decimals}f}" for amount in rng.gamma(4, 0.6, n.sum())]
    names = np.repeat([f"c{i}" for i in range(150)], n)
    sales = pd.DataFrame({"customer_id": names, "at": days, "amount": amounts})
    sales["currency"] = np.where(rng.random(len(sales)) < 0.1, "USD", currency)
    rates = pd.DataFrame({"date": ["2025-01-01"], "currency": "USD", "rate": 0.3 * unit})
    return Workspace.from_frames(
        {"transactions": sales, "rates": rates}, currency=currency, time_zone="Asia/Kuwait", as_of=dt.date(2026, 6, 30)
    )


@pytest.fixture(
    scope="module", params=[("KWD", 1, 3), pytest.param(("JPY", 480, 0), marks=pytest.mark.slow)], ids=["KWD", "JPY"]
)
def page(request):
    """The company and what its segmentation shows: currency, workspace, study, HTML by language."""
    shop = company(*request.param)
    study = study_segments(
        gather_segments(shop, SegmentQuestion("2026-06-30")),
        effort=Effort(resamples=2, resample_customers=100),
        draws=50,
    )
    parts = [view(study).payload()["html"] for view in VIEWS]
    html = {language: " ".join(part[language] for part in parts) for language in ("en", "ar")}
    return request.param[0], shop, study, html


def test_amounts_have_all_decimals_or_none(page):
    """No yen has a decimal, no dinar two; small amounts of dinars show what they are."""
    currency, _, _, html = page
    for language, text in html.items():
        plain = re.sub(r"[\u200e\u200f\u2066-\u2069]", "", re.sub(r"<[^>]+>", " | ", text))
        plain = re.sub(r"[\d.,]+\u00a0(million|مليون|ملايين)", "", plain)  # said in words, with three digits
        amounts = re.findall(AMOUNTS[currency, language], plain)
        decimals = {len(amount.partition(".")[2]) for amount in amounts}
        assert len(amounts) > 5  # the page has amounts to look at; how many depends on what it withholds
        assert decimals == ({0} if currency == "JPY" else {0, 3})


def test_the_total_is_that_of_the_converted_rows(page):
    """Revenue on the page is the sum of all rows, those in dollars by their rate; the export names its currency."""
    currency, shop, study, _ = page
    total = int(shop.frame("transactions").amount_cents.sum())
    [revenue] = [metric for metric in show.headline_tiles(study).payload()["metrics"] if metric["name"] == "revenue"]
    assert (revenue["value"], revenue["currency"]) == (total, currency)
    assert study.export["monetary_cents"].sum() == total
    assert set(study.export["currency"]) == {currency}


def test_the_data_section_says_what_was_converted(page, tmp_path, monkeypatch):
    """How many rows, by which rates, from when; in both languages."""
    currency, shop, _, _ = page
    monkeypatch.chdir(tmp_path)
    for folder in ("params", "notebooks"):
        (tmp_path / folder).mkdir()
    rows = int(shop.conversions["rows"].sum())
    html = data_section(shop).payload()["html"]
    assert f"The amounts of {rows:,} rows were in another currency and were converted to {currency}" in html["en"]
    assert "1 January 2025" in html["en"]
    assert "المبالغ المحوّلة إلى" in html["ar"]

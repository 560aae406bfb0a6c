"""What sentences, titles and tiles say beside tables gives no group away that the tables withhold: read and solved."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from scipy.optimize import linprog

from cxlib.data import Workspace
from cxlib.report import canvas, component
from cxlib.report.suppression import SUPPRESS_BELOW
from cxlib.report.svg import Drawing
from cxlib.report.views import segmentation as show
from cxlib.report.views.segmentation.cohorts import cohort_curve, cohort_map
from cxlib.report.views.segmentation.segments import seen
from cxlib.segments import Effort, SegmentQuestion, gather_segments, study_segments

END = dt.date(2026, 6, 30)
LEADER = re.compile(r"([A-Z][\w' ]+?)(?: are|,) ([\d.]+)% of customers,? (?:and )?bring")
AWAY = re.compile(r"([\d,]+) customers who used to buy often")
ACT = re.compile(r"“([^”]+)”: [^“]*today's ([\d,]+) customers")
AGAIN = re.compile(r"bought again in the month after their first \(95% interval [^,]+, ([\d,]+) customers\)")
NEWEST = re.compile(r"% of ([\d,]+), against \d[\d.]*% of ([\d,]+)")


def small_shop(seed):
    """Forty to three hundred customers, each with a rhythm and a size of purchase, some of whom have stopped."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in range(int(rng.integers(40, 300))):
        day, rhythm, size = rng.integers(20, 500), rng.lognormal(3.5, 1), rng.lognormal(3, 0.8)
        stops = rng.integers(0, 400) * (rng.random() < 0.6)
        while day > stops:
            rows.append(
                (f"c{name}", pd.Timestamp(END) - pd.Timedelta(days=int(day)), f"{size * rng.uniform(0.5, 2):.2f}")
            )
            day -= 1 + int(rng.exponential(rhythm))
    frame = pd.DataFrame(rows or [("c0", pd.Timestamp(END), "1.00")], columns=["customer_id", "at", "amount"])
    shop = Workspace.from_frames({"transactions": frame}, currency="GBP", time_zone="UTC")
    data = gather_segments(shop, SegmentQuestion(END.isoformat()))
    return study_segments(data, effort=Effort(resamples=2, resample_customers=50), draws=10)


def words_of(study):
    """All that the page says of segments and start months but for the cells of its tables, in English."""
    parts = (
        show.answer, show.headline_tiles, show.revenue_by_segment, show.segment_table,
        show.action_table, show.grid_map, show.tiers, show.coming_back, show.movement, show.next_period,
    )  # fmt: skip
    payloads = [part(study).payload() for part in parts]
    pages = [re.sub(r"<(table|style)\b.*?</\1>", " ", payload["html"]["en"], flags=re.DOTALL) for payload in payloads]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " . ".join(pages))).replace("&#39;", "'")


def number(text):
    """A count as it stands on the page."""
    return int(text.replace(",", ""))


def ends(hidden, facts):
    """The least and most that each hidden group can be, from sums known to lie between two numbers."""
    unknown = np.flatnonzero(hidden)
    rows = [(np.isin(unknown, np.flatnonzero(mask)).astype(float), low, high) for mask, low, high in facts]
    matrix = np.array([sign * row for row, _, _ in rows for sign in (1, -1)])
    limits = [limit for _, low, high in rows for limit in (high, -low)]
    for place in range(len(unknown)):
        goal = np.eye(len(unknown))[place]
        low, high = (linprog(way * goal, A_ub=matrix, b_ub=limits, bounds=(0, None)) for way in (1, -1))
        assert low.success
        yield unknown[place], low.fun, -high.fun if high.success else np.inf


def assert_open(counts, hidden, facts):
    """No group below thirty that is withheld is fixed by what is said and shown."""
    facts = [
        (mask, low - counts[mask & ~hidden].sum(), high - counts[mask & ~hidden].sum()) for mask, low, high in facts
    ]
    facts = [fact for fact in facts if (fact[0] & hidden).any()]
    for group, low, high in ends(hidden, facts):
        alone = hidden.all() and (counts > 0).sum() < 2
        assert alone or not 0 < counts[group] < SUPPRESS_BELOW or high - low > 1, (group, counts[group], low, high)


def facts_of_segments(study, words):
    """Sums of segments that sentences name: the whole, the leader's share, those to act on and those who are away."""
    table, n = study.segments.table, study.segments.customers
    names, everyone = table["name"].map(str), np.ones(len(table), dtype=bool)
    yield everyone, n, n
    for name, share in LEADER.findall(words):
        step = 0.5 if "." not in share else 0.05
        yield (names == name.strip()).to_numpy(), (float(share) - step) * n / 100, (float(share) + step) * n / 100
    for name, count in ACT.findall(words):
        yield (names == name).to_numpy(), number(count), number(count)
    for count in AWAY.findall(words):
        yield table["is_slipping"].to_numpy(bool), number(count), number(count)


def facts_of_months(study, words, shown):
    """Sums of start months that sentences and the curve beside them name, of all months or of those shown."""
    sizes, curve = study.cohorts.sizes, cohort_curve(seen(study).cohorts)
    complete = study.cohorts.cells[study.cohorts.cells["complete"]]
    ages = complete.groupby("cohort")["months_since"].max().reindex(sizes.index, fill_value=0).to_numpy()
    yield np.ones(len(sizes), dtype=bool), sizes.sum(), sizes.sum()
    told = [(1, number(count)) for count in AGAIN.findall(words)]
    spec = getattr(curve, "numbers", None)
    told += [] if spec is None else list(spec.visible[["months_since", "at_risk"]].itertuples(index=False, name=None))
    for month, count in told:
        of = [mask for mask in (ages >= month, (ages >= month) & shown) if sizes.to_numpy()[mask].sum() == count]
        assert of, (month, count)
        yield of[0], count, count
    for newest, older in NEWEST.findall(words):
        assert newest, older


@pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(2, 16), marks=pytest.mark.slow)], ids=["2 companies", "14 companies"]
)
def test_sentences_give_nothing_away(seeds):
    """Sixteen small companies in all, each made once; charts are plotted and not drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(component, "available_languages", lambda: ("en",))
        patch.setattr(canvas, "settle", lambda _: None)
        patch.setattr(canvas, "draw_svg", lambda _, **__: Drawing(Markup("<svg></svg>"), ()))
        shops = [(study, words_of(study)) for study in map(small_shop, seeds)]
    _give_no_segment_away(shops)
    _give_no_start_month_away(shops)
    _count_no_few_customers(shops)


def _give_no_segment_away(shops):
    """Names, shares and sums in sentences fix no withheld segment, and name none."""
    held = 0
    for study, words in shops:
        table = study.segments.table
        counts = table["customers"].to_numpy()
        hidden = (
            ~table["name"]
            .map(str)
            .isin(
                next(part.spec for part in show.segment_table(study).parts if hasattr(part, "spec"))
                .visible["name"]
                .map(str)
            )
            .to_numpy()
        )
        assert_open(counts, hidden, list(facts_of_segments(study, words)))
        held += int((hidden & (counts > 0)).sum())
        for name in table.loc[hidden, "name"].map(str):
            assert not re.search(rf"(?:^|\W){re.escape(name)}”? (?:are|bring|at|\d)", words), (name, words)
    assert held >= len(shops)


def _give_no_start_month_away(shops):
    """Nor do the numbers of customers behind rates of coming back, nor the steps of their curve."""
    for study, words in shops:
        spec = cohort_map(study.cohorts).numbers
        shown = study.cohorts.sizes.index.isin(spec.visible["cohort"])
        facts = list(facts_of_months(study, words, shown))
        assert_open(study.cohorts.sizes.to_numpy(), ~shown, facts)


def _count_no_few_customers(shops):
    """No sentence counts fewer than thirty customers, but where the company has no more."""
    counted = re.compile(r"(?<![\d,.])(\d+) (?:more )?(?:customers?|memberships|members|answers|comments)\b")
    for study, words in shops:
        found = {int(count) for count in counted.findall(words)} - {0, SUPPRESS_BELOW}
        assert min(found - {study.segments.customers}, default=SUPPRESS_BELOW) >= SUPPRESS_BELOW

"""Who the customers are, what they bring and what became of them: everything that a segmentation says, in one object.

`study_segments` looks for groups by how customers buy, which takes most of the time, once; `SegmentStudy.with_rules`
names segments by other rules without looking for groups again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import check_draws
from cxlib.language import Message, T, minor_units
from cxlib.measures.result import NO_AMOUNTS, Result, in_units
from cxlib.segments.advice import Advice, advise
from cxlib.segments.clustering.search import Effort
from cxlib.segments.clustering.select import ClusterSelection, select_clusters
from cxlib.segments.cohorts import CohortRetention, cohort_retention
from cxlib.segments.concentration import Concentration, measure_concentration
from cxlib.segments.gather import SegmentData
from cxlib.segments.migration import Migration, migrate
from cxlib.segments.personas import Personas, describe_groups
from cxlib.segments.rfm import RfmGrid
from cxlib.segments.rules import ONE_SEASON, TEN_SEGMENTS, RuleTable
from cxlib.segments.summary import SegmentSummary, check_preconditions, segment_summary
from cxlib.segments.tiers import ValueTiers, value_tiers
from cxlib.segments.usefulness import Usefulness, check_usefulness

QUICK_RESAMPLES = 20  # groups of the past are held against an outcome, which shows what they are worth by itself
_OF_MONEY = ["monetary", "monetary_score", "tier", "currency"]
MIXED = T("Amounts change from one day to the next, so nothing is said of money here")
DIVISIONS = {"segments": T("Segments"), "tiers": T("Value tiers"), "groups": T("Groups by how they buy")}


@dataclass(frozen=True)
class SegmentFits:
    """What does not depend on the rules of the segments.

    `personas`: Of the groups; None without any.
    `past_groups`: The groups of `compared_days` ago; None where too few were customers then.
    """

    data: SegmentData
    concentration: Concentration
    cohorts: CohortRetention
    groups: ClusterSelection
    personas: Personas | None
    past_groups: ClusterSelection | None
    draws: int
    seed: int


@dataclass(frozen=True, repr=False)
class SegmentStudy(Result, SegmentFits):
    """What is known of a company's customers; a part is None where the data does not bear it.

    `grid`: Fitted to today's customers, by the rules.
    `usefulness`: What divisions made then say of the time since. Both are None where too few were customers then.
    `advice`: Whom to act on first, and who has left.
    """

    inside = ("export", "act_first")

    grid: RfmGrid
    segments: SegmentSummary
    tiers: ValueTiers
    movement: Migration | None
    usefulness: Usefulness | None
    advice: Advice

    def with_rules(self, rules: RuleTable) -> SegmentStudy:
        """The same customers under other rules of the segments: groups are not looked for again."""
        return _by_rules(self, rules, tiers=self.tiers)

    @property
    def as_of(self) -> pd.Timestamp:
        """The last day with a purchase."""
        return pd.Timestamp(self.data.customers["last_day"].max())

    @property
    def warnings(self) -> tuple[Message, ...]:
        """What a reader must know before trusting segments at all."""
        steps = [found.message for found in self.data.breaks if found.undoes_amounts]
        told = ("crowd", "relays", "late", "new", "brought", *(["prices"] if self.data.has_amounts else []))
        crowd = [found.in_sums for found in self.data.breaks if found.kind in told]
        season = [] if self.data.season is None else [self.data.season.message]
        return (*season, *check_preconditions(self.data.customers), *crowd, *steps)

    @property
    def no_money(self) -> Message:
        """Why nothing is said of money, where nothing is."""
        return MIXED if any(found.undoes_amounts for found in self.data.breaks) else NO_AMOUNTS

    @property
    def scores(self) -> pd.DataFrame:
        """Where the edges of the scores fell: measure, score, lowest, highest, customers.

        Lowest and highest are days of recency, purchase days of frequency, and units of the currency of monetary.
        """
        table = self.grid.scores_
        units = np.where(table["measure"] == "monetary", minor_units(self.tiers.currency), 1)
        return table.assign(lowest=table["lowest"] / units, highest=table["highest"] / units)

    @property
    def export(self) -> pd.DataFrame:
        """One row a customer: scores, segment, tier, group, standing ("left", "sliding"); `_cents` are minor units.

        Customers of a segment to act on first are marked in `act_first` and stand first, who spent most on top.
        """
        standing = self.advice.table.set_index("segment")["standing"]
        table = self.tiers.assigned.join(self.groups.labels, on="customer_id")
        keys = table["segment"].astype(str)
        table = table.assign(currency=self.tiers.currency, standing=keys.map(standing))
        table = table.assign(act_first=keys.isin(self.advice.first["segment"]))
        order = ["act_first", "monetary", "customer_id"]
        table = table.sort_values(order, ascending=[False, False, True], ignore_index=True)
        if not self.data.has_amounts:
            return table.drop(columns=[*_OF_MONEY, "last_period_cents"], errors="ignore")
        return table.rename(columns={"monetary": "monetary_cents"})

    @property
    def frame(self) -> pd.DataFrame:
        """The DataFrame to go on with: `export` with amounts in units of the currency, and segments by their names."""
        names = self.words["segment"]
        table = self.export.assign(segment=[str(names[str(key)]) for key in self.export["segment"]])
        if not self.data.has_amounts:
            return table.merge(self.tiers.assigned[["customer_id", "monetary", "tier"]])
        return in_units(table, self.tiers.currency)

    @property
    def words(self) -> dict[str, dict[str, Message]]:
        """By column of `export`, what a reader sees for its values, and under ``""`` for the column itself."""
        table = self.advice.table
        names = {str(key): name for key, name in zip(table["segment"], table["name"], strict=True)}
        return {"segment": names, "tier": {"": T("Tier by what was spent")}}

    @property
    def act_first(self) -> pd.DataFrame | None:
        """Of `export` the customers of the segments to act on first; None where there is none."""
        chosen = self.export.query("act_first").drop(columns="act_first")
        return None if chosen.empty else chosen

    @property
    def face(self) -> pd.DataFrame:
        """Of the segments."""
        return self.segments.face

    @property
    def headline(self) -> Message:
        """Who brings most revenue."""
        return self.segments.headline


def study_segments(
    data: SegmentData,
    *,
    rules: RuleTable = TEN_SEGMENTS,
    effort: Effort | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> SegmentStudy:
    """Study who the customers are, what they bring and what became of them.

    `rules`: Rules of the segments; `SegmentStudy.with_rules` changes them without looking for groups again.
    `draws`, `seed`: Resamples of customers behind the intervals, half of them for what is said of time to come; and
        their seed.
    Raises DataError: there are no customers.
    Raises ParameterError: fewer than two draws, or a seed below zero.

    >>> from cxlib.data import Workspace
    >>> from cxlib.segments.gather import gather_segments
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> study = study_segments(gather_segments(shop), draws=50)
    >>> study.export[["customer_id", "segment", "tier"]].values.tolist()
    [['b', 'about_to_sleep', 'middle'], ['a', 'hibernating', 'low']]
    """
    check_draws(draws, seed)
    by = None if data.has_amounts else ("log_gap_days",)  # None: the usual
    look = partial(select_clusters, features=by, most=data.question.most_groups, seed=seed)
    groups, quick = look(data.rhythm, previous=data.last_groups, effort=effort), Effort(resamples=QUICK_RESAMPLES)
    fits = SegmentFits(
        data,
        concentration=measure_concentration(data.customers, draws=draws, seed=seed),
        cohorts=cohort_retention(data.cohorts, currency=data.currency),
        groups=groups,
        personas=describe_groups(
            data.rhythm, groups, attributes=data.attributes, comments=data.comments, currency=data.currency
        ),
        past_groups=None if data.past_rhythm is None else look(data.past_rhythm, effort=quick),
        draws=draws,
        seed=seed,
    )
    return _by_rules(fits, rules)


def _by_rules(fits: SegmentFits, rules: RuleTable, *, tiers: ValueTiers | None = None) -> SegmentStudy:
    data = fits.data
    if data.season is not None and ONE_SEASON not in rules.rules:
        rules = replace(rules, rules=(*rules.rules, ONE_SEASON))
    currency, within = data.currency, data.question.retained_within_days
    grid = RfmGrid(rules, currency).fit(data.customers)
    assigned = grid.assign(data.customers).merge(data.costs, how="left")
    segments = segment_summary(assigned, rules=rules, notices=grid.notices_, currency=currency)
    doubted = next((found.message for found in data.breaks if found.undoes_customers), None)
    moves = _moves(data, rules) if doubted is None else None
    advice = advise(moves, segments, rules=rules, days=data.question.compared_days, bound=data.question.left_below)
    return SegmentStudy(
        **{part.name: getattr(fits, part.name) for part in fields(SegmentFits)},
        grid=grid,
        segments=segments,
        tiers=value_tiers(
            assigned, retained_within_days=within, currency=currency, draws=fits.draws, seed=fits.seed, before=tiers
        ),
        movement=None if data.past is None else migrate(data.past, data.customers, rules=rules, currency=currency),
        usefulness=_usefulness(fits, rules),
        advice=replace(advice, doubted=doubted),
    )


def _moves(data: SegmentData, rules: RuleTable) -> pd.DataFrame | None:
    """Customers of the earlier day with their segment then and now, both by its edges."""
    if data.past is None:
        return None
    grid = RfmGrid(rules, data.currency).fit(data.past)
    now = grid.assign(data.customers).set_index("customer_id")["segment"].astype(str)
    return grid.assign(data.past).assign(after=data.past["customer_id"].map(now))


def _usefulness(fits: SegmentFits, rules: RuleTable) -> Usefulness | None:
    """Everything is made anew from what was known on the earlier day: rows after it take part in the outcome only."""
    past, groups = fits.data.past, fits.past_groups
    if past is None:
        return None
    grid = RfmGrid(rules, fits.data.currency).fit(past)
    divisions = {
        "segments": grid.assign(past).set_index("customer_id")["segment"].astype(str),
        "tiers": value_tiers(past, draws=1).assigned.set_index("customer_id")["tier"],
    }
    if groups is not None and groups.k is not None:
        divisions["groups"] = groups.labels
    names = {key: rules.name(key) for key in rules.keys}
    return check_usefulness(
        past,
        divisions,
        labels=DIVISIONS,
        names=names,
        currency=fits.data.currency,
        draws=max(fits.draws // 2, 2),
        seed=fits.seed,
    )

"""Whether a segmentation says anything about time held out: spend and retention in the next period, by segment.

Segments are made from what was known on a cut-off day; what customers did afterwards was not looked at. The share of
variance that the groups explain is eta squared adjusted for their number, ``1 - (1 - SSB/SST)(n - 1)/(n - g)`` (Cohen,
Cohen, West & Aiken 2003, eq. 3.6.1), so that random groups explain nothing on average.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Codes, Floats
from cxlib.language import Count, Message, Percent, T, WordList
from cxlib.measures.result import Result, Valued, in_quantities, row_quantities
from cxlib.measures.sampling import group_means, percentiles, wilson
from cxlib.segments.rfm import Edges

OUTCOMES = ("spend", "retention")
CHUNK = 10_000  # customers whose draws are held in memory at once
MOST_KEPT = 20_000_000  # draws of customers, a byte each, that are kept
BASELINES = WordList("simple divisions of customers")


@dataclass(frozen=True, repr=False)
class Usefulness(Valued, Result):
    """What segmentations say about the next period.

    `explained`: By segmentation and baseline: name (key), label, is_baseline, groups, and for each outcome (spend,
        retention) the share of variance explained with _low and _high (95%), and, for segmentations, over_baseline: its
        lead over the best baseline, with _low and _high.
    `groups`: name, group, label, customers, mean_cents (spend in the next period) with low and high, retained,
        retention with retention_low and retention_high (Wilson).
    `customers`: Customers known on the cut-off.
    """

    inside = ("groups",)

    explained: pd.DataFrame
    groups: pd.DataFrame
    customers: int
    currency: str

    @property
    def face(self) -> pd.DataFrame:
        """`explained` for a reader."""
        names = {
            "of spend": "spend", "low": "spend_low", "high": "spend_high",
            "of retention": "retention", "retention, low": "retention_low", "retention, high": "retention_high",
        }  # fmt: skip
        shares = {title: (name, Percent) for title, name in names.items()}
        return in_quantities(self.explained, {"segmentation": "label", "groups": Count, **shares})

    @property
    def headline(self) -> Message:
        """What the best segmentation explains of next-period spend."""
        own = self.explained[~self.explained["is_baseline"]]
        if own["spend"].notna().sum() == 0:
            return T(
                "All {n} customers did the same in the next period, so nothing can be explained",
                n=Count(self.customers),
            )
        best: pd.Series = own.iloc[int(np.nanargmax(own["spend"].to_numpy()))]
        return T(
            "{name} explain {share} of the differences in spend in the next period (95% interval {low} to {high}, "
            "{n} customers)",
            name=best["label"],
            n=Count(self.customers),
            **row_quantities(best, Percent, share="spend", low="spend_low", high="spend_high"),
        )

    @property
    def verdicts(self) -> tuple[Message, ...]:
        """For each segmentation, whether it says more about spend than the best simple rule."""
        own = self.explained[~self.explained["is_baseline"] & self.explained["spend"].notna()]
        return tuple(self._verdict(row) for _, row in own.iterrows())

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, then a verdict on each segmentation."""
        return (self.headline, *self.verdicts)

    def _verdict(self, row: pd.Series) -> Message:
        baselines = self.explained[self.explained["is_baseline"]]
        best: pd.Series = baselines.iloc[int(np.nanargmax(baselines["spend"].to_numpy()))]
        values = {
            "name": row["label"],
            "share": Percent(row["spend"]),
            "baseline": best["label"],
            "other": Percent(best["spend"]),
        }
        if row["over_baseline_low"] > 0:
            return T(
                "{name} say more about spend to come than a simple rule: {share}, against {other} by “{baseline}”",
                **values,
            )
        if row["over_baseline_high"] < 0:
            return T(
                "{name} say less about spend to come than a simple rule: {share}, against {other} by “{baseline}”",
                **values,
            )
        return T(
            "{name} say about as much about spend to come as a simple rule: {share}, and {other} by “{baseline}”",
            **values,
        )


def check_usefulness(
    frame: pd.DataFrame,
    segmentations: Mapping[str, pd.Series],
    *,
    labels: Mapping[str, Message] | None = None,
    names: Mapping[str, Message] | None = None,
    currency: str = "",
    draws: int = 500,
    seed: int = 0,
) -> Usefulness:
    """Compare segmentations, and simple rules, by what they say about the next period.

    `frame`: The table of `cxlib.data.next_period_frame`: what was known on the cut-off, and next_cents,
        next_purchase_days.
    `segmentations`: By name the group of each customer, by customer_id, made from columns before the cut-off. Customers
        without a group form one of their own.
    """
    table = frame.set_index("customer_id", drop=False)
    own = {name: _codes(groups.reindex(table.index)) for name, groups in segmentations.items()}
    most = max(int(codes.max()) + 1 for codes, _ in own.values())
    compared = {**{name: codes for name, (codes, _) in own.items()}, **_baselines(table, most, seed)}
    outcomes = np.stack([table["next_cents"], table["next_purchase_days"] > 0], axis=1).astype(float)
    titles = {**{name: (labels or {}).get(name, name) for name in own}, **BASELINES}
    explained = _explained(compared, outcomes, baselines=list(BASELINES), draws=draws, seed=seed)
    explained.insert(1, "label", [titles[name] for name in explained["name"]])
    groups = pd.concat([_by_group(table, name, *division) for name, division in own.items()], ignore_index=True)
    groups["label"] = groups["group"].map(lambda group: (names or {}).get(group, str(group)))
    return Usefulness(explained, groups, len(table), currency)


def _codes(labels: pd.Series) -> tuple[Codes, pd.Index]:
    codes, levels = pd.factorize(labels.astype(object), sort=True, use_na_sentinel=True)
    alone = codes < 0
    codes = np.where(alone, len(levels), codes).astype(np.int64)
    return codes, pd.Index([*levels, *([None] if alone.any() else [])], dtype=object)


def _baselines(table: pd.DataFrame, most: int, seed: int) -> dict[str, Codes]:
    """Fifths by the same rule for ties as the RFM scores, and as many random groups as the finest segmentation has."""
    columns = {"frequency_fifth": "frequency", "last_period_fifth": "last_period_cents"}
    fifths = {name: table[column].to_numpy(float) for name, column in columns.items()}
    random = np.random.default_rng([seed, 1]).integers(0, most, len(table))
    return {**{name: Edges.fit(values).score(values) - 1 for name, values in fifths.items()}, "random": random}


def _explained(
    compared: dict[str, Codes], outcomes: Floats, *, baselines: list[str], draws: int, seed: int
) -> pd.DataFrame:
    centred = outcomes - outcomes.mean(axis=0)
    point = _shares(_sums(compared, centred), compared)
    drawn = _shares(_sums(compared, centred, draws=draws, seed=seed), compared)
    best = max(baselines, key=lambda name: np.nan_to_num(point[name][0, 0], nan=-np.inf))
    rows = []
    for name, codes in compared.items():
        lead = point[name][0, 0] - point[best][0, 0], drawn[name][:, 0] - drawn[best][:, 0]
        named = {"name": name, "is_baseline": name in baselines, "groups": len(np.unique(codes))}
        spend, retention = (_with_interval(o, point[name][0, at], drawn[name][:, at]) for at, o in enumerate(OUTCOMES))
        rows.append({**named, **spend, **retention, **_with_interval("over_baseline", *lead)})
    return pd.DataFrame(rows)


def _sums(compared: dict[str, Codes], outcomes: Floats, *, draws: int = 1, seed: int | None = None) -> Floats:
    """Squares of the outcomes, then by group customers and outcomes: (draws, 2 + 3 x groups of all), summed in parts.

    With `seed` each draw weighs customers by Poisson numbers: a bootstrap whose size varies a little and that needs one
    pass for any number of customers. All segmentations see the same draws, so they can be compared.
    """
    sizes = [int(codes.max()) + 1 for codes in compared.values()]
    total = np.zeros((draws, outcomes.shape[1] + (1 + outcomes.shape[1]) * sum(sizes)))
    weigh = _kept_weights if draws * len(outcomes) <= MOST_KEPT else _weights
    drawn = iter(weigh(seed, draws, len(outcomes), CHUNK))
    for at in range(0, len(outcomes), CHUNK):
        part = outcomes[at : at + CHUNK]
        columns = [part**2]
        for codes, size in zip(compared.values(), sizes, strict=True):
            member = np.eye(size)[codes[at : at + CHUNK]]
            columns += [member, *(member * part[:, [o]] for o in range(part.shape[1]))]
        weights = next(drawn).astype(float)
        total += weights @ np.concatenate(columns, axis=1)
    return total


def _weights(seed: int | None, draws: int, n: int, part: int) -> Iterator[NDArray[np.uint8]]:
    """How often each draw takes each customer, by parts of the customers; without a seed all once."""
    rng = np.random.default_rng(seed)
    for at in range(0, n, part):
        size = draws, min(part, n - at)
        yield np.ones(size, np.uint8) if seed is None else rng.poisson(1.0, size).astype(np.uint8)


@lru_cache(maxsize=2)
def _kept_weights(seed: int | None, draws: int, n: int, part: int) -> tuple[NDArray[np.uint8], ...]:
    """The same, for other rules of the same customers."""
    return tuple(_weights(seed, draws, n, part))


def _shares(sums: Floats, compared: dict[str, Codes]) -> dict[str, Floats]:
    """Adjusted eta squared by segmentation: (draws, outcomes); NaN where an outcome does not vary."""
    count = len(OUTCOMES)
    squares, at, shares = sums[:, :count], count, {}
    for name, codes in compared.items():
        size = int(codes.max()) + 1
        n, by_outcome = sums[:, at : at + size], sums[:, at + size : at + size * (1 + count)]
        at += size * (1 + count)
        shares[name] = np.stack(
            [_adjusted(n, by_outcome[:, o * size : (o + 1) * size], squares[:, o]) for o in range(count)], axis=1
        )
    return shares


def _adjusted(n: Floats, totals: Floats, squares: Floats) -> Floats:
    """From customers and totals by group (draws, groups) and the sum of squares of everyone (draws,)."""
    everyone, groups = n.sum(axis=1), (n > 0).sum(axis=1)
    correction = totals.sum(axis=1) ** 2 / everyone
    within = squares - (totals**2 / np.where(n > 0, n, 1)).sum(axis=1)
    variance = squares - correction
    free = everyone - groups
    varies = (variance > 1e-9 * everyone) & (free > 0)
    share = within / np.where(varies, variance, 1) * (everyone - 1) / np.where(varies, free, 1)
    return np.where(varies, 1 - share, np.nan)


def _with_interval(name: str, value: float, drawn: Floats) -> dict[str, float]:
    """With the interval, less what resamples explain more than the sample: customers drawn twice look like a group."""
    known = drawn[np.isfinite(drawn)]
    more = float(known.mean()) - value if len(known) else 0.0
    low, high = (end - more for end in percentiles(known))
    return {name: float(value), f"{name}_low": low, f"{name}_high": high}


def _by_group(table: pd.DataFrame, name: str, codes: Codes, levels: pd.Index) -> pd.DataFrame:
    n = table["next_cents"].groupby(codes).size()
    means = group_means(codes, table["next_cents"])
    retained = (table["next_purchase_days"] > 0).groupby(codes).sum()
    low, high = wilson(retained, n)
    return pd.DataFrame(
        {
            "name": name,
            "group": levels[n.index],
            "customers": n,
            "mean_cents": means["mean"],
            "low": means["low"],
            "high": means["high"],
            "retained": retained,
            "retention": retained / n,
            "retention_low": low,
            "retention_high": high,
        }
    )

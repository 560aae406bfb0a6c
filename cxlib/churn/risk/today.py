"""Whether features say of today's customers what they said of past ones: a leak is silent about today.

What was filled in or changed after customers had left tells past leavers apart, and nobody of today: by it hardly any
of today's customers would leave. With r(x) the share of past rows with value x that left, learned on other customers::

    implied share = (mean r today - mean r of the kept) / (mean r of leavers - mean r of the kept)

Source: Lipton, Wang & Smola, Detecting and correcting for label shift with black box predictors, ICML (2018), for two
classes. Honest features drift, so that the share is held against how far each past cut-off's implied share, from the
other cut-offs, was from what came.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from cxlib.checks import Codes, Flags, Floats
from cxlib.churn.risk.guards import quantile_codes
from cxlib.churn.risk.snapshots import Snapshots, halves
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result, in_quantities

SMOOTHING = 5.0  # rows at the average share that each value is mixed with
LEAST_GAP = 0.4  # between leavers and kept, in standard deviations: below, a feature's silence says nothing
FARTHEST = -2.0  # standard errors, drift in them, below the usual share
FEWEST_CUT_OFFS = 3  # past ones, without which nobody knows how far features drift
LEAST_SHARE = 0.5  # of the usual share: an implied share above it is no silence
SILENT = 3.0  # standard errors below nobody, up to which the model's risk is silent: beyond, features moved together
PRIOR_ERROR, PRIOR_CUT_OFFS = 0.1, 2.0  # of the usual share, by which drift puts off a cut-off; cut-offs it is worth
AHEAD = 2.0  # times the past errors, as today lies outside the cut-offs and those between others
MORE_MISSING = 0.3  # share of today's customers beyond any past cut-off's
SHARPENED = 2.5  # standard errors by which what a customer has for good tells more at the last past day than early on
LIKE_CLOCKS = 0.9  # share of steps, between cut-offs of who stayed, in which a count of days is one
AGAINST = 4.0  # standard errors that a rate lies above a trend
UNLIKE, UNLIKE_PAST = 1.0, 10.0  # stability index of today, and so many times that of any two past cut-offs
ALL = "(all features together)"


@dataclass(frozen=True, repr=False)
class TodayCheck(Result):
    """What features say of today's customers against what they said of past ones.

    `table`: feature (`ALL`: the model's risk), kind ("values", "missing", "clock": a count of days that goes back,
        "unlike": other values than ever before), today, usual (shares), z, gap (leavers less kept, in standard
        deviations), suspect; suspects first.
    `labels`: What a reader calls the features.
    """

    inside = ("table", "labels", "suspects")

    table: pd.DataFrame
    labels: dict[str, Message]
    n: int

    @property
    def suspects(self) -> pd.DataFrame:
        """Rows of the table that look like leaks; all features together only where no feature does alone."""
        rows = self.table[self.table["suspect"].astype(bool)]
        alone = rows[rows["feature"] != ALL]
        return rows if alone.empty else alone

    @property
    def findings(self) -> tuple[Message, ...]:
        """A sentence for each suspect."""
        return tuple(self._say(row) for _, row in self.suspects.iterrows())

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        return in_quantities(
            self.table, {"feature": self._label, "kind": "kind", **dict.fromkeys(("today", "usual"), Percent)}
        )

    @property
    def headline(self) -> Message:
        """The first suspect, or that there is none."""
        if self.table.empty:
            return T("Whether features are as usual today cannot be said: that takes three past days that they tell of")
        values: dict[str, object] = {"n": Count(self.n), "features": Count(len(self.labels))}
        clean = T("Of {features} features none that told who left is silent about today’s {n} customers", **values)
        return next(iter(self.findings), clean)

    def _label(self, name: str) -> Message:
        return self.labels.get(name, T("all features together"))

    def _say(self, row: pd.Series) -> Message:
        values = {
            "feature": self._label(row["feature"]),
            "today": Percent(max(row["today"], 0.0)),
            "usual": Percent(row["usual"]),
        }
        if row["kind"] == "missing":
            return T(
                "Today’s risks cannot be trusted: “{feature}” told who left, and is missing for {today} of today’s "
                "customers, where {usual} lacked it before. It seems to be filled in only afterwards: leave it out",
                **values,
            )
        if row["kind"] == "unlike":
            return T(
                "Today’s risks cannot be trusted: “{feature}” told who left, and its values today are unlike those of "
                "any past day. It seems to be counted over days that were still to come: leave it out",
                **values,
            )
        if row["kind"] == "clock":
            return T(
                "Today’s risks cannot be trusted: “{feature}” went back for past customers who left, which no count of "
                "days does, and for hardly any of today. The date seems to be overwritten at leaving: leave it out",
                **values,
            )
        if row["feature"] == ALL:
            return T(
                "Today’s risks cannot be trusted: the features together speak for {today} of today’s customers "
                "leaving, where {usual} left before. Something in them seems to be known only after customers leave",
                **values,
            )
        return T(
            "Today’s risks cannot be trusted: “{feature}” told who left, and by it {today} of today’s customers would "
            "leave, where {usual} left before. It seems to be filled in or changed after customers leave: leave it out",
            **values,
        )


def check_today(snapshots: Snapshots, risk: Floats | None = None) -> TodayCheck:
    """Hold what each feature says of today's customers against what it said of past ones."""
    rows: list[tuple[object, ...]] = []
    if len(snapshots.cut_offs) >= FEWEST_CUT_OFFS:
        known = snapshots.known
        days = np.searchsorted(snapshots.cut_offs, known["cut_off"])
        past = (days * 2 + halves(known["customer_id"])) * 2 + snapshots.churned
        cells = past, halves(snapshots.open["customer_id"])
        for name, kind, codes in _coded(snapshots, risk):
            rows.extend(_judge(snapshots, cells, (name, kind), codes))
    table = pd.DataFrame(rows, columns=["feature", "kind", "today", "usual", "z", "gap", "suspect"])
    table = table.sort_values(["suspect", "z"], ascending=[False, True], kind="stable")
    table = table.drop_duplicates(["feature", "kind"], ignore_index=True)
    labels = {name: snapshots.feature(name).label for name in snapshots.features}
    return TodayCheck(table, labels, len(snapshots.open))


def _coded(snapshots: Snapshots, risk: Floats | None) -> Iterator[tuple[str, str, Codes]]:
    """Name, kind and codes (0: missing) of whatever is held against the past, for known rows and then open ones."""
    parts, n = (snapshots.known, snapshots.open), len(snapshots.known)

    def whole(name: str) -> pd.Series:
        return pd.concat([part[name] for part in parts], ignore_index=True)

    who, day = whole("customer_id").factorize()[0], (whole("cut_off") - pd.Timestamp(0)).dt.days.to_numpy(float)
    order = np.lexsort((day, who))
    turns = who[order], day[order], (whole("churned").to_numpy(float) == 0)[order]
    for name in snapshots.numeric:
        values = whole(name).to_numpy(float)
        codes = quantile_codes(values, values[:n])
        yield name, "values", codes
        for odd in _against_the_trend(codes, snapshots.churned):
            yield name, "values", odd
        broken = _goes_back(turns, values[order])
        if broken is not None:
            yield name, "clock", 1 + broken[np.argsort(order)].astype(np.int64)
    for name in snapshots.text:
        yield name, "values", (whole(name).astype(object).factorize()[0] + 1).astype(np.int64)
    if risk is not None:
        yield ALL, "values", quantile_codes(risk, risk[:n])


def _against_the_trend(codes: Codes, churned: Codes) -> Iterator[Codes]:
    """Whether customers with a value left more often than a rising, or a falling, rate allows; none if either fits.

    What is overwritten for leavers mixes them among those who seldom leave, while the others go on to tell of today.
    """
    known = codes[: len(churned)]
    n, left = np.bincount(known, minlength=codes.max() + 1), np.bincount(known, churned, minlength=codes.max() + 1)
    at = np.flatnonzero(n[1:]) + 1
    sets = []
    for rises in (True, False):
        fit = isotonic_regression(left[at] / n[at], weights=n[at], increasing=rises).x
        sets.append(at[(left[at] - n[at] * fit) > AGAINST * np.sqrt(n[at] * fit * (1 - fit) + 0.25)])
    if all(map(len, sets)):
        yield from (np.where(codes > 0, 1 + np.isin(codes, own), 0).astype(np.int64) for own in sets)


def _goes_back(turns: tuple[Codes, Floats, Flags], values: Floats) -> Flags | None:
    """Rows that count days from a day that another of the customer's belies; None: no clock.

    `turns`: By customer and day, the number of the customer, the day, and whether that one stayed.

    Days since a start are counted from one day for good; days since the last time from the same day or one that has
    come since. Of two days that do not agree, the later one is taken to be wrong.
    """
    customers, day, stayed = turns
    start = day - values
    steps = np.diff(start)
    own = (customers[1:] == customers[:-1]) & ~np.isnan(steps)
    still, usual = np.abs(steps) < 1, own & stayed[1:] & stayed[:-1]
    if not usual.any() or still[own].all():
        return None
    agrees = still if np.mean(still[usual]) >= LIKE_CLOCKS else still | (start[1:] >= day[:-1] - 1)
    if np.mean(agrees[usual]) < LIKE_CLOCKS:
        return None
    pairs = np.flatnonzero(own & ~agrees)
    broken = np.zeros(len(values), dtype=bool)
    broken[pairs + (steps[pairs] > 0)] = True
    return broken


def _judge(
    snapshots: Snapshots, cells: tuple[Codes, Codes], of: tuple[str, str], codes: Codes
) -> Iterator[tuple[object, ...]]:
    """Rows of the table, of a name and kind; `cells`: day, half and outcome of past rows as one code, half of open."""
    (past, now), (name, kind), size = cells, of, int(codes.max()) + 1
    place = past * size + codes[: len(past)]
    shape = (len(snapshots.cut_offs), 2, 2, size)
    counts = np.bincount(place, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    open_rows = np.bincount(now * size + codes[len(past) :], minlength=2 * size).reshape(2, size).astype(float)
    shares = counts[:, :, 1].sum(axis=(1, 2)) / counts.sum(axis=(1, 2, 3))
    usual = min(shares[-1], float(shares.mean()))
    today, variance, gap = _implied(counts.sum(axis=0), open_rows)
    if np.isnan(today):
        return
    error = np.sqrt(variance + _drift(counts, shares, usual) + usual * (1 - usual) / counts[-1].sum())
    z = (today - usual) / error
    far = z < FARTHEST or (_is_fixed(snapshots, name) and _sharpens(counts))
    speaks = name == ALL and today < -SILENT * np.sqrt(variance)  # of ever fewer: a season, where a leak says nothing
    silent = bool(far and not speaks and today < LEAST_SHARE * usual and gap > LEAST_GAP)
    yield name, kind, today, usual, z, gap, silent
    missing = counts[..., 0].sum(axis=(1, 2)) / counts.sum(axis=(1, 2, 3))
    absent = float(open_rows[:, 0].sum() / open_rows.sum())
    before, unlike = _unlike(counts.sum(axis=(1, 2)), open_rows.sum(axis=0))
    if kind != "values" or gap <= LEAST_GAP:
        return
    if absent > missing.max() + MORE_MISSING:
        yield name, "missing", absent, float(missing[-1]), -np.inf, gap, True
    elif name != ALL and not silent and unlike > max(UNLIKE, UNLIKE_PAST * before):
        yield name, "unlike", today, usual, -np.inf, gap, True


def _is_fixed(snapshots: Snapshots, name: str) -> bool:
    """Whether each customer has one value for good, so that it drifts only with who comes and goes."""
    if name == ALL:
        return False
    (order, who), known = snapshots.in_turn, snapshots.frame["churned"].notna().to_numpy()
    known, values = known[order], snapshots.frame[name].factorize()[0][order]
    same = who[known][1:] == who[known][:-1]
    return bool((np.diff(values[known]) == 0)[same].all())


def _sharpens(counts: Floats) -> bool:
    """Whether values tell more at the last day than in the first half of days (days, halves, outcomes, codes).

    What was written over when customers left, whenever that was, marks all who are to leave: early on most of them
    count as kept, at the last day none.
    """
    total = counts.sum(axis=0)
    other, base = total[::-1], total[:, 1].sum() / total.sum()
    score = (other[:, 1] + SMOOTHING * base) / (other.sum(axis=1) + SMOOTHING)
    risky = score > (_moments(score, total[:, 0])[0] + _moments(score, total[:, 1])[0]) / 2
    parts = np.stack([counts[: len(counts) // 2].mean(axis=0), counts[-1]])
    cells = np.stack([(parts * side[:, None]).sum(axis=(1, 3)) for side in (risky, ~risky)]) + 0.5
    ratio = np.log(cells[0, :, 1] * cells[1, :, 0] / (cells[0, :, 0] * cells[1, :, 1]))
    return bool(ratio[1] - ratio[0] > SHARPENED * np.sqrt((1 / cells).sum()))


def _unlike(past: Floats, today: Floats) -> tuple[float, float]:
    """Stability index of any two past cut-offs at most, and of today against the nearest of them (days by codes)."""
    days = np.vstack([past, today]) + 0.5
    shares = days / days.sum(axis=1, keepdims=True)
    index = ((shares[:, None] - shares) * np.log(shares[:, None] / shares)).sum(axis=2)
    return float(index[:-1, :-1].max()), float(index[-1, :-1].min())


def _drift(counts: Floats, shares: Floats, usual: float) -> float:
    """Variance of the implied share beyond chance: of past cut-offs, each from the others, shrunk to a prior."""
    excess = [0.0]
    for at, share in enumerate(shares if len(shares) > 1 else ()):
        value, variance, _ = _implied(counts.sum(axis=0) - counts[at], counts[at].sum(axis=1))
        excess.append(max(float(np.nan_to_num((value - share) ** 2 - variance)), 0.0))
    prior = PRIOR_CUT_OFFS * (PRIOR_ERROR * usual) ** 2
    return AHEAD**2 * (sum(excess) + prior) / (len(excess) - 1 + PRIOR_CUT_OFFS)


def _implied(learn: Floats, target: Floats) -> tuple[float, float, float]:
    """Share of a target (halves, codes) that would leave by past rows (halves, outcomes, codes), variance, and gap.

    Each half of the customers is judged by the shares of the other, so that a category a customer tells nothing.
    """
    other, base = learn[::-1], learn[:, 1].sum() / learn.sum()
    score = (other[:, 1] + SMOOTHING * base) / (other.sum(axis=1) + SMOOTHING)
    (kept, kept_spread), (left, left_spread), (mean, spread) = (
        _moments(score, part) for part in (learn[:, 0], learn[:, 1], target)
    )
    between = left - kept
    if not between > 1e-9:
        return float("nan"), float("nan"), 0.0
    past = (1 - base) ** 2 * kept_spread / learn[:, 0].sum() + base**2 * left_spread / learn[:, 1].sum()
    mixed = base * left_spread + (1 - base) * kept_spread
    variance = (max(spread, mixed) / target.sum() + past) / between**2
    gap = between / np.sqrt((kept_spread + left_spread) / 2) if kept_spread + left_spread else float("inf")
    return float((mean - kept) / between), float(variance), float(gap)


def _moments(score: Floats, counts: Floats) -> tuple[float, float]:
    mean = float((counts * score).sum() / counts.sum())
    return mean, float((counts * (score - mean) ** 2).sum() / counts.sum())

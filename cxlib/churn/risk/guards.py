"""Alarms that stop a model from knowing the future, and from being balanced out of its probabilities."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.stats import gamma, rankdata

from cxlib.checks import Codes, Flags, Floats
from cxlib.churn.risk.logistic import Encoding, LogisticModel
from cxlib.churn.risk.snapshots import Snapshots, halves
from cxlib.errors import LeakError

HIGHEST_AUC = 0.95
HIGHEST_MODEL_AUC = 0.98  # of all features together: what no honest model of customers has reached
NULL_SPREADS = 4.0  # standard errors about 0.5 within which shuffled labels must stay: 1 false alarm in 16,000
BINS = 20
MOST_ROWS = 20_000  # rows for the shuffled labels: enough for a standard error below 0.01
FEWEST_LEVELS, MOST_CHANCE = 8, 1e-6  # values of a feature; chance that an honest one agrees so well with outcomes
TELLING_PLACE = 0.6  # ROC-AUC from which a place in a list was sorted by outcome
FEWEST_PLACES, MOST_ON_A_PLACE = 20, 20  # places of a list; rows on one of them (of several lists)


def ranking_auc(y: Codes, score: Floats) -> float:
    """ROC-AUC of a score; NaN with one outcome only."""
    events = int(y.sum())
    others = len(y) - events
    if not events or not others:
        return float("nan")
    return float((rankdata(score)[y == 1].sum() - events * (events + 1) / 2) / (events * others))


def feature_auc(values: pd.Series, y: Codes, half: Codes) -> float:
    """The best ROC-AUC that one feature reaches alone: in either direction, by bins or categories, and by its gaps.

    The rate of a bin is learned on one half of the customers and ranks the other, so that a category a customer (an id,
    say) does not look like a leak. Bins catch what goes with the outcome but not in one direction, and a bin of its own
    catches a feature that is only known for those who left.
    """
    number = pd.api.types.is_numeric_dtype(values)
    aucs = [0.5]
    if number:
        present = values.notna().to_numpy()
        if np.unique(y[present]).size == 2 and min(y[present].sum(), (1 - y[present]).sum()) >= BINS:
            aucs.append(ranking_auc(y[present], values.to_numpy(float)[present]))
    codes = quantile_codes(x := values.to_numpy(float), x) if number else pd.factorize(values.astype(object))[0] + 1
    aucs.append(_cross_fitted(np.asarray(codes, dtype=np.int64), y, half))
    return max(max(auc, 1 - auc) for auc in aucs if np.isfinite(auc))


def quantile_codes(values: Floats, reference: Floats) -> Codes:
    """Bins of `values` between the twentieths of `reference`; 0 where missing."""
    present = reference[~np.isnan(reference)]
    edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS)) if present.size else np.zeros(0)
    # Both sides of an edge: a value that occurs very often (zero, say) gets a bin of its own.
    codes = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), 0, codes + 1).astype(np.int64)


def _cross_fitted(codes: Codes, y: Codes, half: Codes) -> float:
    score = np.zeros(len(y))
    size = int(codes.max(initial=0)) + 1
    for side in (0, 1):
        learn, judge = half != side, half == side
        n = np.bincount(codes[learn], minlength=size)
        events = np.bincount(codes[learn], weights=y[learn], minlength=size)
        score[judge] = ((events + y.mean()) / (n + 1))[codes[judge]]
    parts = [ranking_auc(y[half == side], score[half == side]) for side in (0, 1)]
    return float(np.nanmean(parts)) if np.isfinite(parts).any() else float("nan")


def measure_features(snapshots: Snapshots) -> pd.DataFrame:
    """ROC-AUC of each feature alone: feature, auc (all cut-offs together), auc_last (the last one); highest first."""
    known, y = snapshots.known, snapshots.churned
    half = halves(known["customer_id"])
    last = (known["cut_off"] == snapshots.test_cut_off).to_numpy()
    rows = [
        (name, feature_auc(known[name], y, half), feature_auc(known.loc[last, name], y[last], half[last]))
        for name in snapshots.features
    ]
    return pd.DataFrame(rows, columns=["feature", "auc", "auc_last"]).sort_values("auc", ascending=False)


def refuse_leaks(snapshots: Snapshots, *, known_before: Sequence[str] = ()) -> pd.DataFrame:
    """Stop where one feature alone tells who churned: that is how a feature looks that was taken after the cut-off.

    Features `known_before` were checked by hand and may stay. What comes back is `measure_features`; a LeakError names
    the feature and its ROC-AUC. So does one that was made from the outcomes: averages of them, by whatever groups, or
    places in a list that was sorted by them. `computed` features may tell nearly all: who bought each week and has not
    for a month has left. `check_today` looks at them all the same.
    """
    table = measure_features(snapshots)
    for row in table.itertuples():
        auc = float(np.nanmax([row.auc, row.auc_last]))
        if auc > HIGHEST_AUC and row.feature not in (*known_before, *snapshots.computed):
            raise LeakError(
                f"feature {row.feature!r} alone tells who churned (ROC-AUC {auc:.3f}, above {HIGHEST_AUC:g}): it "
                "probably became known after the cut-off. Leave it out; if it was certainly known before, name it in "
                "known_before.",
                feature=str(row.feature),
                auc=auc,
            )
        if row.feature in snapshots.numeric and row.feature not in known_before:
            why = _made_of_outcomes(snapshots, str(row.feature), telling=auc > TELLING_PLACE)
            if why is not None:
                raise LeakError(
                    f"feature {row.feature!r} {why}: it seems to be made from who left. Leave it out; if it was "
                    "certainly known before the cut-off, name it in known_before.",
                    feature=str(row.feature),
                    auc=auc,
                )
    return table


def refuse_encoded(spells: pd.DataFrame, names: Sequence[str]) -> None:
    """Stop where a number that is a customer's for good was made from who left: `spells` holds all who ever came."""
    for name in (name for name in names if name in spells and pd.api.types.is_numeric_dtype(spells[name])):
        rows = spells[["customer_id", name, "ended"]].astype({name: float, "ended": np.int64}).dropna()
        people = rows.groupby("customer_id").agg({name: "first", "ended": "max"})
        units = ((unit[name].to_numpy(float), unit["ended"].to_numpy(float)) for unit in (rows, people))
        why = next((why for unit in units if (why := _made_of(*unit)) is not None), None)
        if why is not None:
            raise LeakError(f"attribute {name!r} {why}: it seems to be made from who left. Leave it out.", feature=name)


def _made_of_outcomes(snapshots: Snapshots, name: str, *, telling: bool) -> str | None:
    """How a number shows that it was made from the outcomes: of all rows, of those learned from, or of customers."""
    values, left = (snapshots.frame[column].to_numpy(float) for column in (name, "churned"))
    order, who = snapshots.in_turn
    there = ~np.isnan(values[order])
    at, who = order[there], who[there]
    fixed = _same(who).any() and bool((np.diff(values[at]) == 0)[_same(who)].all())
    known = ~np.isnan(left[at])
    steps = np.diff(values[at[known]])[_same(who[known])]
    counts = bool(max((steps > 0).sum(), (steps < 0).sum()) > len(steps) / 2)  # up or down: neighbours share leavers
    of_people, ever = _people(values[at], left[at], who) if fixed else (values[:0], left[:0])
    rows = at[known]
    early = rows[(snapshots.frame["cut_off"] < snapshots.test_cut_off).to_numpy()[rows]]
    for unit in ((values[rows], left[rows]), (values[early], left[early]), (of_people, ever)):
        if (why := _made_of(*unit, counts=counts)) is not None:
            return why
    auc = ranking_auc(ever.astype(np.int64), of_people) if fixed else 0.5
    if max(auc, 1 - auc) > HIGHEST_AUC:
        return f"tells which customers ever left (ROC-AUC {max(auc, 1 - auc):.3f})"
    return "is a place in a list that tells who left" if telling and not fixed and _numbers(snapshots, name) else None


def _same(who: Codes) -> Flags:
    """Whether the next row is of the same customer."""
    return np.asarray(who[1:] == who[:-1])


def _people(values: Floats, left: Floats, who: Codes) -> tuple[Floats, Floats]:
    """The first value of each customer, and whether that one ever left; rows by customer."""
    first = np.flatnonzero(np.diff(who, prepend=-1))
    return values[first], np.nan_to_num(np.fmax.reduceat(left, first))


def _made_of(values: Floats, left: Floats, *, counts: bool = False) -> str | None:
    """How values show that they are averages of outcomes, or were put in order by such averages."""
    y = left.astype(np.int64)
    levels, codes = np.unique(values, return_inverse=True)
    n, k = np.bincount(codes), np.bincount(codes, weights=y)
    if not 0 < k.sum() < n.sum():
        return None
    if any(_is_average(levels / scale, n, k) for scale in (1, 100)):
        return "is the share of those who left among all with its value"
    if counts or len(levels) < FEWEST_LEVELS:
        return None
    smooth = _too_smooth(n, k, rises=ranking_auc(y, values) >= 0.5)
    return "goes with the shares who left more closely than chance allows" if smooth else None


def _is_average(levels: Floats, n: Codes, k: Floats) -> bool:
    """Whether each value is its own rows' share who left, (k + m p) / (n + m), mixed alike with the share p of all.

    It may be rounded, as long as chance would not put a right forecast of each share so near to all of them.
    """
    p, mixed = k.sum() / n.sum(), (k > 0) & (k < n)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = ((levels * n - k) / (p - levels))[np.abs(levels - p) > 1e-9]
    m = max(float(np.median(weights)), 0.0) if weights.size else 0.0
    off = next(
        (0.5 * 0.1**digits for digits in (2, 3, 4) if np.allclose(levels, levels.round(digits), atol=1e-9)), 1e-6
    )
    near = np.minimum(off * np.sqrt(n / (p * (1 - p))), 1)[mixed]
    fits = (np.all(np.abs(levels - (k + extra * p) / (n + extra)) < off + 1e-9) for extra in (0.0, m))
    return bool(near.prod() < MOST_CHANCE) and any(fits)


def _too_smooth(n: Codes, k: Floats, *, rises: bool) -> bool:
    """Whether shares of neighbouring values differ less than samples of one size do that chance alone makes unlike."""
    rate = isotonic_regression(k / n, weights=n, increasing=rises).x
    weight = 1 / (1 / n[1:-1] + (1 / n[:-2] + 1 / n[2:]) / 4)

    def roughness(counts: Floats) -> Floats:
        share = counts / n
        return np.asarray(((share[..., 1:-1] - (share[..., :-2] + share[..., 2:]) / 2) ** 2) @ weight, dtype=float)

    spread = rate * (1 - rate) / n
    usual, own = float((spread[1:-1] + (spread[:-2] + spread[2:]) / 4) @ weight), float(roughness(k))
    if not own < 0.5 * usual:
        return False
    made = roughness(np.random.default_rng(0).binomial(n, rate, (200, len(n))).astype(float))
    return bool(gamma.cdf(own, made.mean() ** 2 / made.var(), scale=made.var() / made.mean()) < MOST_CHANCE)


def _numbers(snapshots: Snapshots, name: str) -> bool:
    """Whether a number counts rows, all of them or those of each cut-off, in one list or several."""

    def is_list(values: pd.Series) -> bool:
        places, n = np.unique(values, return_counts=True)
        steady = bool(np.all(np.diff(places) == 1) and np.all(np.diff(n) <= 0))
        return steady and len(places) > FEWEST_PLACES and bool(n[0] <= MOST_ON_A_PLACE)

    return is_list(snapshots.frame[name]) or bool(snapshots.frame.groupby("cut_off")[name].agg(is_list).all())


def refuse_too_good(auc: float, features: pd.DataFrame, *, computed: Sequence[str] = ()) -> None:
    """Stop where all features together tell who churned on time held out; not where one `computed` does so alone."""
    strongest: pd.Series = features.iloc[0]
    plain = strongest["feature"] in computed and strongest["auc"] > HIGHEST_AUC
    if auc > HIGHEST_MODEL_AUC and not plain:
        raise LeakError(
            f"the features together tell who churned (ROC-AUC {auc:.3f} on the last cut-off, above "
            f"{HIGHEST_MODEL_AUC:g}); most of it {strongest['feature']!r} (alone {strongest['auc']:.3f}). Check that "
            "each was known before the cut-off.",
            feature=str(strongest["feature"]),
            auc=auc,
        )


def refuse_shuffled_skill(snapshots: Snapshots, *, seed: int = 0) -> float:
    """Shuffle the outcomes and go the same way again: whatever ranks them knows the test rows.

    The way is the logistic regression's. What comes back is the ROC-AUC, which lies within four standard errors of 0.5;
    where it does not, a LeakError says so.
    """
    rng = np.random.default_rng(seed)
    fold, known = snapshots.split(), snapshots.known
    y = snapshots.churned.copy()
    for rows in (fold.train, fold.test):
        y[rows] = rng.permutation(y[rows])
    train, test = (rng.permutation(rows)[:MOST_ROWS] for rows in (fold.train, fold.test))
    encoding = Encoding.fit(known.iloc[train], snapshots.numeric, snapshots.text)
    model = LogisticModel.fit(encoding.apply(known.iloc[train]), y[train], sizes=encoding.sizes)
    auc = ranking_auc(y[test], model.predict(encoding.apply(known.iloc[test])))
    events = int(y[test].sum())
    away = NULL_SPREADS * np.sqrt((len(test) + 1) / (12 * events * (len(test) - events)))
    if abs(auc - 0.5) > away:
        raise LeakError(
            f"outcomes that were shuffled are still foretold (ROC-AUC {auc:.3f}, where {0.5 - away:.3f} to "
            f"{0.5 + away:.3f} is chance): the pipeline sees the rows that it is tested on. Fit every step on the "
            "training past only.",
            feature="(pipeline)",
            auc=auc,
        )
    return auc

"""Everything that memberships say about how long members stay; what endings are too few for is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cxlib.checks import require_columns
from cxlib.churn.survival.comparison import (
    LogRank,
    RestrictedMeans,
    common_horizon,
    compare_restricted_means,
    compare_survival,
)
from cxlib.churn.survival.covariates import design_terms
from cxlib.churn.survival.cox import CoxFit, HeldOut, ProportionalVerdict, check_proportional, fit_cox, judge_ratios
from cxlib.churn.survival.curves import (
    FEWEST_AT_RISK,
    SPELLS,
    Durations,
    GroupCurves,
    SurvivalCurve,
    estimate_by_group,
    fit_curve,
    read_durations,
)
from cxlib.churn.survival.partial_likelihood import UnknownRatioError
from cxlib.churn.survival.reasons import ReasonsGiven, count_reasons
from cxlib.errors import ParameterError, nearest
from cxlib.language import Count, Message, T
from cxlib.measures.result import Brief, Result

FEWEST_ENDINGS = 50
ENDINGS_A_TERM = 10  # the usual least number of endings for each ratio
MOST_GROUPS = 12
REPEATS = ("refuse", "first")


@dataclass(frozen=True, repr=False)
class GroupComparison(Brief):
    """Members by one column: `name` is what a reader calls it; parts are None where two groups are not large enough."""

    column: str
    name: object
    curves: GroupCurves
    test: LogRank | None
    means: RestrictedMeans | None

    @property
    def findings(self) -> tuple[Message, ...]:
        """What is said of the groups."""
        parts = (self.curves, self.test, self.means)
        return tuple(part.headline for part in parts if part is not None)


@dataclass(frozen=True, repr=False)
class SurvivalStudy(Result):
    """How long members stay, by group, with what, and why they left.

    `groups`: In the order asked for.
    `cox`: None with fewer than 50 endings, without covariates, or where none can be used.
    `verdict`: Whether its ratios hold for the whole time.
    `held_out`: How well they tell who stays, for members they were not fitted to; None with strata, for customers with
        several spells, and where too few have left or stayed.
    `reasons`: None where no reasons were recorded, or nobody has left.
    `limits`: What cannot be said, and what was left out.
    `later`: Later spells of customers who came back, which are left out.
    """

    overall: SurvivalCurve
    groups: tuple[GroupComparison, ...]
    cox: CoxFit | None
    verdict: ProportionalVerdict | None
    reasons: ReasonsGiven | None
    limits: tuple[Message, ...]
    customers: int
    later: int = 0
    held_out: HeldOut | None = None

    @property
    def face(self) -> pd.DataFrame:
        """The overall curve at customary times, in quantities."""
        return self.overall.face

    @property
    def headline(self) -> Message:
        """How many are still there after a year, or the longest time that can be told."""
        return self.overall.headline

    @property
    def censoring(self) -> Message:
        """What becomes of memberships that still run, in one sentence."""
        return T(
            "{running} of {n} memberships still run, and each counts as lasting at least as long as it has so far "
            "(“censored”): leaving them out, or ending them today, would make members seem to leave sooner than they "
            "do",
            running=Count(self.overall.n - self.overall.endings),
            n=Count(self.overall.n),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headlines of all parts, in the order in which a page shows them."""
        lines = [self.headline, self.overall.median_sentence]
        lines += [line for comparison in self.groups for line in comparison.findings]
        lines += [] if self.cox is None else [self.cox.headline]
        lines += [] if self.verdict is None else self.verdict.findings
        lines += [] if self.held_out is None else [self.held_out.headline]
        lines += [] if self.reasons is None else self.reasons.findings
        return tuple(lines)

    @property
    def curves(self) -> pd.DataFrame:
        """All curves for export: column and group (missing for everyone), days, at_risk, ended, survival, low, high."""
        parts = [self.overall.table.assign(column=None, group=None)]
        parts += [each.curves.table.assign(column=each.column) for each in self.groups if each.curves.curves]
        columns = ["column", "group", "days", "at_risk", "ended", "survival", "low", "high"]
        rows = [part[columns].astype({"column": object, "group": object}) for part in parts]
        return pd.concat(rows, ignore_index=True)


def study_survival(
    spells: pd.DataFrame,
    *,
    group_by: Sequence[str] = (),
    covariates: Sequence[str] = (),
    strata: Sequence[str] = (),
    names: Mapping[str, object] | None = None,
    kinds: Mapping[str, str] | None = None,
    repeats: str = "refuse",
) -> SurvivalStudy:
    """Study how long members stay.

    `spells`: One row a spell: duration_days, ended; entry_days, customer_id, end_reason and the columns named, where
        there are any.
    `group_by`: Columns whose groups are compared: curves, log-rank test, restricted means. Groups with fewer than 30
        memberships are left out and named.
    `covariates`: Columns for hazard ratios; what cannot be used is left out and named.
    `strata`: Columns within whose values ratios compare members.
    `names`: Column -> what a reader calls it.
    `kinds`: As for `count_reasons`.
    `repeats`: Where a customer has several spells: "refuse" takes them all and stops if that puts somebody into two
        groups; "first" takes each customer's first spell (by started_on).
    Raises DataError: as `read_durations`; a column is missing; a customer is in two groups.
    Raises ParameterError: `repeats` is unknown.

    >>> spells = pd.DataFrame({"duration_days": [200, 400, 380, 90] * 20, "ended": [True, False, False, True] * 20})
    >>> study = study_survival(spells)
    >>> str(study.headline)
    '50% of members are still there after 365 days (95% interval 39% to 60%; 80 memberships, 40 of them ended)'
    >>> str(study.limits[0])
    'Only 40 memberships have ended; with fewer than 50, no ratios can be given of who leaves faster'
    """
    if repeats not in REPEATS:
        raise ParameterError(f"repeats={repeats!r} is no way to treat several spells. {nearest(repeats, REPEATS)}")
    everything = len(spells)
    spells = _first_spells(spells) if repeats == "first" else spells
    durations = read_durations(spells, columns=(*group_by, *covariates, *strata))
    labels, limits = dict(names or {}), _limits_of(durations)
    groups = [_compare(spells, column, labels.get(column, column), limits) for column in group_by]
    cox = _ratios(spells, durations, covariates, limits, strata=strata, names=labels) if covariates else None
    once = "customer_id" not in spells or spells["customer_id"].is_unique
    return SurvivalStudy(
        overall=fit_curve(durations),
        groups=tuple(each for each in groups if each is not None),
        cox=cox,
        verdict=None if cox is None else check_proportional(cox),
        reasons=_reasons(spells, durations, kinds),
        limits=tuple(limits),
        customers=int(spells["customer_id"].nunique()) if "customer_id" in spells else len(spells),
        later=everything - len(spells),
        held_out=judge_ratios(cox) if cox is not None and once and not strata else None,
    )


def _first_spells(spells: pd.DataFrame) -> pd.DataFrame:
    require_columns(spells, ("customer_id", "started_on"), what=SPELLS)
    return spells.sort_values("started_on", kind="stable").drop_duplicates("customer_id").sort_index()


def _limits_of(durations: Durations) -> list[Message]:
    ended = int(durations.ended.sum())
    if not ended:
        return [T("Nobody has left yet, so nothing can be said about who leaves sooner, or why")]
    if ended < FEWEST_ENDINGS:
        few = T(
            "Only {n} memberships have ended; with fewer than {needed}, no ratios can be given of who leaves faster",
            n=Count(ended),
            needed=Count(FEWEST_ENDINGS),
        )
        return [few]
    if ended == len(durations):
        return [T("Every membership has ended: there are no running ones to compare them with")]
    return []


def _compare(spells: pd.DataFrame, column: str, name: object, limits: list[Message]) -> GroupComparison | None:
    n = spells[column].nunique()
    if n > MOST_GROUPS:
        limits.append(T("“{name}” has {n} groups, too many to compare, and is left out", name=name, n=Count(n)))
        return None
    curves = estimate_by_group(spells, group_by=column)
    limits.extend(curves.limits)
    if len(curves.curves) < 2:
        few = T(
            "“{name}” has no two groups with {needed} memberships each, so they are not compared",
            name=name,
            needed=Count(FEWEST_AT_RISK),
        )
        limits.append(few)
        return GroupComparison(column, name, curves, None, None)
    test = None
    if any(curve.endings for curve in curves.curves.values()):
        test = compare_survival(spells, group_by=column, fewest=FEWEST_AT_RISK)
    horizon = common_horizon(curves.curves)
    means = compare_restricted_means(curves, horizon_days=horizon) if horizon > 0 else None
    return GroupComparison(column, name, curves, test, means)


def _ratios(
    spells: pd.DataFrame,
    durations: Durations,
    covariates: Sequence[str],
    limits: list[Message],
    *,
    strata: Sequence[str],
    names: Mapping[str, object],
) -> CoxFit | None:
    """A Cox regression; columns whose ratio the data do not hold are left out one after the other."""
    if durations.ended.sum() < FEWEST_ENDINGS:
        return None
    tried = list(covariates)
    design = design_terms(spells, covariates, durations, strata=strata, names=names)
    if not design.terms:
        limits.extend([*design.left_out.values(), *design.notes])
    repeated = "customer_id" in spells and not spells["customer_id"].is_unique
    cluster = "customer_id" if repeated else None
    while tried and design.terms:
        try:
            fit = fit_cox(spells, tried, strata=strata, cluster=cluster, names=names)
        except UnknownRatioError as error:
            # One at a time, the last first: of two columns that say the same, the first may stay.
            bad = [column for column in tried if any(_is_of(term, column) for term in error.terms)][-1]
            tried.remove(bad)
            limits.append(T("“{name}” is left out: endings do not tell its ratio", name=names.get(bad, bad)))
        else:
            limits.extend([*fit.limits, *_few_a_term(fit)])
            return fit
    limits.append(T("No column that is known at the start can be used, so no ratios are given"))
    return None


def _is_of(term: str, column: str) -> bool:
    return term == column or term.startswith(f"{column}=")


def _few_a_term(fit: CoxFit) -> list[Message]:
    needed = ENDINGS_A_TERM * len(fit.terms)
    if fit.endings >= needed:
        return []
    few = T(
        "There are {n} endings for {terms} ratios; {needed} would make them steadier",
        n=Count(fit.endings),
        terms=Count(len(fit.terms)),
        needed=Count(needed),
    )
    return [few]


def _reasons(spells: pd.DataFrame, durations: Durations, kinds: Mapping[str, str] | None) -> ReasonsGiven | None:
    if "end_reason" not in spells or not durations.ended.any() or spells["end_reason"].isna().all():
        return None
    return count_reasons(spells, kinds=kinds)

"""A score by period with control limits: which periods differ from the usual, and which only wobble."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Values
from cxlib.errors import DataError
from cxlib.language import Count, Message, Month, T
from cxlib.measures.change import Answers, gather, rescore
from cxlib.measures.nps import adjusted_wald
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import LEAST_NPS, alike_within, number_groups
from cxlib.measures.satisfaction import NPS, Outcome

SIGMAS = 3.0
RUN = 8  # so many periods in a row on one side of the centre are a shift (Western Electric, rule 4)


@dataclass(frozen=True, repr=False)
class ScoreTrend(Result):
    """The score by period.

    `table`: period, value, low, high, n, standing, lower, upper (control limits), signal ("", "below", "above", "run");
        in the order of time.
    `centre`: Score of the periods that the limits come from.
    """

    table: pd.DataFrame
    centre: float
    outcome: Outcome = NPS

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        scores = dict.fromkeys(("value", "low", "high", "lower", "upper"), self.outcome.say)
        return in_quantities(self.table, {"period": "period", **scores, "answers": ("n", Count), "signal": "signal"})

    @property
    def headline(self) -> Message:
        """The last period outside the limits, or that all are within them."""
        shown = self.table["standing"].ne("suppressed")
        out = self.table[self.table["signal"].isin(["below", "above"])]
        if not shown.any():
            return T("No period has enough answers for a trend")
        values: dict[str, object] = {"score": self.outcome.label, "centre": self.outcome.say(self.centre)}
        values["n"] = Count(self.table["n"].sum())
        if not out.empty:
            return self._outside(out, values)
        if self.table.loc[shown, "signal"].iloc[-1] == "run":  # a past run that has ended is no shift of today
            return T(
                "{score} has shifted: eight consecutive periods or more lie on one side of {centre} ({n} answers)",
                **values,
            )
        return T("{score} moves within its usual range about {centre} ({n} answers)", **values)

    def _outside(self, out: pd.DataFrame, values: dict[str, object]) -> Message:
        row = out.iloc[-1]
        close = round(row["value"]) in (round(row["lower"]), round(row["upper"]))
        values |= {name: self.outcome.say(row[name], int(close)) for name in ("value", "lower", "upper")}
        values["period"] = _spoken(row["period"])
        if row["signal"] == "below":
            return T(
                "In {period} {score} fell below its usual range: {value}, where {lower} to {upper} is usual", **values
            )
        return T("In {period} {score} rose above its usual range: {value}, where {lower} to {upper} is usual", **values)


def trend_scores(
    scores: Values,
    periods: Values,
    *,
    weights: Values | None = None,
    customers: Values | None = None,
    baseline: Values | None = None,
    outcome: Outcome = NPS,
) -> ScoreTrend:
    """Score each period and hold it against control limits.

    `scores`, `periods` (n,): Answers and the period of each (a pandas Period, or anything that sorts by time).
    `weights` (n,): Relative weights; an answer of weight 0 is not counted.
    `baseline`: The periods that the limits come from; all of them where None.
    `outcome`: As in `compare_scores`; a period of too few answers has no value and gives no signal.
    Raises DataError: an answer or a weight does not fit, or no answer falls into the baseline.

    Limits are ``centre +- 3 * 100 sqrt((P + D - (P - D)^2) / n')`` with P and D of the baseline (a few answers added
    to each) and n' the period's independent answers, where those of one customer are as alike as in the baseline: a
    p-chart (Montgomery, Introduction to Statistical Quality Control, section 7.2)
    with the multinomial's exact variance of P - D. They lie a point or more from the centre.

    >>> trend_scores([10, 8, 3] * 40, [1, 2, 3, 4] * 30).centre
    0.0
    """
    answers, given = gather(scores, weights=weights, numbers=number_groups(customers, len(scores)), outcome=outcome)
    when = pd.Series(np.asarray(periods, dtype=object))[given].reset_index(drop=True)
    if len(when) and when.isna().any():
        raise DataError(f"{int(when.isna().sum()):,} answers have no period. Leave them out.")
    usual = answers if baseline is None else answers.only(when.isin(list(baseline)).to_numpy(bool))
    if not len(usual):
        raise DataError("no answer falls into the baseline, so there is nothing to compare with. Widen it.")
    spread = np.sqrt(len(usual) + outcome.added[2]) * _error_of(usual)
    alike = alike_within(usual.codes, usual.weights, usual.customers)
    rows = []
    for period in sorted(when.unique()):
        part = answers.only(when.eq(period).to_numpy(bool))
        score = rescore(part)
        half = max(SIGMAS * spread / np.sqrt(_independent(part, alike)), LEAST_NPS)
        rows.append((period, *score.points, score.n, score.standing, half))
    table = pd.DataFrame(rows, columns=["period", "value", "low", "high", "n", "standing", "half"])
    return ScoreTrend(_with_signals(table, usual.score, outcome.least), usual.score, outcome)


def _error_of(answers: Answers) -> float:
    """Adjusted standard error of the baseline's score as if each answer were another customer's; never zero."""
    up, down = (float(answers.weights @ (answers.codes == code) / answers.weights.sum()) for code in (1, -1))
    return adjusted_wald(up, down, len(answers), added=answers.outcome.added)[1]


def _independent(part: Answers, alike: float) -> float:
    """Answers of a period that count as independent, where those of one customer are alike by so much."""
    groups = np.unique(part.customers, return_inverse=True)[1]
    together = float((np.bincount(groups, part.weights) ** 2).sum())
    return float(part.weights.sum() ** 2 / ((1 - alike) * float(part.weights @ part.weights) + alike * together))


def _spoken(period: object) -> object:
    """A month as a reader's language writes it; any other period as it is."""
    if isinstance(period, pd.Period) and period.freqstr == "M":
        return Month(period.start_time.date())
    return str(period)


def _with_signals(table: pd.DataFrame, centre: float, least: float) -> pd.DataFrame:
    lower, upper = (centre - table["half"]).clip(least, 100), (centre + table["half"]).clip(least, 100)
    signal = np.where(_in_a_run(table["value"], centre), "run", "")
    signal = np.where(table["value"] < lower, "below", np.where(table["value"] > upper, "above", signal))
    return table.drop(columns="half").assign(lower=lower, upper=upper, signal=signal)


def _in_a_run(values: pd.Series, centre: float) -> Flags:
    """Whether a period is the eighth or later in a row on one side and a point off in their mean; none suppressed."""
    known = values.dropna()
    side = np.sign(known - centre)
    length = side.groupby((side != side.shift()).cumsum()).cumcount() + 1
    off = (known - centre).rolling(RUN).mean().abs() >= LEAST_NPS
    return np.asarray(((length >= RUN) & off).reindex(values.index, fill_value=False), bool)

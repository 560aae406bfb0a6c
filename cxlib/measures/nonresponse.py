"""What the score would be if those who answered were like all customers, on what is known of both."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cxlib.checks import Values
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, Points, T
from cxlib.measures.nps import NpsScore, score_nps
from cxlib.measures.raking import Margins, Raked, categories, rake
from cxlib.measures.result import Result


@dataclass(frozen=True)
class NonResponse(Result):
    """The score with and without weights.

    Attributes
    ----------
    unweighted, weighted : NpsScore
        Of the same answers.
    raked : Raked
        The weights and how nearly they meet the margins.
    invited : int or None
        How many were asked, where it is known.
    """

    unweighted: NpsScore
    weighted: NpsScore
    raked: Raked
    invited: int | None = None

    @property
    def response_rate(self) -> float | None:
        """Answers for each invitation, a fraction."""
        return None if self.invited is None else self.unweighted.n / self.invited

    @property
    def summary(self) -> pd.DataFrame:
        """Both scores, a row each."""
        scores = [self.unweighted, self.weighted]
        return pd.DataFrame(
            {
                "answers": [T("as they came"), T("weighted to all customers")],
                "NPS": [Points(score.value) for score in scores],
                "low": [Points(score.low) for score in scores],
                "high": [Points(score.high) for score in scores],
                "effective answers": [Count(score.effective_n) for score in scores],
            }
        )

    @property
    def headline(self) -> Message:
        """Both scores, and what the weights cost."""
        return T(
            "Weighted to all customers NPS is {weighted}, as the answers came {unweighted} "
            "(design effect {effect}, {n} answers worth {size})",
            weighted=Points(self.weighted.value), unweighted=Points(self.unweighted.value),
            effect=Decimal(self.raked.design_effect, digits=2), n=Count(self.weighted.n),
            size=Count(self.raked.effective_n),
        )  # fmt: skip

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, the response rate, and what weights cannot do."""
        found = [self.headline]
        if self.invited is not None and self.response_rate is not None:
            found.append(
                T(
                    "{rate} of {invited} invitations were answered; weights undo only what the known margins show, "
                    "not that unhappier customers may answer less", rate=Percent(self.response_rate),
                    invited=Count(self.invited),
                )
            )  # fmt: skip
        if not self.raked.converged:
            found.append(
                T(
                    "{n} answers had their weight held at a limit, so the margins are met only nearly",
                    n=Count(self.raked.trimmed),
                )
            )
        return tuple(found)


def weigh_nonresponse(
    frame: pd.DataFrame,
    margins: Margins,
    *,
    score: str = "nps",
    weights: Values | None = None,
    invited: int | None = None,
    trim: tuple[float, float] = (0.2, 5.0),
    level: float = 0.95,
) -> NonResponse:
    """Score the answers as they came and weighted to known margins of all customers.

    Parameters
    ----------
    frame : DataFrame
        A row an answer, with the score and a column for each margin.
    margins, weights, trim
        As in `rake`.
    score : str
        Column with the answer 0-10; rows without one are left out.
    invited : int, optional
        How many invitations were sent.

    Raises
    ------
    DataError
        A margin cannot be met, an answer does not fit, or fewer were invited than answered.

    Examples
    --------
    >>> frame = pd.DataFrame({"nps": [10] * 60 + [5] * 60, "age": ["old"] * 80 + ["young"] * 40})
    >>> found = weigh_nonresponse(frame, {"age": {"old": 0.4, "young": 0.6}}, invited=400)
    >>> round(found.unweighted.value), round(found.weighted.value), found.response_rate
    (0, -40, 0.3)
    """
    given = frame[score].notna().to_numpy(bool)
    answers = frame[given]
    if invited is not None and invited < len(answers):
        raise DataError(f"{len(answers):,} answers cannot come from {invited:,} invitations. Check the period of both.")
    base = None if weights is None else pd.Series(weights).to_numpy()[given]
    raked = rake(answers, margins, weights=base, trim=trim)
    return NonResponse(
        score_nps(answers[score], customers=answers.get("customer_id"), level=level),
        score_nps(
            answers[score],
            weights=raked.weights,
            customers=answers.get("customer_id"),
            level=level,
            margins=categories(answers, margins) if raked.converged else None,
        ),
        raked,
        invited,
    )

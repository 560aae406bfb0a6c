"""The page of ``notebooks/churn.ipynb``.

Each function takes a `cxlib.churn.ChurnStudy` and gives one component; titles and alt texts are chosen by the data, and
where a part cannot be said a notice stands in place of it. `answer` holds the head and the tiles, `staying` how long
members stay, `causes` what goes with leaving, `telling` whether risk can be told, `calling` money and the list of
calls, `trust` checks, groups, drift, horizons and the model's card, `exports` what can be taken away; `words` what
several of them say.
"""

from cxlib.report.views.churn.answer import answer, headline_tiles
from cxlib.report.views.churn.calling import at_stake, call_list, experiment, last_list, profit
from cxlib.report.views.churn.causes import ratios, reasons_given, what_counts
from cxlib.report.views.churn.exports import exports
from cxlib.report.views.churn.staying import how_long
from cxlib.report.views.churn.telling import models, rates, reached, reliability
from cxlib.report.views.churn.trust import card, checks, drift, horizons, limits, subgroups

__all__ = [
    "answer", "at_stake", "call_list", "card", "checks", "drift", "experiment", "exports", "headline_tiles", "horizons",
    "how_long", "last_list", "limits", "models", "profit", "rates", "ratios", "reached", "reasons_given", "reliability",
    "subgroups", "what_counts",
]  # fmt: skip

"""The page of ``notebooks/churn.ipynb``.

Each function takes a `cxlib.churn.ChurnStudy` and gives one component; titles and alt texts are chosen by the data, and
where a part cannot be said a notice stands in place of it. `answer` holds the head and the tiles, `survival` how long
members stay, `causes` what goes with leaving, `model_quality` whether risk can be told, `call_list` money and whom to
call, `trust` checks, groups, drift, horizons, the model's card and what can be taken away; `words` what several of them
say.
"""

from cxlib.report.views.churn.answer import answer, headline_tiles
from cxlib.report.views.churn.call_list import at_stake, call_list, experiment, last_list, profit, rests_on
from cxlib.report.views.churn.causes import kinds_of_ending, ratios, reasons_given, what_counts
from cxlib.report.views.churn.model_quality import models, rates, reached, reliability
from cxlib.report.views.churn.survival import groups_compared, how_long
from cxlib.report.views.churn.trust import card, checks, drift, exports, horizons, limits, subgroups

__all__ = [
    "answer", "at_stake", "call_list", "card", "checks", "drift", "experiment", "exports", "groups_compared",
    "headline_tiles", "horizons", "how_long", "kinds_of_ending", "last_list", "limits", "models", "profit", "rates",
    "ratios", "reached", "reasons_given", "reliability", "rests_on", "subgroups", "what_counts",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers

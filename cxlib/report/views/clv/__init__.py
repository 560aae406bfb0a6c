"""The page of ``notebooks/clv.ipynb``.

Each function takes the study of `cxlib.clv` and gives one component; titles and alt texts are chosen by the data, and
where there is no forecast a notice stands in place of one. `answer` holds the head, the tiles and revenue to come,
`holders` who holds its value, `past` the test on the past, `economics` cost and renewals, `trust` models, assumptions,
the last run and the last cent.
"""

from cxlib.language import T
from cxlib.report.views.clv.answer import answer, headline_tiles, revenue_ahead
from cxlib.report.views.clv.economics import economics, renewals
from cxlib.report.views.clv.holders import attributes, value_by_group, value_by_tier
from cxlib.report.views.clv.past import calibration, tested_on_the_past
from cxlib.report.views.clv.trust import assumptions, change_since, model_choice, reconciliation

CUSTOMERS = T("Every customer with what is expected of them")
FIRST = T("The customers to look after, those with most value to come on top")
FIND = ("tier", "p_alive", "residual_value")
MODELS = T("The models, for the next run to compare with")
WORDS = {"tier": {"": T("Tier by value to come")}, "act_first": {"": T("Look first after")}}

__all__ = [
    "CUSTOMERS", "FIND", "FIRST", "MODELS", "WORDS", "answer", "assumptions", "attributes", "calibration",
    "change_since", "economics", "headline_tiles", "model_choice", "reconciliation", "renewals", "revenue_ahead",
    "tested_on_the_past", "value_by_group", "value_by_tier",
]  # fmt: skip


def __dir__() -> list[str]:
    """What completion offers."""
    return __all__

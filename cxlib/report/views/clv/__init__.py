"""The page of ``notebooks/clv.ipynb``.

Each function takes results of `cxlib.clv` and gives one component; titles and alt texts are chosen by the data, and
where there is no forecast a notice stands in place of one. `answer` holds the head and the tiles, `ahead` revenue to
come and who holds its value, `past` the test on the past, `economics` cost, `memberships` renewals, `trust` models,
assumptions, the last run and the last cent; `amounts` rounds forecasts.
"""

from cxlib.language import T
from cxlib.report.views.clv.ahead import revenue_ahead, value_by_group, value_by_tier
from cxlib.report.views.clv.answer import answer, headline_tiles
from cxlib.report.views.clv.attributes import attributes
from cxlib.report.views.clv.economics import economics, known_customers
from cxlib.report.views.clv.memberships import look_at_memberships, renewals
from cxlib.report.views.clv.past import calibration, tested_on_the_past
from cxlib.report.views.clv.trust import assumptions, change_since, model_choice, reconciliation

CUSTOMERS = T("Every customer with value, interval and tier")
MODELS = T("The models, for the next run to compare with")

__all__ = [
    "CUSTOMERS", "MODELS", "answer", "assumptions", "attributes", "calibration", "change_since", "economics",
    "headline_tiles", "known_customers", "look_at_memberships", "model_choice", "reconciliation", "renewals",
    "revenue_ahead", "tested_on_the_past", "value_by_group", "value_by_tier",
]  # fmt: skip

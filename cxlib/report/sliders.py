"""Costs, response and limits of a call list under sliders, where ipywidgets is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cxlib import churn
from cxlib.errors import ConfigurationError

if TYPE_CHECKING:  # a page without sliders needs none of it
    from cxlib.churn import ChurnStudy
    from cxlib.data import Workspace


def sliders(study: ChurnStudy, company: Workspace) -> Any:
    """Move margin, costs, response and the length of the list, and see at once what calls earn; nothing is fitted.

    `study`: Its costs are where the sliders start.
    `company`: Its currency is that of the costs.
    Returns: Its `result` is the study under the costs shown, such as ``board.result.money.calls``.
    Raises ConfigurationError: ipywidgets is not installed.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ConfigurationError('sliders need ipywidgets. Install it: pip install "cxlib[lab]"') from None

    def look(margin: float, contact_cost: float, offer_cost: float, response: float, most_calls: int) -> ChurnStudy:
        error = rules.response_error if response == rules.expected_response else None
        asked = churn.OfferRules(response, company.cents(offer_cost), company.cents(contact_cost), margin, error)
        return study.with_rules(asked, limits=churn.CallLimits(most_calls), use_measured=False)

    rules = study.rules
    costs = np.nan_to_num([rules.contact_cost_cents, rules.offer_cost_cents]) / company.cents(1.0)
    contact, offer = map(float, costs)
    drawn = {"continuous_update": False, "style": {"description_width": "8em"}}
    share = {"min": 0.0, "max": 1.0, "step": 0.01, **drawn}
    return widgets.interactive(
        look,
        margin=widgets.FloatSlider(float(np.nan_to_num(rules.margin, nan=0.3)), **share),
        contact_cost=widgets.FloatSlider(contact, min=0, max=max(4 * contact, 10), **drawn),
        offer_cost=widgets.FloatSlider(offer, min=0, max=max(4 * offer, 10), **drawn),
        response=widgets.FloatSlider(rules.expected_response, **share),
        most_calls=widgets.IntSlider(
            study.limits.most_calls, min=0, max=len(study.frame), description="calls (0: all)", **drawn
        ),
    )

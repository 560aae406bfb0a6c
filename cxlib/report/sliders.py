"""Costs, response and limits of a call list under sliders, where ipywidgets is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cxlib.errors import ConfigurationError
from cxlib.language import minor_units

if TYPE_CHECKING:  # a page without sliders needs none of it
    from cxlib.churn import ChurnStudy


def sliders(study: ChurnStudy) -> Any:
    """Move margin, costs, response and the length of the list, and see at once what calls earn; nothing is fitted.

    `study`: Its costs are where the sliders start.
    Returns: Its `result` is the study under the costs shown, such as ``board.result.money.calls``.
    Raises ConfigurationError: ipywidgets is not installed.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ConfigurationError('sliders need ipywidgets. Install it: pip install "cxlib[lab]"') from None

    def look(margin: float, contact_cost: float, offer_cost: float, response: float, most_calls: int) -> ChurnStudy:
        costs = {"margin": margin, "contact_cost": contact_cost, "offer_cost": offer_cost}
        asked = None if response == rules.expected_response else response
        return study.with_costs(**costs, expected_response=asked, most_calls=most_calls)

    rules, unit = study.rules, minor_units(study.data.currency)
    costs = np.nan_to_num([rules.contact_cost_cents, rules.offer_cost_cents]) / unit
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

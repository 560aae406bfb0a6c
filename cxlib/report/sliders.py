"""What a study takes for granted under sliders, where ipywidgets is installed."""

from dataclasses import replace
from typing import Any

import numpy as np

from cxlib.errors import ConfigurationError, ParameterError
from cxlib.language import minor_units


def sliders(study: Any) -> Any:
    """Move margin, costs and limits, by the names of the notebook's parameters, and see at once what follows.

    `study`: That of `churn`, `clv` or `playbook`; its values are where the sliders start. Nothing is fitted.
    Returns: Its `result` is the study under the values shown, such as ``board.result.money.calls``.
    Raises ConfigurationError: ipywidgets is not installed. ParameterError: another study is given.

    >>> import contextlib, io
    >>> from cxlib.churn import ChurnData, ChurnQuestion, ChurnStudy
    >>> with contextlib.redirect_stdout(io.StringIO()):  # only JupyterLab can show what follows
    ...     board = sliders(ChurnStudy(ChurnData(ChurnQuestion(), currency="SAR")))
    >>> [slider.description for slider in board.children[:-1]]
    ['margin', 'contact_cost', 'offer_cost', 'expected_response', 'most_calls']
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ConfigurationError('sliders need ipywidgets. Install it: pip install "cxlib[lab]"') from None
    boards = {"ChurnStudy": _calls, "CustomerStudy": _value, "Playbook": _plan}
    if type(study).__name__ not in boards:
        raise ParameterError("sliders take the study of churn or clv, or a playbook. Others take nothing for granted.")
    look, values = boards[type(study).__name__](study)
    made, drawn = {}, {"continuous_update": False, "style": {"description_width": "10em"}}
    for name, (least, start, most) in values.items():
        kind, step = (widgets.IntSlider, 1) if isinstance(start, int) else (widgets.FloatSlider, most / 100)
        made[name] = kind(start, min=least, max=most, step=step, **drawn)
    return widgets.interactive(look, **made)


def _calls(study: Any) -> tuple[Any, dict[str, Any]]:
    """What follows from other values, and of each its least, start and most; whole numbers where the start is one."""
    rules, unit = study.rules, minor_units(study.data.currency)
    contact, offer = map(float, np.nan_to_num([rules.contact_cost_cents, rules.offer_cost_cents]) / unit)

    def look(**costs: Any) -> Any:
        if costs["expected_response"] == rules.expected_response:  # a measured one keeps its error
            del costs["expected_response"]
        return study.with_costs(**costs)

    values: dict[str, Any] = {"margin": (0, float(np.nan_to_num(rules.margin, nan=0.3)), 1)}
    values |= {"contact_cost": (0, contact, max(4 * contact, 10)), "offer_cost": (0, offer, max(4 * offer, 10))}
    values |= {"expected_response": (0, rules.expected_response, 1)}
    return look, values | {"most_calls": (0, study.limits.most_calls, len(study.frame))}


def _value(study: Any) -> tuple[Any, dict[str, Any]]:
    rules = study.rules
    values = {"margin": (0.01, rules.margin, 1), "annual_discount_rate": (0, rules.annual_discount_rate, 0.99)}
    return lambda **changed: study.with_rules(replace(rules, **changed)), values


def _plan(study: Any) -> tuple[Any, dict[str, Any]]:
    from cxlib.playbook import make_plan  # a page without sliders needs none of it

    def look(**changed: Any) -> Any:
        return make_plan(study.known, replace(asked, **changed | {"budget": changed["budget"] or None}))

    asked, budget = study.question, study.question.budget or 0.0
    values: dict[str, Any] = {"margin": (0, 0.3 if asked.margin is None else asked.margin, 1)}
    values |= {"budget": (0, budget, max(4 * budget, 10_000)), "hold_out": (0.01, asked.hold_out, 0.5)}
    return look, values

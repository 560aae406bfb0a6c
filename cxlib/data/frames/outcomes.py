"""Who could leave at a cut-off, and who did: the two kinds of churn."""

from __future__ import annotations

from typing import Any

import ibis

from cxlib.data.frames.chains import ended_spells, running_members
from cxlib.data.frames.cut_offs import known_days, outcome_days
from cxlib.data.frames.design import Study
from cxlib.data.frames.purchase_features import purchase_features

ONE_TIME = 1


def population(study: Study, *, everybody: bool = False) -> Any:
    """One row a customer and cut-off: customer_id, cut_off, churned (missing where it is not known yet).

    Those of kind "purchases" come with the features of their purchases, those of kind "memberships" with those of
    their membership. With `everybody`, customers with one purchase day come whatever the design says.
    """
    if study.design.kind == "purchases":
        rows = _buyers(study, least=ONE_TIME if everybody or study.design.one_time else ONE_TIME + 1)
        later = _bought_again(study)
        return _with_outcome(rows, later, study, churned_if_found=False)
    if study.chains is None:
        raise ValueError("a study of memberships has none")
    rows = running_members(study.chains, study.cut_offs, through_days=study.design.gap_days)
    over = ended_spells(study.chains).join(outcome_days(study.cut_offs, study.horizon), "day")
    return _with_outcome(rows, over, study, churned_if_found=True)


def bought_before(study: Study) -> Any:
    """The features of everybody's purchases."""
    if study.observed is None:
        raise ValueError("a study of purchases needs them")
    return purchase_features(study.bought, known_days(study.cut_offs, study.observed.start))


def _buyers(study: Study, *, least: int) -> Any:
    bought = bought_before(study)
    alive = bought.days_since_last_purchase <= study.design.alive_days
    return bought.filter(alive & (bought.purchase_days >= least))


def _bought_again(study: Study) -> Any:
    bought = study.bought.filter(study.bought.purchase_days > 0)
    return bought.join(outcome_days(study.cut_offs, study.horizon), "day")


def _with_outcome(rows: Any, events: Any, study: Study, *, churned_if_found: bool) -> Any:
    """Rows with `churned`, from whether a customer has an event in the days of the outcome."""
    found = events.select("customer_id", "cut_off").distinct().mutate(found=ibis.literal(1, "int64"))
    rows = rows.left_join(found, ["customer_id", "cut_off"]).drop("customer_id_right", "cut_off_right")
    seen = rows.found.coalesce(0)
    churned = seen if churned_if_found else 1 - seen
    if study.cut_offs[-1] > study.horizon.last_complete:
        churned = ibis.ifelse(rows.cut_off <= ibis.date(study.horizon.last_complete), churned, None)
    return rows.mutate(churned=churned).drop("found")

"""How buying and leaving differ with what is known of customers, and whether it would have helped the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from cxlib.clv import AttributeStudy, CustomerStudy, study_attributes
from cxlib.clv.attributes import PARTS
from cxlib.errors import CxError
from cxlib.language import Count, Decimal, T
from cxlib.report.component import Component
from cxlib.report.table import Column, Table, table
from cxlib.report.text import findings, notice
from cxlib.report.together import together

MOST_ROWS = 24
RATIO = partial(Decimal, digits=2)


def attributes(study: CustomerStudy, customers: pd.DataFrame, *, columns: Sequence[str]) -> Component:
    """Ratios of buying and leaving by attribute, and past errors with them; a notice where there is nothing to say."""
    if not columns:
        return notice(_NOT_ASKED, "info")
    missing = [column for column in columns if column not in customers]
    if missing:
        return notice(
            T("The data has no column {column} of customers, so attributes are not compared", column=missing[0]), "info"
        )
    try:
        found = study_attributes(study, customers, columns)
    except CxError:
        return notice(_NOT_COMPARED, "info")
    said = [found.headline]
    if found.references:
        said.append(
            T(
                "The most frequent kind, with which others are compared: {kinds}",
                kinds=", ".join(map(_spoken, found.references)),
            )
        )
    return together(findings(said), _ratios(found))


_NOT_ASKED = T("No attributes were asked for: name columns of customers in the parameter covariates to see them here")
_NOT_COMPARED = T("The attributes could not be compared: they say too little, or no model was tested")


def _ratios(found: AttributeStudy) -> Table:
    parts: Any = [PARTS[part] for part in found.associations["part"]]
    rows = found.associations.assign(shown=parts, attribute=found.associations["attribute"].map(_spoken))
    apart = int(((rows["low"] > 1) | (rows["high"] < 1)).sum())
    return table(
        rows.head(MOST_ROWS),
        title=T(
            "In {n} of {m} comparisons the 95% interval leaves out equality; chance alone does so in one of twenty",
            n=Count(apart),
            m=Count(len(rows)),
        ),
        columns={
            "shown": Column(T("What differs")),
            "attribute": Column(T("Attribute")),
            "ratio": Column(T("Times that of the most frequent kind"), RATIO, low="low", high="high"),
        },
        note=T(
            "An association: it says how these customers differ, not what would happen if the attribute were changed. "
            "Levels with fewer than thirty customers and unknown ones count together; numbers are compared over one "
            "standard deviation."
        ),
    )


def _spoken(name: str) -> str:
    """A column, or a column and its level, as a reader says it.

    >>> _spoken("acquisition_channel=direct")
    'acquisition channel: direct'
    """
    column, _, level = name.partition("=")
    return column.replace("_", " ") + (f": {level}" if level else "")

"""How far an offer lowers each customer's chance to leave, learnt from a randomised experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, read_outcomes, require_columns
from cxlib.churn.offers.uplift import read_treatment
from cxlib.errors import DataError

FEWEST = 20  # of each group and outcome, so that two models and five folds have something to learn from


def predict_uplift(
    rows: Any,
    *,
    treatment: str,
    features: Sequence[str],
    customer: str | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Floats:
    """Each customer's fall of the chance to leave through the offer, from models that have not seen the customer.

    Two logistic regressions, of treated and of control customers, fitted on the other folds; the uplift is the
    difference of their predictions. Numbers are standardised, missing ones take the median and a mark of their own;
    texts are one column a category.

    Parameters
    ----------
    rows : DataFrame
        churned, the column `treatment`, and `features` known before the offer.
    customer : str, optional
        Column with the customer; all rows of one come into one fold.

    Raises
    ------
    DataError
        A column is missing, or a group has fewer than 20 customers who left or who stayed.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    frame = require_columns(rows, ("churned", treatment, *features), what="the table of the experiment")
    left = read_outcomes(frame["churned"])
    treated = read_treatment(frame[treatment], name=treatment)
    _refuse_few(left, treated)
    x = frame[list(features)].reset_index(drop=True)
    groups = np.arange(len(x)) if customer is None else pd.factorize(frame[customer])[0]
    found = np.zeros(len(x))
    alone = groups.max() + 1 == len(groups)  # dealing out groups one by one is slow, and each is one row
    kind: Any = StratifiedKFold if alone else StratifiedGroupKFold
    split = kind(folds, shuffle=True, random_state=seed)
    for train, test in split.split(x, 2 * treated + left, None if alone else groups):
        chances = []
        for side in (False, True):
            own = train[treated[train] == side]
            chances.append(_model(x).fit(x.iloc[own], left[own]).predict_proba(x.iloc[test])[:, 1])
        found[test] = chances[0] - chances[1]
    return found


def _refuse_few(left: Flags, treated: Flags) -> None:
    fewest = min(int((treated == side)[left == gone].sum()) for side in (True, False) for gone in (True, False))
    if fewest < FEWEST:
        raise DataError(
            f"one group of the experiment has only {fewest} customers who left or stayed; {FEWEST} are needed to learn "
            "whom the offer keeps. Wait for more, or take a longer horizon."
        )


def _model(x: pd.DataFrame) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in x.columns if pd.api.types.is_numeric_dtype(x[name].dtype) and x[name].notna().any()]
    texts = [name for name in x.columns if not pd.api.types.is_numeric_dtype(x[name].dtype)]
    number = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="—"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    return make_pipeline(
        make_column_transformer((number, numbers), (text, texts)), LogisticRegression(C=0.1, max_iter=1000)
    )

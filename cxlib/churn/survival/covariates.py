"""Columns of a table as terms of a hazard model; what cannot be a term is left out, and the reason is said.

A number, or true and false, is one term; a text has one term for each category but its largest, which the others are
compared with. Left out are a column that is constant, all missing, made from the duration itself, with too many
categories, or that repeats what others say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, require_columns
from cxlib.churn.survival.curves import SPELLS, Durations, as_texts
from cxlib.language import Count, Decimal, Message, Percent, T, few_or, join_names, labelled
from cxlib.measures.result import Brief

FEWEST_MEMBERS = 30  # of a category
MOST_CATEGORIES = 30
TENURE_CORRELATION = 0.8
MOST_MISSING = 0.5
REPEATS = 1e-7  # part of a term's variance that no other term holds, below which it says nothing of its own


@dataclass(frozen=True)
class Term:
    """One coefficient's meaning: `step` of the column's units more, 1 against 0, or `category` against `reference`."""

    covariate: str
    name: object
    step: float = 1.0
    category: str | None = None
    reference: str | None = None
    is_flag: bool = False

    @property
    def key(self) -> str:
        """A name of its own: the column, and the category where there is one."""
        return self.covariate if self.category is None else f"{self.covariate}={self.category}"

    @property
    def label(self) -> Message:
        """What a reader sees."""
        if self.is_flag:
            return T("{name}: yes against no", name=self.name)
        if self.category is None:
            digits = 0 if self.step >= 1 else int(np.ceil(-np.log10(self.step)))
            return T("{name}: {step} more", name=self.name, step=Decimal(self.step, digits=digits))
        values = {
            "category": labelled(self.category, self.covariate),
            "reference": labelled(self.reference, self.covariate),
        }
        return T("{name}: {category} against {reference}", name=self.name, **values)


@dataclass(frozen=True, repr=False)
class Design(Brief):
    """Terms as columns of `X` for the rows of the table that are `complete`.

    `X` (array (complete rows, terms))
    `complete` (array of bool (rows of the table)): False where a number is missing or a category is too small.
    `left_out`: Columns that are no term, and why.
    `notes`: What was left out of the columns that are.
    """

    X: Floats
    terms: tuple[Term, ...]
    complete: Flags
    left_out: Mapping[str, Message]
    notes: tuple[Message, ...] = ()


def round_step(values: Floats) -> float:
    """The round number of units (1, 2 or 5 and zeros) next below one standard deviation; at least 1 for a count."""
    spread = float(values.std())
    if spread < 1 and (values == np.round(values)).all():
        return 1.0
    power = 10.0 ** np.floor(np.log10(spread))
    return float(max(digit for digit in (1, 2, 5) if digit <= spread / power * (1 + 1e-9)) * power)


def stratum_codes(table: pd.DataFrame, strata: Sequence[str]) -> Codes:
    """The stratum of each row, numbered from 0; one stratum where no columns are named."""
    require_columns(table, strata, what=SPELLS)
    if not strata:
        return np.zeros(len(table), dtype=np.int64)
    numbers: object = table.groupby(list(strata), dropna=False, sort=True).ngroup()
    return np.asarray(numbers, dtype=np.int64)


@dataclass
class _Building:
    columns: list[Floats] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    left_out: dict[str, Message] = field(default_factory=dict)
    notes: list[Message] = field(default_factory=list)


def design_terms(
    spells: pd.DataFrame,
    covariates: Sequence[str],
    durations: Durations,
    *,
    strata: Sequence[str] = (),
    names: Mapping[str, object] | None = None,
    tenure_correlation: float = TENURE_CORRELATION,
) -> Design:
    """Make the terms of a hazard model from numeric or text columns; of two that say the same, the first stays.

    What does not vary within `strata` is no term; `names` says what a reader calls a column. A number that goes with
    the duration more closely than `tenure_correlation` is made from it: it knows how long the spell will be.
    """
    require_columns(spells, (*covariates, *strata), what=SPELLS)
    labels, built = {name: name for name in covariates} | dict(names or {}), _Building()
    members = pd.factorize(spells["customer_id"])[0] if "customer_id" in spells else np.arange(len(spells))
    columns = spells[list(dict.fromkeys(covariates))]
    complete = _complete(columns, durations, members, built, labels, tenure_correlation)
    if not complete.any():
        return Design(np.zeros((0, 0)), (), complete, built.left_out, tuple(built.notes))
    for covariate in [name for name in dict.fromkeys(covariates) if name not in built.left_out]:
        add = _add_number if _is_number(spells[covariate]) else _add_categories
        add(built, spells.loc[complete, covariate], labels[covariate])
    X = np.column_stack(built.columns) if built.columns else np.zeros((int(complete.sum()), 0))
    own = _unrepeated(X, stratum_codes(spells.loc[complete], strata))
    terms = tuple(term for term, stays in zip(built.terms, own, strict=True) if stays)
    _say_repeated(built, [term for term, stays in zip(built.terms, own, strict=True) if not stays], terms)
    return Design(np.asarray(X[:, own]), terms, complete, built.left_out, tuple(built.notes))


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))  # true and false are 1 and 0


def _complete(
    columns: pd.DataFrame,
    durations: Durations,
    members: Codes,
    built: _Building,
    labels: Mapping[str, object],
    limit: float,
) -> Flags:
    """Rows that can be used; says which columns and rows cannot."""
    complete = np.ones(len(columns), dtype=bool)
    for covariate in columns:
        column, name = columns[covariate], labels[str(covariate)]
        why = _unusable(column, durations.days, members, name, limit)
        if why is not None:
            built.left_out[str(covariate)] = why
        elif not _is_number(column):
            complete &= ~_too_small(column, durations.ended, members, built, name)
        elif (missing := _missing(column)).any():
            n = few_or(int(missing.sum()))
            built.notes.append(T("{n} memberships without “{name}” are left out of the ratios", n=n, name=name))
            complete &= ~missing
    return complete


def _missing(column: pd.Series) -> Flags:
    return np.asarray(~np.isfinite(column.to_numpy(dtype=float, na_value=np.nan)))


def _constant(name: object) -> Message:
    return T("“{name}” is the same for everyone and is left out", name=name)


def _unusable(column: pd.Series, days: Floats, members: Codes, name: object, limit: float) -> Message | None:
    """Why a column cannot be a term, if so."""
    if column.isna().all():
        return T("“{name}” is missing for everyone and is left out", name=name)
    if not _is_number(column):
        n = column.nunique(dropna=False)
        if n > MOST_CATEGORIES:
            return T("“{name}” has {n} categories, too many to compare, and is left out", name=name, n=Count(n))
        return _constant(name) if n < 2 else None
    missing = _missing(column)
    if missing.mean() > MOST_MISSING:
        share = Percent(float(missing.mean()))
        return T("“{name}” is missing for {share} of memberships and is left out", name=name, share=share)
    values, days, members = column.to_numpy(dtype=float, na_value=np.nan)[~missing], days[~missing], members[~missing]
    if np.ptp(values) == 0:
        return _constant(name)
    few = len(pd.unique(members[values != pd.Series(values).mode()[0]]))  # a yes of seven would tell of them
    if few < FEWEST_MEMBERS and 2 * few < len(pd.unique(members)):
        return T("“{name}” is the same for all but too few members for a ratio and is left out", name=name)
    r = float(np.corrcoef(values, days)[0, 1]) if np.ptp(days) > 0 else 0.0
    if abs(r) <= limit:
        return None
    return T(
        "“{name}” is left out because it follows from how long the membership lasted (correlation {r}): it would know "
        "what the model is to find out",
        name=name,
        r=Decimal(r, digits=2),
    )


def _too_small(column: pd.Series, ended: Flags, members: Codes, built: _Building, name: object) -> Flags:
    """Members of categories in which too few are, or nobody has left: no ratio can be told for them."""
    values = as_texts(column).astype(str)
    small = np.zeros(len(values), dtype=bool)
    for category in np.unique(values):
        own = values == category
        if len(pd.unique(members[own])) >= FEWEST_MEMBERS and ended[own].any():
            continue
        small |= own
        few = T(
            "“{category}” of “{name}” has too few members or endings for a ratio and is left out",
            category=category,
            name=name,
        )
        built.notes.append(few)
    return small


def _add_number(built: _Building, column: pd.Series, name: object) -> None:
    values, covariate = column.to_numpy(float), str(column.name)
    if np.ptp(values) == 0:  # in the rows that all other columns leave
        built.left_out[covariate] = _constant(name)
        return
    is_flag = set(np.unique(values)) == {0.0, 1.0}
    built.columns.append(values)
    built.terms.append(Term(covariate, name, step=1.0 if is_flag else round_step(values), is_flag=is_flag))


def _add_categories(built: _Building, column: pd.Series, name: object) -> None:
    values, covariate = as_texts(column).astype(str), str(column.name)
    categories, counts = np.unique(values, return_counts=True)
    if len(categories) < 2:
        built.left_out[covariate] = _constant(name)
        return
    reference = str(categories[np.argmax(counts)])
    for category in [str(each) for each in categories if each != reference]:
        built.columns.append((values == category).astype(float))
        built.terms.append(Term(covariate, name, category=category, reference=reference))


def _unrepeated(X: Floats, strata: Codes) -> Flags:
    """Which terms vary within strata in a way that no earlier term does: the pivots of a Cholesky factor."""
    counts = np.maximum(np.bincount(strata), 1)
    total = X.var(axis=0) * len(X)
    within = np.column_stack([x - (np.bincount(strata, x) / counts)[strata] for x in (X - X.mean(axis=0)).T] or [X])
    scale = np.sqrt(total)
    left = (within.T @ within) / np.outer(scale, scale)  # what no earlier term says yet
    own = np.zeros(X.shape[1], dtype=bool)
    for number in range(X.shape[1]):
        own[number] = left[number, number] > REPEATS
        if own[number]:
            left = left - np.outer(left[:, number], left[number]) / left[number, number]
    return own


def _say_repeated(built: _Building, repeated: Sequence[Term], stay: Sequence[Term]) -> None:
    """One sentence a column that is lost, and one a category that is, whatever the number of its columns."""
    remaining, categories = {term.covariate for term in stay}, dict[str, list[object]]()
    for term in repeated:
        if term.category is None or term.covariate not in remaining:
            why = T("“{name}” says what other columns say already and is left out", name=term.name)
            built.left_out[term.covariate] = why
        else:
            categories.setdefault(term.category, []).append(term.name)
    built.notes += [
        T(
            "The category “{category}” ({names}) says what other columns say already and is left out",
            category=category,
            names=join_names(names),
        )
        for category, names in categories.items()
    ]

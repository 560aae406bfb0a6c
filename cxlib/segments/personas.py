"""Persona cards: what sets a group apart from everyone else, with customers who are typical of it and what they say.

Not raw means: a group that spends much and comes often only differs where everyone else does not. Every trait is an
effect size against all customers outside the group, shown where its interval is clear of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, Quantity, T
from cxlib.segments.effects import number_effects, share_effects
from cxlib.segments.result import Result, as_frame

LEAST_EFFECT = 0.2  # Cohen's "small": less than this sets nobody apart, however many customers show it
MOST_TRAITS = 5
MOST_LEVELS = 50
MOST_VOICES = 2


@dataclass(frozen=True)
class Persona:
    """One card.

    Attributes
    ----------
    group : object
        The segment's or cluster's key.
    name : Message or str
        What readers see.
    customers, share
        Its size, and its share of all customers.
    traits : tuple of Message
        What sets it apart, the strongest first; empty where nothing does.
    exemplars : tuple
        Ids of its most typical customers: those nearest to its medians. Mask them before they are published.
    voices : tuple of str
        Comments of its typical customers, as they were written.
    """

    group: Any
    name: Message | str
    customers: int
    share: float
    traits: tuple[Message, ...]
    exemplars: tuple[Any, ...]
    voices: tuple[str, ...]

    @property
    def headline(self) -> Message:
        """Who they are, and what sets them apart most."""
        size = {"name": self.name, "n": Count(self.customers), "share": Percent(self.share)}
        if not self.traits:
            return T("“{name}” ({n} customers, {share}) do not differ clearly from everyone else", **size)
        return T("“{name}” ({n} customers, {share}): {trait}", trait=self.traits[0], **size)


@dataclass(frozen=True)
class Personas(Result):
    """Cards of all groups.

    Attributes
    ----------
    cards : tuple of Persona
        The largest group first.
    effects : DataFrame
        Every effect behind them (`cxlib.segments.effects`), with `kind` ("number" or "share") and `shown`.
    customers : int
        Customers in all groups.
    """

    cards: tuple[Persona, ...]
    effects: pd.DataFrame
    customers: int

    @property
    def summary(self) -> pd.DataFrame:
        """One row a group: size, and its traits in words."""
        return pd.DataFrame(
            {
                "group": [card.name for card in self.cards],
                "customers": [Count(card.customers) for card in self.cards],
                "share": [Percent(card.share) for card in self.cards],
                **{
                    f"trait {at + 1}": [card.traits[at] if at < len(card.traits) else None for card in self.cards]
                    for at in range(max((len(card.traits) for card in self.cards), default=0))
                },
            }
        )

    @property
    def headline(self) -> Message:
        """How many of the groups differ from everyone else in something."""
        apart = sum(bool(card.traits) for card in self.cards)
        return T(
            "{apart} of {all} groups differ clearly from everyone else ({n} customers)",
            apart=Count(apart),
            all=Count(len(self.cards)),
            n=Count(self.customers),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline of each card."""
        return tuple(card.headline for card in self.cards)


def describe_personas(
    frame: Any,
    groups: pd.Series | str,
    *,
    numbers: Sequence[str] = (),
    categories: Sequence[str] = (),
    logs: Sequence[str] = (),
    names: Mapping[Any, Message | str] | None = None,
    feature_names: Mapping[str, Message | str] | None = None,
    quantities: Mapping[str, Callable[[float], Quantity]] | None = None,
    exemplars: int = 3,
    comments: pd.DataFrame | None = None,
) -> Personas:
    """What sets each group apart from everyone else.

    Parameters
    ----------
    frame : DataFrame
        One row a customer: customer_id and the features.
    groups : Series or str
        The group of each customer: a column of the frame, or a Series by customer_id. Customers without one are left
        out.
    numbers, categories : sequence of str
        Columns of numbers, and of categories such as channel or region.
    logs : sequence of str
        Those of `numbers` that are positive and skewed, such as amounts: their effects are those of the logarithms,
        their typical values stay in their own unit.
    names, feature_names : mapping, optional
        What readers see for a group and for a feature; keys and columns by default.
    quantities : mapping, optional
        How a feature's numbers are written, such as ``Days``; as decimal numbers by default.
    exemplars : int
        Typical customers named on each card.
    comments : DataFrame, optional
        customer_id and comment: what customers wrote. Up to two of each group's most typical writers are quoted.

    Raises
    ------
    DataError
        A column is missing, a customer stands twice, no customer has a group, or a category has too many levels.

    Examples
    --------
    >>> gaps = np.r_[np.tile([6, 7, 8, 7], 25), np.tile([25, 35], 50)]
    >>> frame = pd.DataFrame({"customer_id": range(200), "gap": gaps})
    >>> found = describe_personas(frame, pd.Series(["weekly"] * 100 + ["monthly"] * 100), numbers=["gap"])
    >>> print(found.cards[0].headline)
    “monthly” (100 customers, 50%): gap is higher: typically 30.0, against 7.0 elsewhere
    """
    table, labels = _grouped(frame, groups, (*numbers, *categories))
    _refuse_levels(table, categories)
    if comments is not None and not {"customer_id", "comment"} <= set(comments.columns):
        raise DataError("comments need the columns customer_id and comment. Rename them.")
    scaled = _logged(table, logs)
    effects = pd.concat(
        [
            _in_own_unit(number_effects(scaled, labels, numbers), logs).assign(kind="number"),
            share_effects(table, labels, categories).assign(kind="share"),
        ],
        ignore_index=True,
    )
    clear = (effects["effect"].abs() >= LEAST_EFFECT) & ((effects["low"] > 0) | (effects["high"] < 0))
    effects["shown"] = clear & ~_mirrored(effects)
    typical = _typical(scaled, labels, numbers)
    sizes = labels.value_counts()
    order = sorted(sizes.index, key=lambda group: (-int(sizes[group]), str(group)))
    cards = tuple(
        Persona(
            group,
            (names or {}).get(group, str(group)),
            int(sizes[group]),
            float(sizes[group] / len(labels)),
            _traits(effects[effects["group"] == group], feature_names or {}, quantities or {}),
            tuple(typical[labels[typical] == group][:exemplars]),
            _voices(comments, typical[labels[typical] == group]),
        )
        for group in order
    )
    return Personas(cards, effects, len(labels))


def _grouped(frame: Any, groups: pd.Series | str, features: Sequence[str]) -> tuple[pd.DataFrame, pd.Series]:
    table = as_frame(frame, ["customer_id"], made_by="rfm_frame")
    for name in (*features, *([groups] if isinstance(groups, str) else [])):
        if name not in table:
            as_frame(table, [name], made_by="the personas' features")
    if table["customer_id"].duplicated().any():
        twice = table.loc[table["customer_id"].duplicated(), "customer_id"].iloc[0]
        raise DataError(f"customer {twice!r} stands twice. Give one row for each customer.")
    table = table.set_index("customer_id")
    labels = (table[groups] if isinstance(groups, str) else groups.reindex(table.index)).dropna()
    if labels.empty:
        raise DataError("no customer of the frame has a group. Index the groups by customer_id.")
    if isinstance(labels.dtype, pd.CategoricalDtype):
        labels = labels.astype(object)
    return table.loc[labels.index], labels


def _refuse_levels(table: pd.DataFrame, categories: Sequence[str]) -> None:
    for name in categories:
        if (levels := table[name].nunique()) > MOST_LEVELS:
            raise DataError(
                f"column {name!r} has {levels:,} levels, more than the {MOST_LEVELS} of a category. Group them, or "
                "give it as a number."
            )


def _logged(table: pd.DataFrame, logs: Sequence[str]) -> pd.DataFrame:
    """`table` with logarithms; the least positive value stands in for values that have none."""
    found = {}
    for name in logs:
        values = table[name].astype(float)
        found[name] = np.log(values.clip(lower=values[values > 0].min()))
    return table.assign(**found)


def _in_own_unit(effects: pd.DataFrame, logs: Sequence[str]) -> pd.DataFrame:
    """Medians of logarithms turned back into medians."""
    back = effects["feature"].isin(list(logs))
    return effects.assign(
        **{name: effects[name].where(~back, np.exp(effects[name].astype(float))) for name in ("value", "others")}
    )


def _mirrored(effects: pd.DataFrame) -> pd.Series:
    """The rarer side of a category with two levels: it says again what the other side says."""
    levels = effects.groupby("feature")["level"].transform("nunique")
    return (effects["kind"] == "share") & (levels == 2) & (effects["effect"] < 0)


def _typical(table: pd.DataFrame, labels: pd.Series, numbers: Sequence[str]) -> Any:
    """Customers ordered by how near they are to the medians of their group, in standard deviations."""
    if not numbers:
        return table.index.sort_values()
    values = table[list(numbers)].astype(float)
    scaled = (values - values.mean()) / values.std().replace(0, 1)
    away = (scaled - scaled.groupby(labels).transform("median")).pow(2).sum(axis=1, skipna=False)
    return away.sort_values(kind="stable").index


def _traits(
    effects: pd.DataFrame, names: Mapping[str, Message | str], quantities: Mapping[str, Callable[[float], Quantity]]
) -> tuple[Message, ...]:
    strongest = effects[effects["shown"]].sort_values("effect", key=np.abs, ascending=False, kind="stable")
    return tuple(
        _trait(row, names.get(row["feature"], row["feature"]), quantities.get(row["feature"], Decimal))
        for _, row in strongest.head(MOST_TRAITS).iterrows()
    )


def _trait(row: Any, name: Message | str, quantity: Callable[[float], Quantity]) -> Message:
    if row["kind"] == "share":
        values = {
            "feature": name, "level": str(row["level"]), "share": Percent(row["value"]),
            "others": Percent(row["others"]),
        }  # fmt: skip
        if row["effect"] > 0:
            return T("{feature} is more often “{level}”: {share}, against {others} elsewhere", **values)
        return T("{feature} is less often “{level}”: {share}, against {others} elsewhere", **values)
    typical = {"feature": name, "value": quantity(row["value"]), "others": quantity(row["others"])}
    if row["effect"] > 0:
        return T("{feature} is higher: typically {value}, against {others} elsewhere", **typical)
    return T("{feature} is lower: typically {value}, against {others} elsewhere", **typical)


def _voices(comments: pd.DataFrame | None, typical: Any) -> tuple[str, ...]:
    if comments is None:
        return ()
    said = comments.dropna(subset=["customer_id", "comment"]).drop_duplicates("customer_id")
    said = said[said["comment"].astype(str).str.strip() != ""]
    texts = dict(zip(said["customer_id"], said["comment"].astype(str), strict=True))
    writers = [writer for writer in typical if writer in texts]
    return tuple(texts[writer] for writer in writers[:MOST_VOICES])

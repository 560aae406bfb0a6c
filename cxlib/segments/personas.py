"""Persona cards: what sets a group apart from everyone else, with customers who are typical of it and what they say.

Not raw means: a group that spends much and comes often only differs where everyone else does not. Every trait is an
effect size against all customers outside the group, shown where it is clear of zero with all of them looked at (Holm).

Sources: Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, ch. 5, equations (8) and (10) (g and its large-
sample variance); Cohen (1988), ch. 6 (h).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cxlib.language import (
    NO_CURRENCY,
    Count,
    Days,
    Decimal,
    Message,
    Money,
    Percent,
    Quantity,
    T,
    WordList,
    column_name,
    labelled,
)
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_EFFECT, LEVEL, Z95, adjust_holm, two_sided
from cxlib.segments.clustering.select import ClusterSelection

MOST_TRAITS = 5
MOST_VOICES = 2
EXEMPLARS = 3
COLUMNS = ["group", "feature", "level", "customers", "value", "others", "effect", "low", "high"]
BEHAVIOUR = WordList("behaviour of customers")


@dataclass(frozen=True)
class Persona:
    """One card.

    `group`: The segment's or cluster's key.
    `customers`, `share`: Its size, and its share of all customers.
    `traits`: What sets it apart, the strongest first; empty where nothing does.
    `exemplars`: Ids of its most typical customers: those nearest to its medians. Mask them before they are published.
    `voices`: Comments of its typical customers, as they were written.
    """

    group: int | str
    name: Message | str
    customers: int
    share: float
    traits: tuple[Message, ...]
    exemplars: tuple[object, ...]
    voices: tuple[str, ...]

    @property
    def headline(self) -> Message:
        """Who they are, and what sets them apart most."""
        size = {"name": self.name, "n": Count(self.customers), "share": Percent(self.share)}
        if not self.traits:
            return T("“{name}” ({n} customers, {share}) do not differ clearly from everyone else", **size)
        return T("“{name}” ({n} customers, {share}): {trait}", trait=self.traits[0], **size)


@dataclass(frozen=True, repr=False)
class Personas(Result):
    """Cards of all groups.

    `cards`: The largest group first.
    `effects`: Every effect behind them (`number_effects`, `share_effects`), with `kind` ("number" or "share") and
        `shown`.
    """

    inside = ("effects",)

    cards: tuple[Persona, ...]
    effects: pd.DataFrame
    customers: int

    @property
    def face(self) -> pd.DataFrame:
        """One row a group: size, and its traits in words."""
        rows = [(card.name, Count(card.customers), Percent(card.share), *card.traits) for card in self.cards]
        traits = range(1, max((len(card.traits) for card in self.cards), default=0) + 1)
        return pd.DataFrame(rows, columns=["group", "customers", "share", *(f"trait {at}" for at in traits)])

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


def describe_groups(
    frame: pd.DataFrame,
    groups: ClusterSelection,
    *,
    attributes: pd.DataFrame | None = None,
    comments: pd.DataFrame | None = None,
    currency: str = "",
) -> Personas | None:
    """What sets each behavioural group apart from everyone else; None where no groups were found.

    `attributes`: customer_id and categories, as `cxlib.data.customer_attributes` gives them; it need not hold every
        customer.
    `comments`: customer_id and comment, as `cxlib.data.customer_comments` gives them.
    """
    if groups.k is None:
        return None
    joined = frame if attributes is None else frame.merge(attributes, on="customer_id", how="left")
    # Times and amounts differ by factors, so effects are of logarithms; what is shown is their typical value.
    logs = {name: np.log(joined[name].clip(lower=1)) for name in BEHAVIOUR}
    categories = [] if attributes is None else [str(name) for name in attributes.columns.drop("customer_id")]
    return describe_personas(
        joined.assign(**logs),
        groups.labels,
        numbers=list(BEHAVIOUR),
        categories=categories,
        names=_names(frame, groups.labels, currency=currency),
        feature_names={**{name: column_name(name) for name in categories}, **BEHAVIOUR},
        quantities={
            "gap_days": partial(_typical_whole, Days),
            "order_value_cents": lambda log: Money(float(np.exp(log)), currency=currency),
            "purchase_days": partial(_typical_whole, Count),
        },
        comments=comments,
    )


def describe_personas(
    frame: pd.DataFrame,
    groups: pd.Series,
    *,
    numbers: Sequence[str] = (),
    categories: Sequence[str] = (),
    names: Mapping[int, Message] | Mapping[str, Message | str] | None = None,
    feature_names: Mapping[str, Message | str] | None = None,
    quantities: Mapping[str, Callable[[float], Quantity]] | None = None,
    comments: pd.DataFrame | None = None,
) -> Personas:
    """What sets each group apart from everyone else.

    `frame`: One row a customer: customer_id and the features.
    `groups`: The group of each customer, by customer_id. Customers without one are left out.
    `names`, `feature_names`: What readers see for a group and for a feature; keys and columns by default.
    `comments`: customer_id and comment: what customers wrote. Up to two of each group's most typical writers are
        quoted.
    """
    table = frame.set_index("customer_id")
    labels = groups.reindex(table.index).dropna()
    table = table.loc[labels.index]
    effects = pd.concat(
        [
            number_effects(table, labels, numbers).assign(kind="number"),
            share_effects(table, labels, categories).assign(kind="share"),
        ],
        ignore_index=True,
    )
    chance = adjust_holm(two_sided(effects["effect"], (effects["high"] - effects["low"]) / (2 * Z95)))
    effects["shown"] = (effects["effect"].abs() >= LEAST_EFFECT) & (chance < 1 - LEVEL) & ~_mirrored(effects)
    typical = _typical(table, labels, numbers)
    sizes = labels.value_counts()
    order = sorted(sizes.index, key=lambda group: (-int(sizes[group]), str(group)))
    cards = tuple(
        Persona(
            group,
            (names or {}).get(group, str(group)),
            int(sizes[group]),
            float(sizes[group] / len(labels)),
            _traits(effects[effects["group"] == group], feature_names or {}, quantities or {}),
            tuple(typical[labels[typical] == group][:EXEMPLARS]),
            _voices(comments, typical[labels[typical] == group]),
        )
        for group in order
    )
    return Personas(cards, effects, len(labels))


def _mirrored(effects: pd.DataFrame) -> pd.Series:
    """The rarer side of a category with two levels: it says again what the other side says."""
    levels = effects.groupby("feature")["level"].transform("nunique")
    return (effects["kind"] == "share") & (levels == 2) & (effects["effect"] < 0)


def _typical(table: pd.DataFrame, labels: pd.Series, numbers: Sequence[str]) -> pd.Index:
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
    more = strongest.loc[(strongest["kind"] == "share") & (strongest["effect"] > 0), "feature"]
    strongest = strongest[(strongest["effect"] > 0) | ~strongest["feature"].isin(more)]  # by app: less by web as well
    return tuple(
        _trait(row, names.get(row["feature"], row["feature"]), quantities.get(row["feature"], Decimal))
        for _, row in strongest.head(MOST_TRAITS).iterrows()
    )


def _trait(row: pd.Series, name: Message | str, quantity: Callable[[float], Quantity]) -> Message:
    if row["kind"] == "share":
        values = {
            "feature": name,
            "level": labelled(row["level"], row["feature"]),
            "share": Percent(row["value"]),
            "others": Percent(row["others"]),
        }
        if row["effect"] > 0:
            return T("{feature} is more often “{level}”: {share}, against {others} elsewhere", **values)
        return T("{feature} is less often “{level}”: {share}, against {others} elsewhere", **values)
    typical = {"feature": name, "value": quantity(row["value"]), "others": quantity(row["others"])}
    if row["effect"] > 0:
        return T("{feature} is higher: typically {value}, against {others} elsewhere", **typical)
    return T("{feature} is lower: typically {value}, against {others} elsewhere", **typical)


def _voices(comments: pd.DataFrame | None, typical: pd.Index) -> tuple[str, ...]:
    if comments is None:
        return ()
    written = comments.dropna(subset=["customer_id", "comment"]).drop_duplicates("customer_id")
    written = written[written["comment"].astype(str).str.strip() != ""]
    texts = dict(zip(written["customer_id"], written["comment"].astype(str), strict=True))
    writers = [writer for writer in typical if writer in texts]
    return tuple(texts[writer] for writer in writers[:MOST_VOICES])


def number_effects(frame: pd.DataFrame, groups: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """Hedges' g of each group against all customers outside it, by feature.

    Returns: group, feature, level (""), customers (with a value), value and others (medians, in the feature's unit),
        effect (g: means apart in pooled standard deviations, corrected for few customers), low, high (95%).
    """
    parts = [_number(frame[feature].astype(float), groups, feature) for feature in features]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def share_effects(frame: pd.DataFrame, groups: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """Cohen's h of each level of each category, a group against all customers outside it."""
    parts = [_category(frame[feature], groups, feature) for feature in features]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _number(values: pd.Series, groups: pd.Series, feature: str) -> pd.DataFrame:
    known = (values.notna() & groups.notna()).to_numpy()
    x = values.to_numpy(float)[known]
    at, names = pd.factorize(groups[known], sort=True)
    n = np.bincount(at, minlength=len(names))
    away = x - x.mean() if len(x) else x
    total, square = (np.bincount(at, weights=each, minlength=len(names)) for each in (away, away**2))
    rest, freedom = len(x) - n, len(x) - 2
    with np.errstate(divide="ignore", invalid="ignore"):  # nobody else, or no spread: there is no effect
        mean, others = total / n, (total.sum() - total) / rest
        within = square - n * mean**2 + (square.sum() - square) - np.where(rest > 0, rest * others**2, np.nan)
        spread = np.sqrt(within.clip(min=0) / freedom) if freedom > 0 else within * np.nan
        effect = (1 - 3 / (4 * freedom - 1)) * (mean - others) / np.where(spread > 0, spread, np.nan)
        error = np.sqrt(len(x) / np.where(rest > 0, n * rest, np.nan) + effect**2 / (2 * len(x)))
    table = {
        "group": names,
        "customers": n,
        "value": [float(np.median(x[at == one])) for one in range(len(names))],
        "others": [float(np.median(x[at != one])) if rest[one] else np.nan for one in range(len(names))],
        "effect": effect,
        "low": effect - Z95 * error,
        "high": effect + Z95 * error,
    }
    return pd.DataFrame(table).assign(feature=feature, level="")


def _category(values: pd.Series, groups: pd.Series, feature: str) -> pd.DataFrame:
    known = (values.notna() & groups.notna()).to_numpy()
    at, names = pd.factorize(groups[known], sort=True)
    level, levels = pd.factorize(values[known].astype(str), sort=True)
    shape = len(levels), len(names)
    counts = np.bincount(level * shape[1] + at, minlength=shape[0] * shape[1]).reshape(shape)
    n, beyond = counts.sum(axis=0), counts.sum(axis=1, keepdims=True) - counts
    with np.errstate(divide="ignore", invalid="ignore"):  # nobody else: there is no effect
        rest = np.where(counts.sum() > n, counts.sum() - n, np.nan)
        share, others = counts / n, beyond / rest
        effect = 2 * np.arcsin(np.sqrt(share)) - 2 * np.arcsin(np.sqrt(others))
        error = np.broadcast_to(Z95 * np.sqrt(1 / n + 1 / rest), shape)
    table = {"group": np.tile(names, shape[0]), "level": np.repeat(levels, shape[1]), "customers": np.tile(n, shape[0])}
    cells = {"value": share, "others": others, "effect": effect, "low": effect - error, "high": effect + error}
    return pd.DataFrame({**table, "feature": feature, **{name: each.ravel() for name, each in cells.items()}})


def _names(table: pd.DataFrame, labels: pd.Series, *, currency: str = "") -> dict[int, Message]:
    """The typical gap and amount of each group as its name."""
    middle = table.groupby(table["customer_id"].map(labels))[["gap_days", "order_value_cents"]].median()
    rows = middle.reset_index().to_dict("records")
    return {
        int(row["customer_id"]): T("Every {days}", days=Days(round(row["gap_days"])))
        if currency == NO_CURRENCY
        else T(
            "Every {days}, {amount} a time",
            days=Days(round(row["gap_days"])),
            amount=Money(row["order_value_cents"], currency=currency),
        )
        for row in rows
    }


def _typical_whole(quantity: Callable[[int], Quantity], log: float) -> Quantity:
    return quantity(round(float(np.exp(log))))

"""The page of ``notebooks/recommend.ipynb``.

Each function takes what `cxlib.recommend` found and gives one component: the head and the tiles, the test against
simple lists, what is due again, what is new, what goes with what, the files for a shop, and what is odd of the data.
"""

import json
from functools import partial

import pandas as pd

from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, T, WordList
from cxlib.measures import Metric
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.recommend import Recommendations
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import Exports, export, write_file
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import HorizontalBars
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, notice

METHODS = WordList("recommending")
LISTS = {"again": T("Buy again"), "new": T("New for you")}
WORDS: dict[str, dict[str, object]] = {name: {"": title} for name, title in WordList("recommendations").items()}
WORDS["list"] |= LISTS
MOST_ROWS = 10


def answer(found: Recommendations) -> PageHead:
    """The page's head: what choosing for each customer is worth, and what to do."""
    kicker = [
        T("Data to {day}", day=Day(found.end)),
        N("{n} customer with a list", "{n} customers with a list", found.customers),
        N("{n} product on sale", "{n} products on sale", found.on_sale),
    ]
    bullets, again = [one.message for one in found.breaks[:1]], found.trial.recall["again: suggested"]
    if again.n >= SUPPRESS_BELOW:
        bullets.append(
            T(
                "Of what customers buy again, {share} stood in their list of what they buy most",
                share=Percent(again.value),
            )
        )
    if len(found.together):
        n = int(found.together["product_id"].nunique())
        bullets.append(N("{n} product clearly goes with another", "{n} products clearly go with another", n))
    return page_head(
        found.headline, kicker=kicker, bullets=bullets[:2], action=_first(found), file="recommendations.csv"
    )


def _first(found: Recommendations) -> Message:
    """What to do."""
    due = int(found.due["customer_id"].nunique())
    if due:
        return N(
            "Remind {n} customer of what is due within {days}; the file has the products",
            "Remind {n} customers of what is due within {days}; the file has the products",
            due,
            days=Days(found.question.test_days),
        )
    return T("Show each customer what they bought before, and bestsellers beside it")


def headline_tiles(found: Recommendations) -> Tiles | Notice:
    """What each list finds; also for metrics.json."""
    trial = found.trial
    names = {
        "new: suggested": ("recall_new", T("New products found by choosing")),
        "new: popular": ("recall_new_popular", T("New products found by bestsellers")),
        "again: suggested": ("recall_again", T("Purchases found by the list to buy again")),
    }
    window = {"days": Days(trial.days), "n": Count(trial.length)}
    notes = {
        "new": T("of new ones bought in {days}, lists of {n}", **window),
        "again": T("of those bought again in {days}, lists of {n}", **window),
    }
    metrics = [
        Metric(
            name,
            label,
            each.value,
            low=max(each.low, 0.0),
            high=min(each.high, 1.0),
            n=each.n,
            unit="percent",
            polarity=1,
            as_of=found.end,
            window_days=trial.days,
            note=notes[method.split(":")[0]],
        )
        for method, (name, label) in names.items()
        if (each := trial.recall[method]).n >= SUPPRESS_BELOW
    ]
    return tiles(*metrics) if metrics else notice(found.headline, "info")


def _trial_rows(found: Recommendations) -> pd.DataFrame:
    rows = [
        {"method": METHODS[name], "customers": each.n, "recall": each.value, "low": each.low, "high": each.high}
        for name, each in found.trial.recall.items()
        if each.n >= SUPPRESS_BELOW
    ]
    return pd.DataFrame(rows, columns=["method", "customers", "recall", "low", "high"])


def the_test(found: Recommendations) -> FigureBlock | Notice:
    """Each list beside the simple ones, on days that were held out."""
    rows = _trial_rows(found)
    if rows.empty:
        return notice(
            T("Fewer than {n} customers bought again: nothing can be tested", n=Count(SUPPRESS_BELOW)), "info"
        )
    new = found.trial.recall["new: suggested"], found.trial.recall["new: popular"]
    values = {"share": Percent(new[0].value), "base": Percent(new[1].value)}
    drawn = rows.assign(low=rows["low"].clip(lower=0), high=rows["high"].clip(upper=1))
    return figure(
        HorizontalBars(drawn, "method", "recall", low="low", high="high", kind=Percent),
        name="lists-tested",
        title=claim(
            found.personal,
            T("Of products that are new to them choosing finds {share}, bestsellers {base}", **values),
            T("What each list finds of later purchases"),
        ),
        subtitle=T(
            "Share of what a customer bought in {days} (of all, of products bought before, or of new ones) that a list "
            "of {n} from before had; lines show 95% intervals",
            days=Days(found.trial.days),
            n=Count(found.trial.length),
        ),
        alt=T(
            "A bar for each list. The longest: {method}, {share}.",
            method=rows["method"].iloc[int(rows["recall"].argmax())],
            share=Percent(rows["recall"].max()),
        ),
        source=T("Source: order lines. Customers who bought before and in the days held out."),
        numbers=TableSpec(
            rows,
            {
                "method": Column(T("List")),
                "customers": Column(T("Customers"), Count),
                "recall": Column(T("Found"), Percent, low="low", high="high"),
            },
        ),
    )


def lists(found: Recommendations) -> Together:
    """How much of the catalogue the lists show, and what could not be suggested."""
    trial, said = found.trial, []
    if found.personal:
        shown, base = (Percent(trial.coverage[name]) for name in ("new: suggested", "new: popular"))
        said.append(
            T(
                "Lists chosen for each customer show {share} of the products on sale, bestsellers {base}",
                share=shown,
                base=base,
            )
        )
    if trial.unknown > 0:
        said.append(
            T(
                "Of the purchases in the days held out, {share} were of products first sold then: no list knew these",
                share=Percent(trial.unknown),
            )
        )
    if not found.personal:
        said.append(T("New for you holds bestsellers here, since choosing was not shown to find more"))
    said.append(
        T("What showing a list brings is not known: many would buy without it. Show it to some, drawn at random")
    )
    return together(*(notice(message, "info") for message in said))


def due(found: Recommendations) -> Table | Notice:
    """Products that most customers are due to buy again."""
    rows = _most_common(found.due)
    if rows.empty:
        return notice(T("No product is due again with {n} customers or more", n=Count(SUPPRESS_BELOW)), "info")
    note = T(
        "Due within {days} by the customer's gaps and the product's; bought on two days or more. Not all will buy.",
        days=Days(found.question.test_days),
    )
    columns = {"product": Column(T("Product")), "customers": Column(T("Customers"), Count)}
    return table(rows, title=T("Due again"), columns=columns, note=note)


def _most_common(rows: pd.DataFrame) -> pd.DataFrame:
    """The products of most customers' rows, with how many these are."""
    counts = rows.groupby(["product_id", "product"])["customer_id"].nunique().rename("customers").reset_index()
    counts = counts.sort_values(["customers", "product_id"], ascending=[False, True])
    return counts[counts["customers"] >= SUPPRESS_BELOW].head(MOST_ROWS)


def new(found: Recommendations) -> Table | Notice:
    """Products that stand in most customers' lists of new ones."""
    rows = _most_common(found.lists[found.lists["list"] == "new"])
    if rows.empty:
        return notice(T("No new product is suggested to {n} customers or more", n=Count(SUPPRESS_BELOW)), "info")
    columns = {"product": Column(T("Product")), "customers": Column(T("In the lists of so many customers"), Count)}
    return table(rows, title=T("New for most customers"), columns=columns)


def together_bought(found: Recommendations) -> Table | Notice:
    """Pairs that stand in one basket clearly more often than by chance."""
    once = found.together[found.together["product_id"].astype(str) < found.together["with_id"].astype(str)]
    rows = once[once["customers"] >= SUPPRESS_BELOW].sort_values("low", ascending=False).head(MOST_ROWS)
    if rows.empty:
        return notice(T("No two products clearly go together"), "info")
    columns = {
        "product": Column(T("Product")),
        "with_product": Column(T("Goes with")),
        "customers": Column(T("Customers"), Count),
        "lift": Column(T("Times as often as by chance"), partial(Decimal, digits=1), low="low", high="high"),
    }
    note = T(
        "An association: shown beside each other they may sell more, or what would be sold anyway. Only a trial tells."
    )
    return table(rows, title=T("Goes with"), columns=columns, note=note)


def files(found: Recommendations) -> Component:
    """Lists for a shop as CSV and JSON, which name customers; pairs and the test's numbers."""
    parts: list[Component] = [
        export(found.lists, "recommendations", label=T("Each customer's lists"), words=WORDS),
        _json(found),
        export(
            found.together, "goes_with", label=T("What goes with what"), words=WORDS, n="customers", group="product_id"
        ),
        export(
            found.table, "lists_tested", label=T("The test of the lists"), workbook=False, n="customers", group="method"
        ),
    ]
    return together(*parts)


def _json(found: Recommendations) -> Exports:
    """By customer both lists in order, and for each product what goes with it."""
    texts = {"due_on": found.lists["due_on"].dt.strftime("%Y-%m-%d"), "because_id": found.lists["because_id"]}
    plain = found.lists.assign(**{name: each.astype(object).where(each.notna(), None) for name, each in texts.items()})
    people: dict[str, dict[str, list[dict[str, str]]]] = {}
    columns = zip(
        *(plain[name].tolist() for name in ("customer_id", "list", "product_id", "due_on", "because_id")), strict=True
    )
    for customer, name, product, due_on, because in columns:
        entry = {"product_id": product, "due_on": due_on, "because": because}
        told = {key: value for key, value in entry.items() if value is not None}
        people.setdefault(customer, {"again": [], "new": []})[name].append(told)
    content = {
        "as_of": found.end.isoformat(),
        "new_is": "personal" if found.personal else "popular",
        "customers": people,
    }
    file = write_file(
        "recommendations.json", json.dumps(content, ensure_ascii=False, allow_nan=False).encode(), kind="JSON"
    )
    return Exports(T("The same for a shop's program"), len(people), (file,), names_customers=True)


def remarks(found: Recommendations) -> Together | Notice:
    """What is odd of the data, and how it was counted."""
    gone, days = found.products - found.on_sale, Days(found.question.assortment_days)
    returned = T(
        "Products brought back and not bought since, not suggested to that customer: {n}", n=Count(found.returned)
    )
    counts = (
        (found.renamed, T("Products with several names; the last one is shown: {n}", n=Count(found.renamed))),
        (found.unnamed, T("Rows that name no product, left out: {n}", n=Count(found.unnamed))),
        (found.left_out, T("Ids that are no products by the parameter, left out: {n}", n=Count(found.left_out))),
        (found.returned, returned),
        (gone, T("Products not sold for {days}, suggested to nobody: {n}", days=days, n=Count(gone))),
    )
    said = [*(one.message for one in found.breaks), *(message for n, message in counts if n)]
    if not said:
        return notice(T("Nothing is odd of the rows behind the lists"), "info")
    return together(*(notice(message, "info") for message in said))


__all__ = [
    "answer", "due", "files", "headline_tiles", "lists", "new", "remarks", "the_test", "together_bought",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers

"""One page of a workspace's customers: what its reports say of each, found by id, as a plain table."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup, escape
from pyarrow import parquet

from cxlib.language import Count, Message, T, speaker
from cxlib.publish.page import PageParts, assemble
from cxlib.publish.sanitise import clean_component
from cxlib.report.component import printable
from cxlib.report.exports import CURRENCY, FIND, as_written

CUSTOMER = "customer_id"
MOST = 50_000  # of whom a browser still finds one at once
TITLE = T("Customers, one by one")


def find_lists(folders: Sequence[Path]) -> list[Path]:
    """The exports in these folders that are to be searched by customer."""
    files = [path for folder in folders for path in sorted(folder.glob("*.parquet"))]
    return [path for path in files if FIND.encode() in (parquet.read_schema(path).metadata or {})]


def customer_page(lists: Sequence[Path], *, language: str, languages: tuple[str, ...]) -> str:
    """The page in one language, of the files of `find_lists`; OSError or ValueError where one cannot be read."""
    voice, table = speaker(language), pd.DataFrame()
    heads: list[tuple[Message | str, bool]] = []
    cells = []
    for path in lists:
        known = json.loads(parquet.read_schema(path).metadata[FIND.encode()])[language]
        rows, amounts = as_written(pd.read_parquet(path))
        units = set(rows[CURRENCY].dropna()) if amounts else set()
        rows = rows.drop_duplicates(CUSTOMER).set_index(CUSTOMER)[[*known]].add_prefix(f"{path}:")
        table = rows if table.empty else table.join(rows, how="outer")
        for name, about in known.items():
            head: Message | str = about["title"]
            if name in amounts and len(units) == 1:
                head = T("{column}, {unit}", column=head, unit=min(units))
            heads.append((head, about["form"] != "@"))
            cells.append(_teller(about, rtl=voice.direction == "rtl"))
    table = table.sort_index()
    note = T("Each row is what the newest runs say of one customer. The page names customers: not to be passed on.")
    if len(table) > MOST:
        sizes = {"most": Count(MOST), "n": Count(len(table))}
        note = T("The first {most} of {n} customers by id; the files of the reports have them all.", **sizes)
        table = table.head(MOST)
    columns = [[tell(value) for value in table[name].tolist()] for name, tell in zip(table, cells, strict=True)]
    opening = ['<td class="num">' if number else "<td>" for _, number in heads]
    body = [
        f'<tr><th scope="row">{escape(printable(str(key)))}</th>'
        + "".join(f"{start}{cell}</td>" for start, cell in zip(opening, row, strict=True))
        + "</tr>"
        for key, row in zip(table.index, zip(*columns, strict=True), strict=True)
    ]
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="num"') if number else "", voice.say(text))
        for text, number in [(T("Customer"), False), *heads]
    )
    content = Markup(
        '<h1 id="customers">{}</h1><p class="sub">{}</p><div class="scroll" tabindex="0" role="region" '
        'aria-labelledby="customers"><table class="matrix" aria-labelledby="customers"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(voice.say(TITLE), voice.say(note), head, Markup("".join(body)))  # noqa: S704 - each cell is escaped
    parts = PageParts(
        voice.say(TITLE),
        language,
        Markup(clean_component(content)),  # noqa: S704 - sanitised
        languages,
        page_href="customers.{language}.html",
        home="index.{language}.html",
        kind="list",
    )
    return assemble(parts)


def _teller(about: Mapping[str, Any], *, rtl: bool) -> Callable[[Any], str]:
    form, words, minus = about["form"], about["words"], "\u200e\u2212" if rtl else "\u2212"
    digits = len(form.partition(".")[2].rstrip("%"))

    def tell(value: Any) -> str:
        if value is None or value is pd.NaT or value != value:
            return ""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text = f"{value:.{digits}%}" if form.endswith("%") else f"{value:,.{digits}f}"
            return text.replace("-", minus)
        text = str(value.date()) if hasattr(value, "date") else str(value)
        return str(escape(printable(words.get(text, text))))

    return tell

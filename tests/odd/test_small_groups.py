"""What churn, value and scores say tells of no few customers, and no small group follows from a sum."""

import html
import re

import numpy as np
import pandas as pd
import pytest

from cxlib.report.suppression import SUPPRESS_BELOW
from tests.odd.conftest import Company, draw_tables
from tests.odd.test_companies import REPORTS, cells, made, project, undrawn, write  # noqa: F401 - fixtures

COUNTED = re.compile(
    r"(?<![\d,.+\u2212])(\d[\d,]*) (?:more |other |running )?"
    r"(?:customers?|memberships?|members|answers|comments|ends|fall|began|people)\b"
)
WHOLE = re.compile(r"too few|needed|from few answers|based on|fewer than", re.IGNORECASE)
COUNTS = re.compile(r"customers|members|memberships|answers|comments|running|ever sold|ratings", re.IGNORECASE)


def ordinary(seed):
    """A company of 80 to 420 customers of whom some columns are unevenly spread, so that groups are small."""
    rng = np.random.default_rng(1_000 + seed)
    company = Company(rng, [f"C{n}" for n in range(int(rng.integers(80, 420)))])
    company.tables = draw_tables(rng, company.customers)
    people = company.tables["customers"]
    regions = rng.choice(["North", "South", "East", "West"], len(people), p=[0.5, 0.3, 0.15, 0.05])
    company.set("customers", region=regions)
    plans = rng.choice(["annual", "monthly", "trial"], len(company.members), p=[0.45, 0.45, 0.1])
    company.set("memberships", plan=plans)
    return company


def sentences_of(page):
    """What stands outside of tables, a sentence or label each."""
    text = re.sub(r"<(table|style|svg)\b.*?</\1>", ".", page, flags=re.DOTALL)
    return [re.sub(r"\s+", " ", html.unescape(part)) for part in re.split(r"<[^>]+>|\. ", text) if part.strip()]


def tables_of(page):
    """The tables of a page, with counts as numbers."""
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        lines = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in table.split("<tr")[1:]]
        head, *rows = [[html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for cell in line] for line in lines]
        frame = pd.DataFrame([row for row in rows if len(row) == len(head)], columns=head)
        for name in [column for column in frame if COUNTS.fullmatch(str(column))]:
            yield name, frame, pd.to_numeric(frame[name].astype(str).str.replace(",", ""), errors="coerce")


def faults_of(page, whole):
    """Sentences that count few customers, and rows of tables that do; the company's own whole may be small."""
    for sentence in sentences_of(page):
        few = {int(n.replace(",", "")) for n in COUNTED.findall(sentence)} - {0, *whole}
        if few and min(few) < SUPPRESS_BELOW and not WHOLE.search(sentence):
            yield sentence
    for name, frame, counts in tables_of(page):
        if ((counts > 0) & (counts < SUPPRESS_BELOW)).any():
            yield name, frame.to_dict("records")


def sums_of(page, sizes):
    """Groups of a column whose size follows from all less the rows that a table shows."""
    for name, frame, counts in tables_of(page):
        labels = frame[frame.columns[0]].astype(str)
        for column, groups in sizes.items():
            own = labels.str.removeprefix(f"{column}: ").isin(groups.index)
            if own.sum() and own.sum() == labels.isin([f"{column}: {group}" for group in groups.index]).sum():
                rest = groups.sum() - counts[own].sum()
                if 0 < rest < SUPPRESS_BELOW:
                    yield name, column, rest


@pytest.mark.slow
def test_three_reports_tell_of_no_few_customers(cells, project, undrawn):  # noqa: F811
    """Six companies: every sentence and table is read, and each sum less what is shown."""
    (project / "params").mkdir()
    tables, faults = 0, []
    for seed in range(6):
        company = ordinary(seed)
        home = project / str(seed)
        workspace = write(company, home)
        answers = company.answers.merge(company.tables["customers"], on="customer_id", how="left")
        sizes = {"Region": answers["region"].value_counts(), "Touchpoint": answers["touchpoint"].value_counts()}
        for report in ("churn", "clv", "nps_drivers"):
            shown, names = made(cells[report], company, REPORTS[report], workspace)
            page = " ".join(payload["html"]["en"] for payload in shown)
            score = getattr(names["study"], "score", None)
            running = int((company.members["ended_on"].fillna("") == "").sum())
            whole = {len(company.customers), len(company.members), running, len(answers), score.n if score else 0}
            faults += [(seed, report, fault) for fault in faults_of(page, whole)]
            if report == "nps_drivers":
                faults += [(seed, report, fault) for fault in sums_of(page, sizes)]
            tables += sum(1 for _ in tables_of(page))
    assert not faults
    assert tables >= 30

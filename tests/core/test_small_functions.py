"""What small functions inside the package give, by example: one that many modules call is told from its neighbours."""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxlib import checks, masking, parameters, strict_yaml
from cxlib.churn import features, gather
from cxlib.churn.offers import uplift
from cxlib.churn.risk import candidates
from cxlib.churn.survival import covariates, curves
from cxlib.clv.models import base
from cxlib.data import Workspace, casts, exchange, mapping
from cxlib.data.demo import files
from cxlib.data.frames import cut_offs, inputs
from cxlib.data.guessing import columns, parts, tables
from cxlib.data.reading import raw
from cxlib.data.recipes import recipe
from cxlib.drivers import ranking, scenarios
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Money, Percent, T, messages, quantities, words
from cxlib.measures import Metric, nps, raking, result, sampling, satisfaction
from cxlib.publish import cells, page
from cxlib.publish import checks as page_checks
from cxlib.report import component, head
from cxlib.report.plots import chart, heatmap, rows
from cxlib.report.views.churn import words as churn_words
from cxlib.report.views.clv import holders
from cxlib.report.views.nps_drivers import groups as nps_groups
from cxlib.report.views.segmentation import groups as segment_groups
from cxlib.runs import project
from cxlib.runs.archive import fingerprint, pages, record, store
from cxlib.runs.execution import control, kernels
from cxlib.runs.planning import cron
from cxlib.runs.warm import server
from cxlib.scorecard import figures

TWO = np.array([[1.0, 0.25], [0.25, 1.0]])
GROUPS = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
GIVEN = np.array([1.0, 0, 5, 5])
YEAR = cut_offs.Horizon(90, 0, dt.date(2025, 1, 1), dt.date(2025, 12, 31))
AMOUNT_FIELDS = [mapping.Field("Total", "c0", "x"), mapping.Field("Refunded Amount", "c1", "x")]
CURRENCY_TITLES = ("orderCurrency", "العملة", "current", "رقم العملية")
CELLS = ("12,50 €", "2026-01-05", "٣٤", "Order 7", "Q1")
SHOWN = pd.DataFrame({"share": [Percent(0.25)], "spent": [Money(1250, currency="EUR")], "n": [Count(4)]})
ORDERS = pd.DataFrame({"customer_id": ["a", "a", "b"], "orders": [1, 2, 1]})
BETTER = Metric("nps", T("NPS"), 6.0, unit="points", polarity=1, change=4.2)
STYLED = "<style>@font-face{" + "x" * 3000 + "}</style><svg>" + "y" * 9000 + "</svg>"

GIVES = {
    "a day": (lambda: strict_yaml.parse_day("2026-03-01"), dt.date(2026, 3, 1)),
    "a day that a parameter names": (lambda: checks.read_day("2026-03-01", name="x"), dt.date(2026, 3, 1)),
    "days": (lambda: checks.check_days("horizon_days", 90), 90),
    "numbers": (lambda: checks.read_numbers(["1", 2], "score").tolist(), [1, 2]),
    "flags": (lambda: checks.read_flags([1, 0], "ended").tolist(), [True, False]),
    "what is a flag": (lambda: checks.find_flags([1, True, "yes"]).tolist(), [False, True, False]),
    "a reason that counts": (
        lambda: str(features.say_reason(features.FEATURES["tickets_90d"], 4, 0)),
        "Support tickets in the last 90 days: 4, higher than usual (0)",
    ),
    "a reason in words": (
        lambda: str(features.say_reason(features.FEATURES["plan"], "Monthly", None)),
        "Plan: Monthly",
    ),
    "who was treated": (lambda: uplift.read_treatment(["treated", "control"]).tolist(), [True, False]),
    "rules": (lambda: candidates.find_rules(["tickets_90d", "customer_days"]), {"prior": -1, "tenure": 1}),
    "shifted odds": (lambda: candidates.shift_odds(np.array([0.5]), 1.0).round(3).tolist(), [0.731]),
    "a round step": (lambda: covariates.round_step(np.array([10.0, 50.0, 90.0])), 20),
    "a round step of flags": (lambda: covariates.round_step(np.array([0.0, 0.0, 0.0, 1.0])), 1),
    "clear effects": (
        lambda: curves.are_clear(pd.Series([0.001, 0.001, 0.2]), pd.Series([1.3, 1.01, 1.3])).tolist(),
        [True, False, False],
    ),
    "discount": (lambda: round(base.discount_exponent(0.1, 7) * 365.25 / 7, 6), round(float(np.log(1.1)), 6)),
    "quoted": (lambda: casts.quote("it's"), "'it''s'"),
    "stored numbers": (lambda: casts.stored_number("'12.5'", ",").endswith("'.', ',')"), True),
    "another currency's mark": (lambda: bool(re.search(casts.other_marks("USD"), "€12")), True),
    "its own mark": (lambda: bool(re.search(casts.other_marks("USD"), "US$12")), False),
    "a faulty line": (
        lambda: files.fault_lines(files.Fault("missing customer", "customer_id", 1)),
        [b"X0000001,,14/09/2026 10:05,45.00,pantry,phone"],
    ),
    "titles of currencies": (lambda: [*map(exchange.tells_currency, CURRENCY_TITLES)], [True, True, False, False]),
    "open cut-offs": (
        lambda: [str(day) for day in cut_offs.choose_cut_offs(YEAR, 2, open_cut_offs=True)],
        ["2025-07-04", "2025-10-02", "2026-01-01"],
    ),
    "a day as given": (lambda: inputs.as_day("1997-09-30", "calibration_end"), dt.date(1997, 9, 30)),
    "currencies beside": (lambda: columns.currency_beside([("£", 9), ("M", 20)]).others, ("EGP",)),
    "cells that are values": (lambda: [*map(parts.is_value, CELLS)], [True, True, True, False, False]),
    "plain words": (lambda: tables.plain_words("OrderNo."), ("order", "number")),
    "plain words in Arabic": (lambda: tables.plain_words("رقم الطلب"), ("رقم", "طلب")),
    "plain words without brackets": (lambda: tables.plain_words("Amount (SAR)"), ("amount",)),
    "a title that fits better": (
        lambda: (
            tables.title_score("Order Date", "transactions", "at")
            > tables.title_score("Date of the order", "transactions", "at")
            > 0
        ),
        True,
    ),
    "quoted names": (
        lambda: mapping._with_quoted_names("Total - Refunded Amount", AMOUNT_FIELDS),
        'Total - "Refunded Amount"',
    ),
    "names over two rows": (
        lambda: raw.column_names([["id", "How good is", "", ""], ["", "Price", "Service", ""]])[0],
        ["id", "How good is", "How good is - Service", "column_4"],
    ),
    "names told apart": (
        lambda: raw.column_names([["id", "sum", "sum"]]),
        (["id", "sum", "sum_2"], ("columns with the same name are told apart: 'sum_2' is the second 'sum'",)),
    ),
    "where the titles stand": (
        lambda: raw.title_hint([(1, ["Report", "", ""]), (2, []), (3, ["id", "at", "sum"])]),
        "Row 3 has 3 cells and row 1 only 1; where the names stand there, set 'skip_rows: 2'.",
    ),
    "what a recipe lacks": (
        lambda: recipe.read_recipe("ga4-events").lacks(["event_name", " User_Pseudo_ID"]),
        ["event_timestamp"],
    ),
    "explained at least": (lambda: ranking.explained_range(np.array([0.01, 0.02, 0.03]), 0.01)[0], 0.0),
    "moods": (lambda: scenarios.moods(np.array([0.5, 0.3]), TWO)[:, :2].round(9).tolist(), [[0.0, 0.2], [-0.2, 0.0]]),
    "bounded gains": (
        lambda: scenarios.bound_gains(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [1.0, 3.0]]), [0.5]).tolist(),
        [1.5],
    ),
    "a common factor": (lambda: scenarios.common_factor(TWO).round(3).tolist(), [0.5, 0.5]),
    "few or the number": (lambda: [str(messages.few_or(n)) for n in (29, 30, 0)], ["fewer than 30", "30", "0"]),
    "currencies": (lambda: [*map(quantities.is_currency, ("KWD", "US$"))], [True, False]),
    "currencies like": (
        lambda: [*map(quantities.currencies_like, ("sar", "Saudi riyal", "riyals"))],
        [["SAR"], ["SAR"], ["QAR", "SAR"]],
    ),
    "points apart": (
        lambda: [str(quantities.points_apart(*two)) for two in ((-8.6, -1.2), (8.4, 8.1))],
        ["−8", "+0.3"],
    ),
    "points between shares": (lambda: str(quantities.points_apart(0.264, 0.199, shares=True)), "+6.1"),
    "a usual word": (lambda: str(words.usual_word("Payment_failed")), "Payment failed"),
    "no usual word": (lambda: words.usual_word("A-12"), None),
    "lacks a label": (lambda: words.lacks_label("plan", ["Annual", "Gold", "فضية"], "ar"), ["Gold"]),
    "a column lacks its label": (lambda: words.lacks_label("rating_lockers", [], "ar"), [""]),
    "a masked line": (
        lambda: masking.mask_line('C2,Jane Doe,"12 Mill Lane",1979-01-02'),
        '•••,••• •••,"••• ••• •••",•••',
    ),
    "masked words": (
        lambda: masking.mask_words("no plan for JANE DOE, who will pay; ask Will", ["Jane Doe", "Will"]),
        "no plan for •••, who will pay; ask •••",
    ),
    "masked texts": (
        lambda: masking.mask_texts({"n": 501234567, "who": ["call 0501234567"]}),
        {"n": 501234567, "who": ["call •••"]},
    ),
    "numbers of cards": (lambda: [*map(masking.luhn, ("4111111111111111", "4111111111111112"))], [True, False]),
    "numbers of articles": (lambda: [*map(masking.is_article, ("4006381333931", "4006381333932"))], [True, False]),
    "Arabic letters": (lambda: [*map(satisfaction.has_arabic, ("خدمة ok", "service"))], [True, False]),
    "who promotes": (lambda: nps.nps_codes([10, 9, 8, 7, 6, 0]).tolist(), [1, 1, 0, 0, -1, -1]),
    "categories": (
        lambda: raking.categories(pd.DataFrame({"age": ["old"], "x": ["y"]}), {"age": {"old": 1}}).tolist(),
        [("old",)],
    ),
    "plain numbers": (
        lambda: result.to_numbers(SHOWN).to_dict("records"),
        [{"share (fraction)": 0.25, "spent (EUR)": 12.5, "n": 4}],
    ),
    "intervals that hold together": (lambda: [round(sampling.joint_z(n), 4) for n in (1, 10)], [1.96, 2.807]),
    "off margins": (lambda: sampling.off_margins(GIVEN, np.ones(4), GROUPS).round(9).tolist(), [0.5, -0.5, 0.0, 0.0]),
    "unlike margins": (
        lambda: sampling.unlike_margins(GIVEN, np.ones(4), GROUPS, np.arange(4)).round(9).tolist(),
        [1.0, -1.0, 0.0, 0.0],
    ),
    "a small sample": (lambda: round(sampling.small_sample(40), 3), 1.045),
    "percentiles": (lambda: [round(end, 9) for end in sampling.percentiles(range(1, 40))], [1.0, 39.0]),
    "slugs": (
        lambda: [*map(cells.slug, ("Why do they leave?", "لماذا يُغادِر العملاء؟"))],
        ["why-do-they-leave", "لماذا-يغادر-العملاء"],
    ),
    "joined lines": (lambda: cells.joined(["a\n", "b"]), "a\nb"),
    "what weighs": (lambda: page_checks.weigh(STYLED), "charts 9 kB, styles 3 kB, fonts 3 kB"),
    "a moment": (lambda: str(page.moment(dt.datetime(2026, 9, 30, 14, 5))), "30 September 2026, 14:05 UTC"),
    "a page's language": (lambda: page.in_language("report.{language}.html", "ar"), "report.ar.html"),
    "what can be printed": (lambda: component.printable("plan\x00 A"), "plan A"),
    "a change": (lambda: str(head.change_sentence(BETTER)), "+4 points, better"),
    "hues": (lambda: chart.hues(["a", "b"], "b", "lines"), {"a": "c1", "b": "c2"}),
    "multiples": (lambda: chart.multiples(6, 36, 5), [0, 12, 24, 36]),
    "steps of heat": (lambda: heatmap.heat_steps(np.array([0, 0.5, 1, np.nan]), (0, 1)).tolist(), [1, 4, 7, 0]),
    "outer ends": (lambda: [rows.outer_end(3, 1, 5), rows.outer_end(-2, -4, -1)], [rows.End(5, 1), rows.End(-4, -1)]),
    "joined sentences": (
        lambda: str(churn_words.joined([T("Plan"), T("Price of the plan")])),
        "Plan; Price of the plan",
    ),
    "a holder in words": (lambda: str(holders._in_words("acquisition_channel=direct")), "Acquisition channel: direct"),
    "a group's name": (lambda: str(nps_groups.group_name("touchpoint", "delivery")), "Touchpoint: Delivery"),
    "masked ids": (lambda: segment_groups._masked(("C0000123", 7)), "…123, …7"),
    "a digest of equals": (
        lambda: fingerprint.hash_json({"a": 1, "b": 2}) == fingerprint.hash_json({"b": 2, "a": 1}),
        True,
    ),
    "a page's path": (
        lambda: pages.page_path(Path("latest"), pages.REPORT_PAGE, "ar").as_posix(),
        "latest/report.ar.html",
    ),
    "a last day": (
        lambda: record.LastDay(day=dt.date(2026, 1, 7), until=dt.date(2026, 1, 9)).covers(dt.date(2026, 1, 9)),
        False,
    ),
    "a private name": (lambda: store.private_name(Path("demo/latest")).as_posix(), "demo/.latest.partial"),
    "times in words": (lambda: [*map(control.in_words, (90, 600))], ["90 seconds", "10 minutes"]),
    "a long text": (
        lambda: kernels.bounded("x" * 10**6).endswith("x [the first 10,000 of 1,000,000 characters]"),
        True,
    ),
    "spans": (lambda: cron.spans([1, 2, 3, 7]), [(1, 3), (7, 7)]),
    "a workspace's name": (lambda: project.workspace_name(Path("our shop")), "our_shop"),
    "half a character": (lambda: server.legible({"text": ["a\ud800"]}), {"text": ["a\\ud800"]}),
    "a total": (lambda: figures.total_of(ORDERS, "orders").value, 4),
    "a number of customers": (lambda: figures.total_of(ORDERS).n, 2),
    "YAML": (lambda: [*map(strict_yaml.yaml_scalar, ("Order Date", "yes"))], ["Order Date", '"yes"']),
}


@pytest.mark.parametrize("what", GIVES)
def test_a_small_function_gives(what):
    """An example of what it is for."""
    call, expected = GIVES[what]
    assert call() == expected


REFUSES = {
    "a day of no business": (
        lambda: strict_yaml.check_day(dt.date(9999, 12, 31), "observation_end"),
        ParameterError,
        "observation_end=9999-12-31 is no day of business; write one from 1900 to 2199",
    ),
    "a bad row": (
        lambda: checks.refuse_where([3, 11], "nps", [False, True], "above 10", "Drop them", what="surveys"),
        DataError,
        "surveys: column 'nps' has 1 value that is above 10 (first: 11 in row 2). Drop them.",
    ),
    "a percentage": (
        lambda: parameters.Domain("(from 0 to 1) ").check(35),
        ValueError,
        "a number from 0 to 1: 35 percent are 0.35",
    ),
}


@pytest.mark.parametrize("what", REFUSES)
def test_a_small_function_refuses(what):
    """The whole message of a refusal."""
    call, kind, message = REFUSES[what]
    with pytest.raises(kind, match=re.escape(message)):
        call()


def test_opt_outs_are_read():
    """Yes and no become true and false; nothing stays missing."""
    people = pd.DataFrame({"customer_id": ["a", "b", "c"], "no_calls": ["yes", "no", None]})
    shop = Workspace.from_frames({"customers": people}, currency="GBP", time_zone="UTC")
    assert gather.read_opt_outs(shop, "no_calls")["opted_out"].tolist() == [True, False, pd.NA]

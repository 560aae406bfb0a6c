"""A log that says who bought and when, and not for how much: every report counts purchases and speaks of no money."""

import json
import random
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cxlib.cli import app
from cxlib.data import Workspace, open_workspace, rfm_frame
from cxlib.errors import ConfigurationError

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MONEY = re.compile(r"[$€£¥﷼]|\b(USD|SAR|EUR|dollars?|riyals?|euros?)\b|ريال|دولار|ر\.س|جنيه|درهم|يورو", re.IGNORECASE)


def log(customers=300, days=600, seed=3):
    """Customers who come at their own rates and leave: customer_id, day."""
    draw, rows = random.Random(seed), []
    for n in range(customers):
        rate, at = draw.gammavariate(1.2, 1 / 40), draw.uniform(0, 0.8 * days)
        end = min(at + draw.expovariate(1 / 300), days)
        while at < end:
            rows.append((f"M{n:05}", pd.Timestamp("2024-06-01") + pd.Timedelta(days=int(at))))
            at += draw.expovariate(rate) + 1
    return pd.DataFrame(rows, columns=["Member No", "Purchase Date"]).sort_values("Purchase Date")


def shop(**columns):
    """Three purchases of two customers."""
    rows = {"customer_id": ["a", "a", "b"], "at": ["2026-01-05", "2026-02-01", "2026-02-02"], **columns}
    return Workspace.from_frames({"transactions": pd.DataFrame(rows)}, currency="SAR", time_zone="Asia/Riyadh")


def test_purchases_without_amounts_are_counted():
    """The table has no column of amounts, and what is counted is right."""
    bare = shop()
    assert (bare.has_amounts, shop(amount=[3, 4, 5]).has_amounts) == (False, True)
    assert "amount_cents" not in bare.frame("transactions")
    assert rfm_frame(bare)["frequency"].tolist() == [2, 1]


def test_an_amount_that_is_mapped_may_not_be_missing():
    """A column that is there is checked as before."""
    assert shop(amount=["3", "", "5"]).counts["quarantined"].tolist() == [1]


def test_amounts_of_one_file_alone_are_refused(tmp_path):
    """Half of the sales without amounts would be half of the revenue."""
    text = "title: x\ncurrency: SAR\ntime_zone: UTC\ntables:\n  transactions:\n"
    for name, columns in (("a", "customer_id: id, at: day"), ("b", "customer_id: id, at: day, amount: paid")):
        (tmp_path / f"{name}.csv").write_text("id,day,paid\n1,2026-01-05,3\n", encoding="utf-8")
        text += f"    - path: {tmp_path / name}.csv\n      columns: {{{columns}}}\n"
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"a\.csv: nothing is mapped to 'amount', which b\.csv has"):
        open_workspace(tmp_path).table("transactions")


@pytest.mark.slow
def test_every_report_of_a_log_without_amounts(tmp_path, monkeypatch):
    """From the file to the pages in two commands, in both languages, without a word of money in answers or numbers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").symlink_to(NOTEBOOKS)
    (tmp_path / "params").mkdir()
    log().to_csv("purchases.csv", index=False)
    said = CliRunner().invoke(app, ["init", "club", "purchases.csv", "--yes"])
    assert said.exit_code == 0, said.output
    assert "reports count purchases and speak of no money" in said.output
    assert "# amount: none  # UNSURE: " in Path("params/club/sources.yaml").read_text(encoding="utf-8")
    done = CliRunner().invoke(app, ["run", "club"])
    assert done.exit_code == 0, done.output
    for report in ("segmentation", "clv", "churn", "journey", "scorecard"):
        latest = Path("reports/club", report, "latest")
        metrics = json.loads((latest / "metrics.json").read_text(encoding="utf-8"))
        assert not [one for one in metrics["metrics"] if one["unit"] == "money" or one.get("currency")], report
        for language in ("en", "ar"):
            page = (latest / f"report.{language}.html").read_text(encoding="utf-8")
            words = re.sub(r"<script.*?</script>|<style.*?</style>|<pre.*?</pre>|<[^>]+>", " ", page, flags=re.DOTALL)
            assert not MONEY.search(words), (report, language, MONEY.search(words))
            assert "How much will they spend?" not in words
        for file in (latest / "exports").glob("*.csv"):
            assert not re.search("cents|currency|revenue|spend", file.read_text(encoding="utf-8").split("\n")[0]), file

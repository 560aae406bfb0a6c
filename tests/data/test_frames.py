"""Per-customer and per-cohort frames: published counts first, then lifetimes as an oracle, then invariants."""

import datetime as dt
import warnings
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxlib.data import cohort_counts, customers_without_purchase, purchase_summary, rfm_frame
from cxlib.errors import DataError

CALIBRATION_END, STUDY_END = "1997-09-30", "1998-06-30"
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lifetimes():
    """The oracle; importing it warns about its own old code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes.utils
    return lifetimes


def oracle(function, *args, **options):
    """Call lifetimes without its warnings about pandas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(lifetimes().utils, function)(*args, **options)


@pytest.fixture(scope="module")
def cdnow():
    """CDNOW's 1/10 sample in canonical form."""
    file = Path(lifetimes().__file__).parent / "datasets" / "CDNOW_sample.txt"
    raw = pd.read_csv(file, sep=r"\s+", names=["master", "customer_id", "date", "items", "amount"])
    return pd.DataFrame(
        {
            "customer_id": raw["customer_id"].astype(str),
            "day": pd.to_datetime(raw["date"].astype(str)),
            "amount_cents": (raw["amount"] * 100).round().astype("int64"),
        }
    )


@pytest.fixture(scope="module")
def retail(datasets):
    """The first year of Online Retail II in canonical form."""
    raw = pd.read_parquet(datasets / "online_retail_2009.parquet")
    good = raw[(raw["Quantity"] > 0) & (raw["Price"] > 0) & raw["Customer ID"].notna()]
    good = good[~good["Invoice"].astype(str).str.startswith("C")]
    return pd.DataFrame(
        {
            "transaction_id": good["Invoice"].astype(str),
            "customer_id": good["Customer ID"].astype("int64").astype(str),
            "day": pd.to_datetime(good["InvoiceDate"]).dt.normalize(),
            "amount_cents": (good["Quantity"] * good["Price"] * 100).round().astype("int64"),
        }
    ).reset_index(drop=True)


def rows(*entries):
    """Canonical rows from (customer, ISO day, cents)."""
    table = pd.DataFrame(entries, columns=["customer_id", "day", "amount_cents"])
    return table.assign(day=pd.to_datetime(table["day"], format="ISO8601"))


class TestPublished:
    """Counts that others have published, or that two peer tools agree on."""

    def test_cdnow_calibration_and_holdout(self, cdnow):
        """2,357 customers and 946 repeat buyers (CLVTools); 1,882 repeat purchases in the 39-week holdout (own)."""
        summary = purchase_summary(cdnow, observation_end=STUDY_END, calibration_end=CALIBRATION_END)
        assert len(summary) == 2357
        assert (summary["frequency"] > 0).sum() == 946
        assert summary["frequency_holdout"].sum() == 1882
        assert summary["duration_holdout"].unique().tolist() == [273]
        assert summary["T"].max() / 7 == pytest.approx(38.857, abs=5e-4)

    def test_cdnow_customer_1516(self, cdnow):
        """Customer 1516: x=26, t_x=30.857, T=31 weeks (BTYD vignette)."""
        summary = purchase_summary(cdnow, calibration_end=CALIBRATION_END).set_index("customer_id")
        customer = summary.loc[summary["frequency"] == 26].iloc[0]
        assert customer["recency"] / 7 == pytest.approx(30.857, abs=5e-4)
        assert customer["T"] / 7 == 31

    @pytest.mark.acceptance
    def test_online_retail(self, retail):
        """4,312 customers, 19,213 invoices, 34.65 % with one purchase day, 8,832,003.26 in whole cents (own)."""
        frame = rfm_frame(retail)
        assert len(retail) == 407_664
        assert len(frame) == 4312
        assert frame["orders"].sum() == 19_213
        assert frame["monetary"].sum() == 883_200_326
        assert round((frame["frequency"] == 1).mean() * 100, 2) == 34.65
        assert round((1 - len(frame) / frame["orders"].sum()) * 100, 2) == 77.56

    @pytest.mark.acceptance
    def test_online_retail_cohorts(self, retail):
        """Of the 955 customers of December 2009, 337 bought in January 2010; December 2010 is incomplete (own)."""
        counts = cohort_counts(retail)
        first = counts[counts["cohort"] == "2009-12-01"].set_index("months_since")
        assert first.loc[0, ["customers", "cohort_size"]].tolist() == [955, 955]
        assert first.loc[1, "customers"] == 337
        assert first.loc[~first["complete"]].index.tolist() == [12]
        assert counts["revenue_cents"].sum() == 883_200_326


class TestOracle:
    """lifetimes 0.11.3 on the same rows."""

    def test_summary(self, cdnow):
        """Frequency, recency, T and monetary value are lifetimes' for every CDNOW customer."""
        ours = purchase_summary(cdnow).set_index("customer_id")
        theirs = oracle("summary_data_from_transaction_data", cdnow, "customer_id", "day", "amount_cents").sort_index()
        for name in ("frequency", "recency", "T"):
            assert (ours[name] == theirs[name]).all()
        np.testing.assert_allclose(ours["monetary_value"], theirs["monetary_value"] / 100, rtol=1e-12)

    def test_calibration_and_holdout(self, cdnow):
        """So are the columns of a split, holdout money as the mean of a day (theirs is of a row) on merged days."""
        merged = cdnow.groupby(["customer_id", "day"], as_index=False)["amount_cents"].sum()
        ours = purchase_summary(merged, calibration_end=CALIBRATION_END).set_index("customer_id")
        theirs = oracle(
            "calibration_and_holdout_data",
            merged,
            "customer_id",
            "day",
            CALIBRATION_END,
            monetary_value_col="amount_cents",
        ).sort_index()
        for name in ("frequency", "recency", "T"):
            assert (ours[name] == theirs[f"{name}_cal"]).all()
        assert (ours["frequency_holdout"] == theirs["frequency_holdout"]).all()
        assert (ours["duration_holdout"] == theirs["duration_holdout"]).all()
        np.testing.assert_allclose(ours["monetary_value"], theirs["monetary_value_cal"] / 100, rtol=1e-12)
        np.testing.assert_allclose(ours["monetary_value_holdout"], theirs["monetary_value_holdout"] / 100, rtol=1e-12)


class TestDefinitions:
    """What counts, on tables small enough to check by hand."""

    def test_calibration_end_day_is_calibration(self):
        """A purchase late on the calibration end day belongs to calibration."""
        table = rows(("a", "2026-01-01", 100), ("a", "2026-01-10 23:30", 200), ("a", "2026-01-20", 300))
        summary = purchase_summary(table, calibration_end="2026-01-10").iloc[0]
        assert (summary["frequency"], summary["frequency_holdout"], summary["duration_holdout"]) == (1, 1, 10)
        assert (summary["monetary_value"], summary["monetary_value_holdout"]) == (2.0, 3.0)

    def test_holdout_customers_are_left_out(self):
        """Who first bought after the calibration end is not in the summary."""
        table = rows(("a", "2026-01-01", 100), ("b", "2026-01-20", 100))
        assert purchase_summary(table, calibration_end="2026-01-10")["customer_id"].tolist() == ["a"]

    @pytest.mark.parametrize("with_zero", [False, True])
    def test_refund_days(self, with_zero):
        """A day of refunds, or cancelled in full, is no purchase day; its money stays in refund_cents."""
        table = rows(
            ("a", "2026-01-01", 1000),
            ("a", "2026-01-05", -300),
            ("a", "2026-01-09", 500),
            ("a", "2026-01-09", -500),
            ("a", "2026-01-15", 900),
            ("a", "2026-01-15", -200),
            ("a", "2026-02-01", -100),
            *([("b", "2026-01-01", 0), ("b", "2026-01-15", 0)] if with_zero else []),
        )
        summary = purchase_summary(table, calibration_end="2026-01-20").set_index("customer_id")
        assert summary.loc["a", ["frequency", "recency", "first_amount_cents"]].tolist() == [1, 14, 1000]
        money = summary.loc["a", ["repeat_amount_cents", "refund_cents", "refund_cents_holdout"]]
        assert money.tolist() == [700, -300, -100]
        assert summary.loc["a", "frequency_holdout"] == 0
        if with_zero:
            assert summary.loc["b", ["frequency", "monetary_value"]].tolist() == [1, 0]

    def test_customers_with_refunds_only(self):
        """Who never bought is in no frame, but is named with the money."""
        table = rows(("a", "2026-01-01", 100), ("b", "2026-01-02", -40))
        assert purchase_summary(table)["customer_id"].tolist() == ["a"]
        assert rfm_frame(table)["customer_id"].tolist() == ["a"]
        assert cohort_counts(table)["cohort_size"].tolist() == [1]
        assert customers_without_purchase(table).to_dict("list") == {"customer_id": ["b"], "refund_cents": [-40]}

    def test_rfm_counts_refunds_as_money_only(self):
        """A refund lowers monetary and is neither a purchase day, nor an order, nor a visit."""
        table = rows(("a", "2026-01-01", 1000), ("a", "2026-01-11", -400)).assign(transaction_id=["1", "C1"])
        frame = rfm_frame(table, observation_end="2026-01-31").iloc[0]
        assert frame[["recency_days", "frequency", "monetary", "orders"]].tolist() == [30, 1, 600, 1]

    def test_cohort_cells_without_purchases_are_zero(self):
        """A month in which nobody of a cohort bought is a zero, not a hole; the last month is complete at its end."""
        table = rows(("a", "2026-01-03", 100), ("a", "2026-03-31", 100))
        counts = cohort_counts(table)
        assert counts["customers"].tolist() == [1, 0, 1]
        assert counts["complete"].all()
        assert cohort_counts(table, observation_end="2026-04-29")["complete"].tolist() == [True, True, True, False]

    def test_a_refund_before_the_first_purchase_stays_in_month_zero(self):
        """Money sent back for what was bought before the table begins is counted with the start month."""
        table = rows(("b", "2026-01-02", 50), ("a", "2026-01-03", -40), ("a", "2026-03-05", 100))
        counts = cohort_counts(table).set_index(["cohort", "months_since"])
        assert counts.loc[("2026-03-01", 0), ["customers", "revenue_cents"]].tolist() == [1, 60]

    def test_observation_end_cuts_and_extends(self):
        """Rows after observation_end are left out; a later end lengthens T."""
        table = rows(("a", "2026-01-01", 100), ("a", "2026-01-11", 100))
        assert purchase_summary(table, observation_end="2026-01-05")["frequency"].tolist() == [0]
        assert purchase_summary(table, observation_end=dt.date(2026, 1, 31))["T"].tolist() == [30]

    def test_ibis_in_ibis_out(self, cdnow):
        """An ibis table is answered with an expression of the same values."""
        table = purchase_summary(ibis.memtable(cdnow), calibration_end=CALIBRATION_END)
        assert isinstance(table, ibis.Table)
        found = table.to_pyarrow().to_pandas(date_as_object=False).sort_values("customer_id", ignore_index=True)
        pd.testing.assert_frame_equal(found, purchase_summary(cdnow, calibration_end=CALIBRATION_END))

    @pytest.mark.parametrize("dialect", ["pyspark", "postgres"])
    @pytest.mark.parametrize("frame", [purchase_summary, rfm_frame, cohort_counts])
    def test_other_engines_have_a_translation(self, frame, dialect):
        """Every frame, refunds and free items included, can be said in other engines' SQL, without a window."""
        table = ibis.memtable(rows(("a", "2026-01-01", 0), ("a", "2026-01-02", -5)).assign(transaction_id=["1", "2"]))
        options = {"calibration_end": "2026-01-01"} if frame is purchase_summary else {}
        expression = frame(table, **options)
        try:
            said = str(ibis.to_sql(expression, dialect=dialect))
        except ModuleNotFoundError as error:
            pytest.skip(f"{dialect} is not installed: {error}")
        assert "OVER" not in said


class TestBadInput:
    """A table that cannot be used says so, with the column and the remedy."""

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda t: t.rename(columns={"amount_cents": "amount_cent"}), "Did you mean 'amount_cent'"),
            (lambda t: t.iloc[:0], "no rows"),
            (lambda t: t.assign(customer_id=[None, "a"]), "'customer_id' is missing in 1 rows"),
            (lambda t: t.assign(customer_id=[1.0, np.nan]), "'customer_id' has type float64"),
            (lambda t: t.assign(customer_id=[1.5, "a"]), "has type unknown"),
            (lambda t: t.assign(day=["2026-01-01", "2026-01-02"]), "'day' has type string"),
            (lambda t: t.assign(day=t["day"].dt.tz_localize("UTC")), "time zone"),
            (lambda t: t.assign(day=[pd.NaT, pd.Timestamp("2026-01-01")]), "'day' is missing in 1 rows"),
            (lambda t: t.assign(amount_cents=[1.0, 2.5]), "whole minor units"),
        ],
    )
    @pytest.mark.parametrize("frame", [purchase_summary, rfm_frame, cohort_counts])
    def test_table(self, frame, change, says):
        """Missing, empty, ill-typed and incomplete columns are refused by every frame."""
        table = change(rows(("a", "2026-01-01", 100), ("b", "2026-01-02", 100)))
        with pytest.raises(DataError, match=says):
            frame(table)

    @pytest.mark.parametrize("end", ["2025-12-31", "2026-01-20", "2027-01-01"])
    def test_calibration_end_outside(self, end):
        """A split before the data, on its last day or after it leaves a period without days."""
        table = rows(("a", "2026-01-01", 100), ("a", "2026-01-20", 100))
        with pytest.raises(DataError, match="must lie in the data, 2026-01-01 to 2026-01-20"):
            purchase_summary(table, calibration_end=end)

    @pytest.mark.parametrize("end", ["soon", pd.NaT])
    def test_not_a_day(self, end):
        """An end that is no day is named."""
        with pytest.raises(DataError, match="observation_end"):
            purchase_summary(rows(("a", "2026-01-01", 100)), observation_end=end)

    def test_observation_end_before_the_data(self):
        """An end before the first row says that nothing is left."""
        with pytest.raises(DataError, match="no row up to observation_end 2025-01-01"):
            rfm_frame(rows(("a", "2026-01-01", 100)), observation_end="2025-01-01")

    def test_first_row_of_a_missing_id(self):
        """Where the source's row numbers are there, the first faulty one is named."""
        table = rows((None, "2026-01-01", 100), ("b", "2026-01-02", 100)).assign(row=[17, 18])
        with pytest.raises(DataError, match="first: row 17"):
            purchase_summary(table)


entries = st.lists(
    st.tuples(st.sampled_from("abcdé"), st.integers(0, 90), st.integers(-2000, 4000)), min_size=1, max_size=40
)


def table_of(drawn):
    """Canonical rows from drawn (customer, day number, cents); the first is a purchase so that a frame is not empty."""
    table = pd.DataFrame([("a", 0, 500), *drawn], columns=["customer_id", "at", "amount_cents"])
    return table.assign(day=pd.Timestamp("2026-01-01") + pd.to_timedelta(table["at"], unit="D")).drop(columns="at")


class TestInvariants:
    """What must hold on any table."""

    @pytest.mark.parametrize("seed", range(2))
    def test_row_order_does_not_matter(self, seed):
        """Shuffled rows of many customers, several a day, give the same frames to the bit."""
        random = np.random.default_rng(seed)
        who, at = random.choice(list("abcdefghijklmn\u00e9"), 600), random.integers(0, 90, 600)
        table = table_of(zip(who, at, random.integers(-2000, 4000, 600), strict=True))
        shuffled = table.sample(frac=1, random_state=seed)
        for frame in (purchase_summary, rfm_frame, cohort_counts):
            pd.testing.assert_frame_equal(
                frame(table, observation_end="2026-05-31"), frame(shuffled, observation_end="2026-05-31")
            )

    @FEW
    @given(entries, st.integers(0, 300))
    def test_splitting_a_purchase_changes_nothing(self, drawn, part):
        """Two rows of one day are one purchase."""
        table = table_of(drawn)
        sales = table["amount_cents"] >= part
        split = pd.concat(
            [table.assign(amount_cents=table["amount_cents"] - part * sales), table[sales].assign(amount_cents=part)]
        )
        pd.testing.assert_frame_equal(purchase_summary(table), purchase_summary(split))

    @FEW
    @given(entries)
    def test_money_is_kept_to_the_cent(self, drawn):
        """The frames and the customers without a purchase hold all money between them."""
        table = table_of(drawn)
        total, left = table["amount_cents"].sum(), customers_without_purchase(table)["refund_cents"].sum()
        summary = purchase_summary(table)
        parts = summary[["first_amount_cents", "repeat_amount_cents", "refund_cents"]].to_numpy().sum()
        assert parts + left == total
        assert rfm_frame(table)["monetary"].sum() + left == total
        assert cohort_counts(table)["revenue_cents"].sum() + left == total

    @FEW
    @given(entries, st.integers(0, 89))
    def test_split_money_and_ranges(self, drawn, at):
        """Each customer's net is the sum of the six columns of cents; 0 <= recency <= T; means are not negative."""
        table = table_of([*drawn, ("a", 90, 100)])
        summary = purchase_summary(table, calibration_end=pd.Timestamp("2026-01-01") + pd.Timedelta(days=at))
        cents = summary.set_index("customer_id").filter(like="cents").sum(axis=1)
        assert (cents == table.groupby("customer_id")["amount_cents"].sum().reindex(cents.index)).all()
        assert summary["recency"].between(0, summary["T"]).all()
        counted = ["frequency", "monetary_value", "frequency_holdout", "monetary_value_holdout"]
        assert (summary[counted] >= 0).all(axis=None)
        assert ((summary["frequency"] == 0) == (summary["recency"] == 0)).all()

    @FEW
    @given(entries)
    def test_against_a_plain_loop(self, drawn):
        """The query agrees with the definition written as a loop over days."""
        table = table_of(drawn)
        summary = purchase_summary(table).set_index("customer_id")
        for customer, mine in table.groupby("customer_id"):
            days = mine.groupby("day")["amount_cents"]
            bought = days.sum()[(days.sum() > 0) | (days.min() >= 0)]
            assert (customer in summary.index) == (len(bought) > 0)
            if len(bought):
                row = summary.loc[customer]
                assert (row["frequency"], row["first_amount_cents"]) == (len(bought) - 1, bought.iloc[0])
                assert row["repeat_amount_cents"] == bought.iloc[1:].sum()

    def test_input_is_not_changed(self):
        """No frame touches the table it was given."""
        table = table_of([("b", 3, -200), ("a", 1, 0), ("b", 2, 900)]).iloc[[3, 0, 2, 1]]
        before = table.copy(deep=True)
        for frame in (purchase_summary, rfm_frame, cohort_counts, customers_without_purchase):
            frame(table)
        pd.testing.assert_frame_equal(table, before)

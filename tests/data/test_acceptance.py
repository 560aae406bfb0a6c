"""Real files by mapping alone, to the last row and cent."""

import pytest

from cxlib.data import open_workspace


def test_cdnow_comes_out_whole(root):
    """Fader and Hardie's 1/10 sample: 2,357 customers, 6,919 rows, January 1997 to June 1998."""
    cdnow = open_workspace(root / "params" / "cdnow")
    found = cdnow.frame("transactions")
    assert cdnow.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[6919, 6919, 0]]
    assert found.customer_id.nunique() == 2357
    assert found.transaction_id.is_unique
    assert [str(day) for day in cdnow.period] == ["1997-01-01", "1998-06-30"]
    assert found[["customer_id", "amount_cents", "row"]].values.tolist()[0] == ["00004", 2933, 1]


@pytest.mark.acceptance
def test_online_retail_comes_out_to_the_cent(root, datasets):
    """UCI Online Retail II, first year: rows, customers, invoices, revenue, and what is left out."""
    retail = open_workspace(root / "params" / "online_retail")
    table = retail.table("transactions")
    totals = table.aggregate(
        rows=table.count(),
        customers=table.customer_id.nunique(),
        invoices=table.transaction_id.nunique(),
        cents=table.amount_cents.sum(),
    ).execute()
    assert totals.values.tolist() == [[407_664, 4_312, 19_213, 883_200_326]]
    assert retail.counts[["rows_in", "good", "quarantined"]].values.tolist() == [[525_461, 407_664, 117_797]]
    left_out = dict(zip(retail.rules["rule"], retail.rules["rows"], strict=True))
    assert left_out["a required value is missing"] == 107_927
    assert left_out["cancelled"] == 10_206

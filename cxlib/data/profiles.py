"""What else is known of customers beside their purchases: attributes, the channel they use, what they wrote."""

import pandas as pd

from cxlib.data.workspace import Workspace

MOST_LEVELS = 12
_NOT_ATTRIBUTES = {"customer_id", "source", "row"}
CHANNEL = "channel"
COSTS = ("acquisition_cost_cents", "cost_to_serve_cents")


def customer_attributes(company: Workspace) -> pd.DataFrame:
    """One row a customer with every category that the company's files hold of them.

    `company`: Its tables `customers` and `transactions` are looked at, where it has them.
    Returns: customer_id; each text or true-or-false column of `customers` with 2 to 12 different values that is not
        personal (`Workspace.personal_columns`); channel (the one of most of the customer's transactions, of equals the
        first by name), where transactions have one. Sorted by customer_id.

    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "region": ["north", "south"], "phone": ["1", "2"]})
    >>> shop = Workspace.from_frames({"customers": people}, currency="GBP", time_zone="UTC")
    >>> list(customer_attributes(shop).columns)
    ['customer_id', 'region']
    """
    parts = [part for part in (_declared(company), _channels(company)) if part is not None]
    if not parts:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.merge(part, on="customer_id", how="outer")
    return joined.sort_values("customer_id", ignore_index=True)


def _declared(company: Workspace) -> pd.DataFrame | None:
    if not company.has("customers"):
        return None
    customers = company.frame("customers")
    apart = _NOT_ATTRIBUTES | company.personal_columns("customers")
    categories = [column for column in customers.columns if column not in apart and _is_category(customers[column])]
    return customers[["customer_id", *categories]]


def _is_category(column: pd.Series) -> bool:
    if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_string_dtype(column)):
        return False
    return 2 <= column.nunique() <= MOST_LEVELS


def _channels(company: Workspace) -> pd.DataFrame | None:
    if not company.has("transactions"):
        return None
    rows = company.table("transactions")
    if CHANNEL not in rows.columns or CHANNEL in company.personal_columns("transactions"):
        return None
    counted = rows.group_by("customer_id", CHANNEL).aggregate(n=rows.count())
    channels: pd.DataFrame = counted.to_pandas().dropna(subset=[CHANNEL])
    channels = channels.sort_values(["customer_id", "n", CHANNEL], ascending=[True, False, True])
    return channels.drop_duplicates("customer_id")[["customer_id", CHANNEL]]


def customer_costs(company: Workspace) -> pd.DataFrame:
    """What customers have cost, as far as the company's files say.

    Returns: customer_id and, where `customers` has them, acquisition_cost_cents and cost_to_serve_cents; empty without
        that table. A missing cost is unknown, not zero.

    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "acquisition_cost": [12.5, 3]})
    >>> shop = Workspace.from_frames({"customers": people}, currency="GBP", time_zone="UTC")
    >>> customer_costs(shop).values.tolist()
    [['a', 1250], ['b', 300]]
    """
    if not company.has("customers"):
        return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    customers = company.frame("customers")
    costs = [column for column in COSTS if column in customers and pd.api.types.is_numeric_dtype(customers[column])]
    return customers[["customer_id", *costs]]


def customer_comments(company: Workspace) -> pd.DataFrame:
    """What customers wrote in surveys, the newest first.

    Returns: customer_id, comment; empty where the company has no surveys or nobody wrote anything. Comments hold what
        people typed: mask contacts before they are shown.

    >>> from cxlib.data import Workspace
    >>> rows = pd.DataFrame({"response_id": ["r"], "customer_id": ["a"], "at": ["2026-01-05"],
    ...                      "nps": [9], "comment": ["Fine"]})
    >>> shop = Workspace.from_frames({"surveys": rows}, currency="SAR", time_zone="UTC")
    >>> customer_comments(shop).values.tolist()
    [['a', 'Fine']]
    """
    if not company.has("surveys") or "comment" not in company.table("surveys").columns:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str"), "comment": pd.Series(dtype="str")})
    surveys = company.frame("surveys").sort_values(["day", "response_id"], ascending=False)
    return surveys.dropna(subset=["customer_id", "comment"])[["customer_id", "comment"]].reset_index(drop=True)

"""Purchases as numbers: who bought which product on which day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """One element a customer, product and day, sorted by these; customers and products are places in their lists."""

    customers: pd.Index
    products: pd.Index
    customer: Ints
    product: Ints
    day: Ints  # since 1970
    returned: Flags  # brought back, not bought

    @classmethod
    def of(cls, days: pd.DataFrame) -> Purchases:
        """From `cxlib.data.frames.products.ProductDays.days`."""
        customer, customers = pd.factorize(days["customer_id"], sort=True)
        product, products = pd.factorize(days["product_id"], sort=True)
        day = days["day"].to_numpy("datetime64[D]").astype(np.int64)
        counted = (days["cents"].to_numpy() > 0) | days["returned"].to_numpy()  # gifts tell no wish
        whole = cls(
            pd.Index(customers),
            pd.Index(products),
            customer.astype(np.int64),
            product.astype(np.int64),
            day,
            days["returned"].to_numpy(bool),
        )
        return whole.only(counted)

    def only(self, chosen: Flags) -> Purchases:
        """Some of them; customers and products keep their places."""
        return replace(
            self,
            customer=self.customer[chosen],
            product=self.product[chosen],
            day=self.day[chosen],
            returned=self.returned[chosen],
        )

    @property
    def bought(self) -> Purchases:
        """Without what was brought back."""
        return self.only(~self.returned)

    def matrix(self, values: npt.NDArray[np.float32] | None = None) -> sp.csr_matrix:
        """Customers by products: how many purchase days, or the sum of `values`."""
        values = np.ones(len(self.day), np.float32) if values is None else values
        shape = len(self.customers), len(self.products)
        return sp.csr_matrix((values, (self.customer, self.product)), shape=shape)

    def popularity(self) -> npt.NDArray[np.float64]:
        """How many customers bought each product."""
        pairs = pd.unique(self.customer * len(self.products) + self.product)
        return np.bincount(pairs % max(len(self.products), 1), minlength=len(self.products)).astype(float)


def number_of(day: dt.date) -> int:
    """Days since 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))

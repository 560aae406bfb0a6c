"""Small, ordinary shops: the whole study ends in a forecast or in a reason, never in an error."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import gather_churn, study_churn
from cxlib.data import Workspace
from cxlib.report.views import churn as show


def small_shop(seed, customers):
    """Purchases of customers who come over fifteen months and buy again every half year or so until they leave."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day = int(rng.integers(450))
        while day < 560:
            rows.append((str(customer), str(np.datetime64("2025-01-01") + day), str(rng.integers(5, 90))))
            if rng.random() < 0.15:
                break
            day += 1 + int(rng.exponential(170))
    table = pd.DataFrame(rows, columns=["customer_id", "at", "amount"])
    return Workspace.from_frames({"transactions": table}, currency="EUR", time_zone="UTC")


def studied(seed, customers):
    """The study, with its answer shown."""
    study = study_churn(gather_churn(small_shop(seed, customers)), draws=10)
    show.answer(study)
    show.headline_tiles(study)
    return study


def test_a_small_shop_has_a_forecast():
    """Seven hundred customers: risks at the level that was held against the past, and an interval about it."""
    study = studied(2, 700)
    value, low, high = study.leavers
    assert low < value < high
    assert study.risk.scored["risk"].sum() == pytest.approx(value, rel=1e-6)
    assert value / len(study.risk.scored) == pytest.approx(study.data.level.value)


@pytest.mark.slow
@pytest.mark.parametrize("customers", [3, 30, 150, 300, 700])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_small_shop_ends_in_an_error(seed, customers):
    """Fifteen shops of 3 to 700 customers: each has a forecast or says why not."""
    study = studied(seed, customers)
    assert study.is_forecast or study.reasons

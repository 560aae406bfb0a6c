"""Companies of the playbook's tests: customers by hand, and simulated ones whose responses are known."""

import datetime as dt

import numpy as np
import pandas as pd

from cxlib.playbook import Known, PlanQuestion

END = dt.date(2026, 9, 30)
CALL = {"cost": 50, "keeps": 0.3}


def people(**columns):
    """Customers with a column each; nobody had trouble, rests or wants no contact unless that is said."""
    n = len(next(iter(columns.values())))
    plain = {"customer_id": [f"c{i}" for i in range(n)], "risk": 0.3, "value_cents": 200_000.0}
    return pd.DataFrame({**plain, "troubled": False, "rests": False, "opted_out": False, **columns})


def known(frame=None, **columns):
    """What is known of them."""
    trials = columns.pop("trials", {})
    return Known(people(**columns) if frame is None else frame, END, "SAR", 90, trials=trials)


def question(actions, **options):
    """A question with a margin."""
    return PlanQuestion(actions, **{"margin": 0.5, **options})


def company(seed, *, customers=4_000, arm=150, spread=0.1, groups=6):
    """A company with three actions, each tried at random by group, and their true responses by group."""
    rng = np.random.default_rng(seed)
    frame = people(
        risk=rng.beta(2, 8, customers),
        value_cents=rng.gamma(1.5, 20_000, customers),
        group=rng.integers(0, groups, customers).astype(str),
    )
    truth, trials, actions = {}, {}, {}
    for name in ("one", "two", "three"):
        truth[name] = np.clip(rng.normal(0.2, spread, groups), -0.2, 0.8)
        leaves = {
            (group, treated): 0.3 * (1 - truth[name][group] * treated) for group in range(groups) for treated in (1, 0)
        }
        rows = [
            pd.DataFrame({"treated": bool(treated), "churned": rng.binomial(1, chance, arm), "group": str(group)})
            for (group, treated), chance in leaves.items()
        ]
        trials[name] = pd.concat(rows, ignore_index=True)
        tried = {"treatment": "arm", "day": "2026-01-01", "by": "group"}
        actions[name] = {"cost": int(rng.integers(3, 9)), "keeps": 0.2, "interval": [0, 0.4], "experiment": tried}
    return known(frame, trials=trials), question(actions, budget=4_000, seed=seed), truth, rng

"""What other tools do with the same task, beside ours, in one run; `docs/compare.md` shows what it printed.

    python benchmarks/compare.py --folder DIR     # the first time each peer is installed in DIR, from the internet

Each peer has an environment of its own with pinned versions, and each arm is a process of its own, imports included:
what a person waits for who types one command. CPU seconds and the peak of memory count the process and its children.
The answer that an arm prints stands beside, so that one sees whether two tools say the same.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PEERS = {
    "lifetimes": ("lifetimes==0.11.3", "pandas==2.3.3"),
    "clvkit": ("clvkit==0.2.1",),
    "pymc-marketing": ("pymc-marketing==0.19.2",),
    "lifelines": ("lifelines==0.30.3",),
    "evidently": ("evidently==0.7.23", "pandas==2.3.3"),  # its import fails with pandas 3, which its metadata allow
    "ydata-profiling": ("ydata-profiling==4.18.4",),
}

READ = """
import warnings
warnings.simplefilter("ignore")
import pandas as pd
log = pd.read_csv("cdnow.csv", dtype={"customer_id": "str"}, parse_dates=["date"])
"""
VALUES = {  # BG/NBD and gamma-gamma of CDNOW's 18 months, value of a year at 10% a year; r, alpha in weeks, a, b, sum
    "cxlib": """
from cxlib import clv
from cxlib.data import purchase_summary
log["amount_cents"] = (log["amount"] * 100).round().astype("int64")
table = purchase_summary(log.rename(columns={"date": "day"}))
often, much = clv.BetaGeoModel().fit(table), clv.GammaGammaModel().fit(table)
bought = often.discounted_purchases(table, annual_discount_rate=0.1, horizon_days=364)
own = often.params_
value = float((bought * much.expected_spend(table)).sum())
print([round(own[name], 3) for name in ("r", "alpha", "a", "b")], round(value))
""",
    "lifetimes": """
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data
table = summary_data_from_transaction_data(log, "customer_id", "date", "amount", freq="W")
often, again = BetaGeoFitter().fit(table.frequency, table.recency, table["T"]), table[table.frequency > 0]
much = GammaGammaFitter().fit(again.frequency, again.monetary_value)
past = (table.frequency, table.recency, table["T"], table.monetary_value)
value = much.customer_lifetime_value(often, *past, time=12, discount_rate=0.00797, freq="W")
print([round(float(often.params_[name]), 3) for name in ("r", "alpha", "a", "b")], round(float(value.sum())))
""",
    "clvkit": """
from clvkit import CLV, CustomerBase
base = CustomerBase.from_transactions(log, time_unit="W", collapse="D")
values = CLV().fit(base).predict(horizon=52, discount_rate=1.1 ** (7 / 365.25) - 1).to_pandas()
print(round(float(values["clv"].sum())))
""",
    "pymc-marketing": """
from pymc_marketing import clv
names = {"customer_id_col": "customer_id", "datetime_col": "date", "monetary_value_col": "amount"}
table = clv.rfm_summary(log, **names, time_unit="W")
again = table[table.frequency > 0]
often, much = clv.BetaGeoModel(data=table), clv.GammaGammaModel(data=again)
for model in (often, much):
    model.fit(fit_method="map", progressbar=False) if MAP else model.fit(progressbar=False, random_seed=7)
future = {"future_t": 12, "discount_rate": 0.00797, "time_unit": "W"}
value = much.expected_customer_lifetime_value(transaction_model=often, data=again, **future)
value, best = value.mean(("chain", "draw")).sum(), often.idata.posterior.mean(("chain", "draw"))
print([round(float(best[name]), 3) for name in ("r", "alpha", "a", "b")], round(float(value)))
""",
}
SPELLS = """
import numpy as np, pandas as pd
random = np.random.default_rng(7)
features = random.normal(size=(20_000, 6))
leaves = random.exponential(400 / np.exp(features @ np.linspace(-0.5, 0.5, 6)))
ends = random.integers(30, 1000, 20_000)
days = np.ceil(np.minimum(leaves, ends)).astype(int)
spells = pd.DataFrame(features, columns=list("uvwxyz")).assign(duration_days=days, ended=leaves <= ends)
"""
LEAVING = {  # Kaplan-Meier at a year and Cox's regression of 20,000 simulated spells with six covariates
    "cxlib": """
from cxlib.churn.survival import estimate_survival, fit_cox
curve, cox = estimate_survival(spells), fit_cox(spells, list("uvwxyz"))
ratios = cox.summary.assign(what=cox.summary["what"].astype(str)).sort_values("what")["leave so many times as fast"]
print(round(float(curve.at(365)["survival"].iloc[0]), 5), [round(float(value), 4) for value in np.log(ratios)])
""",
    "lifelines": """
from lifelines import CoxPHFitter, KaplanMeierFitter
curve = KaplanMeierFitter().fit(spells.duration_days, spells.ended)
cox = CoxPHFitter().fit(spells, "duration_days", "ended")
print(round(float(curve.predict(365)), 5), [round(float(value), 4) for value in cox.params_])
""",
}
PAGES = {  # a page from 20,000 rows of sales
    "ydata-profiling": """
import pandas as pd
from ydata_profiling import ProfileReport
ProfileReport(pd.read_csv("sales.csv"), progress_bar=False).to_file("ydata-profiling.html")
""",
    "evidently": """
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
sales = pd.read_csv("sales.csv")
older, newer = sales[:len(sales) // 2], sales[len(sales) // 2:]
Report([DataSummaryPreset(), DataDriftPreset()]).run(newer, older).save_html("evidently.html")
""",
}


class Cost(NamedTuple):
    """What a process and its children took: seconds, CPU seconds, megabytes at the peak; and what it printed last."""

    wall: float
    cpu: float
    megabytes: float
    answer: str


def spend(command: list[str], folder: str, environment: dict[str, str]) -> Cost:
    """Run a command and count; called in a process of its own, as the peak of children is kept for ever."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = done.stdout.strip().splitlines()
    return Cost(
        time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, lines[-1] if lines else ""
    )


def measure(command: list[str], folder: Path, rounds: int = 3, **environment: str) -> Cost:
    """The round with the least CPU seconds."""
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return min(
            (pool.apply(spend, (command, str(folder), environment)) for _ in range(rounds)), key=lambda cost: cost.cpu
        )


def python_of(peer: str, folder: Path) -> str:
    """The interpreter of a peer's environment, made the first time."""
    if peer == "cxlib":
        return sys.executable
    home = folder / peer
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PEERS[peer]], check=True)
        (home / ".ready").touch()
    return str(python)


def write_data(folder: Path) -> None:
    """CDNOW's log as lifetimes carries it, and 20,000 sales of the simulated company."""
    import pandas as pd

    from cxlib.data import open_workspace

    spec = find_spec("lifetimes")
    if spec is None or spec.origin is None:
        raise SystemExit("lifetimes, which carries CDNOW's log, is not installed: make setup")
    file = Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt"
    log = pd.read_csv(
        file,
        sep=r"\s+",
        header=None,
        usecols=[1, 2, 4],
        names=["customer_id", "date", "amount"],
        dtype={"customer_id": "str"},
    )
    log.assign(date=pd.to_datetime(log["date"].astype("str"))).to_csv(folder / "cdnow.csv", index=False)
    os.chdir(ROOT)
    sales = open_workspace("demo").frame("transactions").head(20_000)
    sales[sales.columns[sales.notna().any()]].to_csv(folder / "sales.csv", index=False)


def row(task: str, tool: str, cost: Cost, answer: str = "") -> None:
    """One line of the table."""
    print(
        f"| {task} | {tool} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.megabytes:.0f} | {answer or cost.answer} |",
        flush=True,
    )


def page(file: Path) -> str:
    """Size of a page, and how many files it asks other machines for."""
    text = file.read_text()
    asked = set(re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)=["\']?(https?://[^"\' >]+)', text))
    return f"{file.stat().st_size / 1e6:.2f} MB, {len(asked)} requests to other machines"


def main() -> None:
    """Measure and print the table of `docs/compare.md`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the peers are installed, kept for the next time")
    folder = parser.parse_args().folder
    if folder is None:
        print("other tools are installed only where you say: --folder DIR")
        return
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    write_data(folder)
    print("| task | tool | CPU s | s | MB | answer |\n|---|---|---|---|---|---|")
    for tool, code in VALUES.items():
        for name, head in {"MAP": "MAP = True", "": "MAP = False"}.items() if tool == "pymc-marketing" else [("", "")]:
            cost = measure(
                [python_of(tool, folder), "-c", f"{head}\n{READ}{code}"],
                folder,
                PYTHONPATH=str(ROOT) if tool == "cxlib" else "",
            )
            row("value of CDNOW's customers", f"{tool} {name}".strip(), cost)
    for tool, code in LEAVING.items():
        row(
            "survival and Cox, 20,000 spells",
            tool,
            measure(
                [python_of(tool, folder), "-c", SPELLS + code], folder, PYTHONPATH=str(ROOT) if tool == "cxlib" else ""
            ),
        )
    for tool, code in PAGES.items():
        row(
            "a page of 20,000 sales",
            tool,
            measure([python_of(tool, folder), "-c", code], folder),
            page(folder / f"{tool}.html"),
        )
    task, bins = "the demo's segmentation", Path(sys.executable).parent
    cost = measure([sys.executable, "-m", "cxlib", "run", "demo", "segmentation", "--force"], ROOT, 1)
    row(task, "cxlib, two languages", cost, page(ROOT / "reports/demo/segmentation/latest/report.en.html"))
    executed = folder / "by-hand.ipynb"
    commands = (
        f"{bins}/papermill notebooks/segmentation.ipynb {executed} --no-progress-bar",
        f"{bins}/jupyter nbconvert --to html {executed}",
    )
    cost = measure(["bash", "-c", " && ".join(commands)], ROOT, 1)
    row(task, "papermill, nbconvert", cost, page(executed.with_suffix(".html")))


if __name__ == "__main__":
    main()

"""What the voice of 30,000 comments costs.

    python benchmarks/voice.py
    python benchmarks/voice.py --comments 100000

Promises, for comments of the simulated company, each made different from all others, a tenth of them without a rating:
- at most 8 CPU-seconds for everything behind the page: own words, twins, topics, tone, suggestions, changes, effects.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pandas as pd

from cxlib.data import Workspace
from cxlib.data.demo import simulate
from cxlib.voice import VoiceQuestion, study_voice

MOST_SECONDS = 8.0


def make_answers(comments: int) -> pd.DataFrame:
    """Survey answers with a comment, repeated with another word until there are enough."""
    surveys = simulate(12_000, seed=5).tables["surveys"].dropna(subset=["comment"])
    rng = np.random.default_rng(7)
    rows = surveys.iloc[np.arange(comments) % len(surveys)].reset_index(drop=True)
    words = pd.Series(rng.integers(0, 26, (comments, 8)).tolist()).map(
        lambda codes: "".join(chr(97 + c) for c in codes)
    )
    texts = rows["comment"].astype(str) + " " + words
    people = [f"p{n}" for n in rng.integers(0, comments // 2, comments)]
    nps = rows["nps"].astype(float).where(rng.random(comments) < 0.9)
    return rows.assign(comment=texts, customer_id=people, nps=nps, response_id=[f"r{n}" for n in range(comments)])


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=30_000)
    comments = parser.parse_args().comments
    rows = make_answers(comments).drop(columns=["source", "row", "day"], errors="ignore")
    shop = Workspace.from_frames({"surveys": rows}, currency="SAR", time_zone="Asia/Riyadh")
    shop.table("surveys")
    began = time.process_time()
    found = study_voice(shop, VoiceQuestion(fixes={"payment": "2026-02-01"}))
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found.feedback.rows):,} comments: {spent:.1f} CPU-seconds, {peak:,.0f} MB at the peak")
    if comments <= 30_000 and spent > MOST_SECONDS:
        raise SystemExit(f"more than {MOST_SECONDS} CPU-seconds")


if __name__ == "__main__":
    main()

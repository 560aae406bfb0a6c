"""A fitted risk model as JSON: numbers and text only, so that opening a file never runs anything.

A logistic regression is its coefficients, gradient boosting its trees, a rule its rates. A pickle is never loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxlib.churn.risk.baselines import RuleModel
from cxlib.churn.risk.boosting import BoostedModel
from cxlib.churn.risk.calibration import RiskMap
from cxlib.churn.risk.candidates import RiskModel
from cxlib.churn.risk.encoding import Encoding
from cxlib.churn.risk.fit import RiskFit
from cxlib.churn.risk.logistic import LogisticModel
from cxlib.errors import DataError

FORMAT = "cxlib.churn.risk.fit"
FORM = 1
PROBED = 1_000  # rows on which a saved model must foretell what the fitted one does
PICKLES = (b"\x80", b"PK", b"\x1f\x8b", b"BZ", b"\xfd7z", b"x\x9c")  # pickle, and what joblib and skops write


@dataclass(frozen=True)
class SavedRisk:
    """A model read from a file.

    Attributes
    ----------
    model : RiskModel
    reasoning : LogisticModel
    about : dict
        horizon_days, gap_days, cut_offs (text), rows, versions, cxlib.
    """

    model: RiskModel
    reasoning: LogisticModel
    about: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, frame: pd.DataFrame) -> Any:
        """Probability of churn for each row of a frame with the model's features."""
        return self.model.predict(frame)


def library_versions() -> dict[str, str]:
    """Versions of what the models are made with."""
    return {name: version(name) for name in ("scikit-learn", "numpy", "pandas", "cxlib")}


def save_risk(fit: RiskFit, path: str | Path) -> str:
    """Write the model that scores today's customers.

    Returns
    -------
    str
        The file's sha-256, to be kept apart from it (in a run's record) and given to `load_risk`.

    Raises
    ------
    DataError
        The file cannot be written, or what would be written does not foretell what the fitted model does (a version of
        scikit-learn that keeps its trees in another way).
    """
    plain = _plain(fit)
    text = json.dumps(plain, allow_nan=False, ensure_ascii=False, sort_keys=True) + "\n"
    rows = fit.snapshots.known.tail(PROBED)
    if not np.allclose(_rebuilt(json.loads(text), path).predict(rows), fit.today.predict(rows), rtol=0, atol=1e-9):
        raise DataError(
            f"{path}: the model was not saved, because its file would foretell something else. Use the versions in "
            "constraints.txt."
        )
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}). Choose a folder that exists.") from None
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def load_risk(path: str | Path, *, sha256: str | None = None) -> SavedRisk:
    """Read a saved model.

    Parameters
    ----------
    path : path
    sha256 : str, optional
        What `save_risk` returned; a file that has changed since is refused.

    Raises
    ------
    DataError
        The file cannot be read, is a pickle, has changed, is no saved risk model, or has a form not known here.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    if raw.startswith(PICKLES):
        raise DataError(
            f"{path}: this looks like a pickle or an archive, which can run any program when it is opened, so it was "
            "not opened. Give the JSON that cxlib.churn.save_risk wrote."
        )
    found = hashlib.sha256(raw).hexdigest()
    if sha256 is not None and found != sha256:
        raise DataError(
            f"{path}: the file has changed since it was saved (sha-256 {found[:12]}..., expected {sha256[:12]}...). "
            "Restore it, or fit and save again."
        )
    try:
        plain = json.loads(raw)
    except ValueError as error:
        raise DataError(f"{path}: this is not JSON ({error}). Give a file that cxlib.churn.save_risk wrote.") from None
    return _rebuilt(plain, path)


def _plain(fit: RiskFit) -> dict[str, Any]:
    snapshots, model = fit.snapshots, fit.today
    return {
        "format": FORMAT,
        "form": FORM,
        "kind": model.key,
        "encoding": model.encoding.plain,
        "model": model.model.plain,
        "recalibration": model.recalibration.plain,
        "reasoning": fit.reasoning.plain,
        "about": {
            "horizon_days": snapshots.horizon_days,
            "gap_days": snapshots.gap_days,
            "cut_offs": [f"{day:%Y-%m-%d}" for day in snapshots.cut_offs],
            "rows": len(snapshots.known),
            "seed": fit.seed,
            "versions": library_versions(),
        },
    }


def _rebuilt(plain: Any, path: str | Path) -> SavedRisk:
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise DataError(f"{path}: this is no saved risk model. Give a file that cxlib.churn.save_risk wrote.")
    if plain.get("form") != FORM:
        raise DataError(
            f"{path}: form {plain.get('form')!r} of a saved risk model is not known here (known: {FORM}). Fit and save "
            f"it again with this cxlib ({version('cxlib')})."
        )
    kinds: dict[str, Any] = {"logistic": LogisticModel, "boosting": BoostedModel}
    try:
        model = kinds.get(plain["kind"], RuleModel).from_plain(plain["model"])
        whole = RiskModel(Encoding.from_plain(plain["encoding"]), model, RiskMap.from_plain(plain["recalibration"]))
        return SavedRisk(whole, LogisticModel.from_plain(plain["reasoning"]), plain["about"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{path}: this saved risk model is damaged ({said}). Fit and save it again.") from None

"""The same models with sampled parameters: PyMC-Marketing behind the interface of the others, imported only when asked.

It needs Python 3.12 and the extra `bayes`; where either is missing the error says so and nothing else breaks. Sampled
parameters take the place of the estimate: expectations are averaged over them and intervals drawn from them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from cxlib.clv.models.optimise import Convergence
from cxlib.clv.models.pareto_nbd import ParetoNBDModel
from cxlib.clv.models.rows import Rows
from cxlib.errors import ParameterError, nearest

METHODS = ("mcmc", "demz", "advi", "fullrank_advi")  # "map" gives one point, and so no interval
AVERAGED = 100  # draws over which an expectation is averaged
SETTLED = 1.05  # R-hat


class SampledModel(PurchaseModel):
    """A model whose parameters are sampled; subclasses name the `plain` model and the `peer` that samples.

    `method`: "mcmc" (No-U-Turn sampler), "demz", "advi" or "fullrank_advi".
    `sampler`: Further settings, handed on as they are.
    """

    plain: ClassVar[type[PurchaseModel]]
    peer: ClassVar[str]
    draws_: Floats

    def __init__(
        self,
        *,
        time_unit_days: float = 7,
        method: str = "mcmc",
        draws: int = 1000,
        tune: int = 1000,
        chains: int = 2,
        seed: int = 0,
        sampler: dict[str, int] | None = None,
    ) -> None:
        super().__init__(time_unit_days=time_unit_days)
        if method not in METHODS:
            raise ParameterError(f"method={method!r} gives no sample of the parameters. {nearest(method, METHODS)}")
        self.method, self.seed = method, seed
        self.sampler = {"draws": draws, **({"tune": tune, "chains": chains} if method in METHODS[:2] else {})}
        self.sampler |= sampler or {}

    def fit(self, summary: pd.DataFrame) -> Self:
        """Sample the parameters."""
        engine = load_engine()
        rows = self._read(summary)
        self._refuse(rows)
        model = getattr(engine, self.peer)(sampler_config=self.sampler)
        # `method` chooses the sampler; an argument `fit_method` would be swallowed.
        sample = model.fit(_one_row_each(rows), method=self.method, random_seed=self.seed, progressbar=False).posterior
        # chains by draws by parameters
        chains = np.stack([np.asarray(sample[name].values, float) for name in self.parameters], axis=-1)
        self.draws_ = chains.reshape(-1, chains.shape[-1])
        logs = np.log(self.draws_)
        self.params_ = dict(zip(self.parameters, map(float, self.draws_.mean(axis=0)), strict=True))
        self._log_covariance = np.cov(logs, rowvar=False)
        self.log_likelihood_ = self._evaluate(self._theta, rows)[0]
        self.customers_ = round(rows.n)
        worst = float(np.max(rhat(np.log(chains)))) if len(chains) > 1 else 1.0
        condition = float(np.linalg.cond(self._log_covariance))
        self.convergence_ = Convergence(worst < SETTLED, len(chains), len(chains), condition, ())
        return self

    def _of_customers(self, summary: pd.DataFrame, compute: Callable[[Floats, Rows], Floats]) -> Floats:
        rows = self._read(summary, order=True)
        values = np.mean([compute(one, rows) for one in self._thinned], axis=0)
        return np.asarray(values[..., rows.places])

    def _of_new(self, compute: Callable[[Floats], Floats]) -> Floats:
        return np.asarray(np.mean([compute(one) for one in self._thinned], axis=0))

    @property
    def _thinned(self) -> Floats:
        return self.draws_[:: max(len(self.draws_) // AVERAGED, 1)]


class SampledBetaGeoModel(SampledModel, BetaGeoModel):
    """BG/NBD with sampled parameters."""

    plain = BetaGeoModel
    peer = "BetaGeoModel"


class SampledModifiedBetaGeoModel(SampledModel, ModifiedBetaGeoModel):
    """MBG/NBD with sampled parameters."""

    plain = ModifiedBetaGeoModel
    peer = "ModifiedBetaGeoModel"


class SampledParetoNBDModel(SampledModel, ParetoNBDModel):
    """Pareto/NBD with sampled parameters."""

    plain = ParetoNBDModel
    peer = "ParetoNBDModel"


SAMPLED: dict[str, type[SampledModel]] = {
    "bg_nbd": SampledBetaGeoModel,
    "mbg_nbd": SampledModifiedBetaGeoModel,
    "pareto_nbd": SampledParetoNBDModel,
}


def load_engine() -> object:
    """The module `pymc_marketing.clv`."""
    if sys.version_info < (3, 12):
        raise ParameterError(
            f"engine 'bayes' needs Python 3.12 or newer, and this is {sys.version_info[0]}.{sys.version_info[1]}. "
            "Use engine 'likelihood', or install cxlib[bayes] under a newer Python."
        )
    try:
        return import_module("pymc_marketing.clv")
    except ImportError as error:
        raise ParameterError(
            "engine 'bayes' needs PyMC-Marketing, which is not installed. Use engine 'likelihood', or "
            "`pip install 'cxlib[bayes]'`."
        ) from error


def rhat(chains: Floats) -> Floats:
    """Potential scale reduction of split chains (Gelman and others, Bayesian Data Analysis, 3rd ed., eq. 11.4)."""
    half = chains.shape[1] // 2
    split = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    within = split.var(axis=1, ddof=1).mean(axis=0)
    between = split.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((half - 1) / half + between / np.maximum(within, 1e-300)))


def _one_row_each(rows: Rows) -> pd.DataFrame:
    """Customers as PyMC-Marketing reads them, in time units."""
    at = np.repeat(np.arange(len(rows)), rows.customers.astype(np.int64))
    times = {"recency": rows.t.by_row[at], "T": rows.T.by_row[at]}
    return pd.DataFrame({"customer_id": np.arange(len(at)), "frequency": rows.x.by_row[at], **times})

"""MBG/NBD: as BG/NBD, but a customer may leave after the first purchase already, so one-time buyers can be lost.

Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing 24(3), 201-209; notation of
Hoppe & Wagner (2007). With m = x + 1 chances to leave every formula is that of BG/NBD.
"""

from __future__ import annotations

from typing import ClassVar

from cxlib.clv.models.beta_geo import BetaGeoModel


class ModifiedBetaGeoModel(BetaGeoModel):
    """MBG/NBD model: lambda ~ Gamma(r, alpha), p ~ Beta(a, b), a chance to leave after every purchase.

    Parameters
    ----------
    time_unit_days : float
        Days in the time unit of r/alpha (keyword only).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"frequency": [0, 1, 2, 4], "recency": [0, 30, 60, 80], "T": [90, 90, 90, 90],
    ...                       "customers": [60, 25, 10, 5]})
    >>> bool(ModifiedBetaGeoModel().fit(table).p_alive(table)[0] < 1)
    True
    """

    name: ClassVar[str] = "MBG/NBD"
    first_chance: ClassVar[int] = 1

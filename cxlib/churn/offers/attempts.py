"""Parts of a study that may fail on their data, while the others go on: what cannot be said becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from cxlib.checks import read_outcomes
from cxlib.errors import CxError
from cxlib.language import Message, N, T

FEW_EVENTS = 50
Found = TypeVar("Found")


@dataclass(frozen=True)
class Attempts:
    """Parts that may fail on their data: the reason is kept for the reader, the others go on.

    `one_sided`: everybody left or everybody stayed at the tested cut-off.
    """

    limits: list[Message]
    one_sided: bool

    @classmethod
    def on(cls, past: pd.DataFrame) -> Attempts:
        """Begin with what the tested cut-off itself does not allow."""
        left = read_outcomes(past["churned"], both=False)
        churners, limits = int(left.sum()), []
        if churners < FEW_EVENTS:
            limits.append(
                N(
                    "Only {n} customer left at the tested cut-off: what calls bring cannot be told with any certainty",
                    "Only {n} customers left at the tested cut-off: what calls bring cannot be told with any certainty",
                    churners,
                )
            )
        if one_sided := churners in (0, len(left)):
            limits.append(
                T("At the tested cut-off all customers fared alike, so neither the ranking nor the risks can be judged")
            )
        return cls(limits, one_sided)

    def run(self, part: Callable[..., Found], *given: Any, reason: Message, **options: Any) -> Found | None:
        """What the part found; where its data does not allow it None, and `reason` stands in `limits`."""
        try:
            return part(*given, **options)
        except CxError:
            self.limits.append(reason)
            return None

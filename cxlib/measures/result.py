"""What every measured result has in common: a sentence, a table, and how both look in a notebook."""

from __future__ import annotations

from html import escape
from typing import Protocol

import pandas as pd

from cxlib.language import Message


class _Shown(Protocol):
    @property
    def headline(self) -> Message: ...

    @property
    def summary(self) -> pd.DataFrame: ...


class Result:
    """Shows `headline` and `summary` in JupyterLab, escaped: answers and comments may hold anything."""

    def _repr_html_(self: _Shown) -> str:
        return f"<p>{escape(str(self.headline))}</p>{self.summary.to_html(escape=True, index=False)}"

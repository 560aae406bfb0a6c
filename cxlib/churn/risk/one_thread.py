"""Computing on one core: reports run side by side, and threads that wait for one another cost far more than they gain.

Measured with two busy cores: 100 trees on 15,000 rows took 10 s with two threads, 0.4 s with one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> Any:
    """Made once, when the libraries are loaded: finding them takes longer than most of what is computed."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401  # both load what is to be limited

    return ThreadpoolController()


def one_thread() -> Any:
    """A context in which linear algebra and trees take one thread.

    >>> with one_thread():
    ...     pass
    """
    return _controller().limit(limits=1)

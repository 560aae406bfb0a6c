"""The machine's cores, and how kernels that run at the same time share them."""

from __future__ import annotations

import os

_THREAD_LIMITS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip


def thread_limits(jobs: int) -> dict[str, str]:
    """Environment that shares the cores out among `jobs` kernels, so that their numeric libraries do not fight.

    A limit that the operator has set stays.

    Examples
    --------
    >>> sorted(thread_limits(jobs=1_000).values())[0]
    '1'
    """
    threads = str(max(1, available_cores() // jobs))
    return {name: threads for name in _THREAD_LIMITS if name not in os.environ}


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Linear algebra, clusters and trees on one thread each."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """Made once, when the libraries are loaded: finding them takes longer than most of what is computed."""
    import sklearn.ensemble  # noqa: F401  # a limit does not reach the OpenMP of a library that is loaded after it is set

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """A context in which linear algebra, clusters and trees take one thread.

    Reports run side by side, and threads that wait for one another cost far more than they gain: with two busy cores
    100 trees on 15,000 rows took 10 s with two threads, 0.4 s with one, and the demo's segmentation 33 CPU-s, not 9.
    """
    limited: AbstractContextManager[object] = _controller().limit(limits=1)
    return limited

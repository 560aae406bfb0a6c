"""Libraries on one thread, whenever they are loaded."""

import subprocess
import sys

ASK = """
from cxlib.threads import one_thread
with one_thread():
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
    print(_openmp_effective_n_threads())
print(_openmp_effective_n_threads())
"""


def test_what_is_loaded_inside_is_limited_too():
    """In a fresh process k-means takes one thread inside, and those of the environment after it."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True, env={"OMP_NUM_THREADS": "2"}
    )
    assert done.stdout.split() == ["1", "2"]

"""Kernels forked from one process that has imported what notebooks import: a room with one door, `warm_kernels`.

Nothing else of the engine depends on how it is done; without it the script `KERNEL` starts every kernel from nothing.
"""

from cxlib.runs.warm.kernels import WarmKernels, warm_kernels
from cxlib.runs.warm.server import KERNEL, LOOSE_ENDS, descendants

__all__ = ["KERNEL", "LOOSE_ENDS", "WarmKernels", "descendants", "warm_kernels"]

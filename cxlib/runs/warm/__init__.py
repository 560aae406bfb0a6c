"""Kernels forked from one process that has imported what notebooks import: a room with one door, `warm_kernels`.

Nothing else of the engine depends on how it is done; without it every kernel starts from nothing.
"""

from cxlib.runs.warm.kernels import WarmKernels, warm_kernels

__all__ = ["WarmKernels", "warm_kernels"]

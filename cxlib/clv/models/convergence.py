"""Whether a fit can be trusted as a maximum, said in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxlib.clv.models.optimise import REACH, Optimum
from cxlib.language import Count, Message, T

FLAT = 1e8  # condition number of the information in log parameters past which two parameters cannot be told apart
EDGE = 5.0  # logarithms from the limits of the search: parameters below about 1e-5 or above 1e5


@dataclass(frozen=True)
class Convergence:
    """The verdict on a fit.

    Attributes
    ----------
    converged : bool
        The end is a maximum: nothing to gain from another step, curved downwards in every direction, not at an edge.
    starts, agreeing : int
        Searches, and how many ended within .01 of the best log likelihood.
    remaining_gain : float
        Log likelihood that one more Newton step would gain, by the quadratic approximation.
    condition_number : float
        Of the observed information in log parameters.
    at_edge : tuple of str
        Parameters that ran towards zero or infinity.
    """

    converged: bool
    starts: int
    agreeing: int
    remaining_gain: float
    condition_number: float
    at_edge: tuple[str, ...]

    @property
    def headline(self) -> Message:
        """The verdict for a reader."""
        if self.at_edge:
            return T(
                "The fit ran to the edge: {names} went towards zero or infinity, so customers do not differ in the way "
                "the model assumes. Read its forecast with care",
                names=", ".join(self.at_edge),
            )
        if not self.converged:
            return T("The fit did not settle on one best answer. Do not rely on its forecast")
        if self.condition_number > FLAT:
            return T("The fit settled, but the data hardly tell its parameters apart, so single parameters mean little")
        return T("The fit settled: {agreeing} of {starts} starts end at the same best answer",
                 agreeing=Count(self.agreeing), starts=Count(self.starts))  # fmt: skip


def judge(optimum: Optimum, names: tuple[str, ...]) -> Convergence:
    """Read the verdict off the end of the search."""
    curvature = np.linalg.eigvalsh(-optimum.hessian)
    downwards = bool(curvature[0] > 0)
    condition = float(curvature[-1] / curvature[0]) if downwards else np.inf
    gain = float(0.5 * optimum.gradient @ np.linalg.lstsq(-optimum.hessian, optimum.gradient, rcond=None)[0])
    at_edge = tuple(name for name, at in zip(names, np.abs(optimum.point), strict=True) if at > REACH - EDGE)
    agreeing = int((optimum.ends > optimum.ends.max() - 0.01).sum())
    settled = downwards and abs(gain) < 1e-4 and not at_edge
    return Convergence(settled, len(optimum.ends), agreeing, gain, condition, at_edge)

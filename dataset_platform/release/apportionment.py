"""Seats for strata by Webster's divisor method (Sainte-Laguë), with floors and capacities.

Every seat of a stratum is a claim: those up to its floor come before all others, the further ones have
the strength weight / (2 x seats held + 1). The strongest claims win. A stratum's own claims only fall in
strength, so raising the number of seats adds winners and removes none: the method is house-monotone, with
floors and capacities too. Largest-remainder methods are not (the Alabama paradox). What a stratum lacks goes
to the others in proportion to their weights.

M. L. Balinski, H. P. Young, Fair Representation (1982), for the method and its monotonicity.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HALVINGS = 200  # of a range of floats: more than it has bits


@dataclass(frozen=True)
class Stratum:
    """Its weight against others, the seats it can take, and those it has before the others compete."""

    weight: float
    capacity: int
    floor: int = 0


def apportion(strata: Sequence[Stratum], seats: int) -> list[int]:
    """How many seats each stratum gets, none above its capacity or at weight 0.

    They sum to min(seats, capacity of the strata with a weight); ties go to the earlier stratum. While
    seats last for no more than the floors, floors are the weights. Raising `seats` lowers no number.
    """
    limits = [stratum.capacity if stratum.weight > 0 else 0 for stratum in strata]
    floors = [min(stratum.floor, limit) for stratum, limit in zip(strata, limits, strict=True)]
    if seats <= sum(floors):
        return _compete(floors, [0] * len(floors), floors, seats)
    return _compete([stratum.weight for stratum in strata], floors, limits, seats)


def _compete(weights: Sequence[float], held: Sequence[int], limits: Sequence[int], seats: int) -> list[int]:
    """Seats by strength of claim, beginning with those held."""
    counts = _surely(weights, held, limits, seats)
    claims = [
        (-weight / (2 * count + 1), stratum)
        for stratum, (weight, count, limit) in enumerate(zip(weights, counts, limits, strict=True))
        if count < limit
    ]
    heapq.heapify(claims)
    for _ in range(seats - sum(counts)):
        if not claims:
            break
        _, stratum = claims[0]
        counts[stratum] += 1
        if counts[stratum] < limits[stratum]:
            heapq.heapreplace(claims, (-weights[stratum] / (2 * counts[stratum] + 1), stratum))
        else:
            heapq.heappop(claims)
    return counts


def _surely(weights: Sequence[float], held: Sequence[int], limits: Sequence[int], seats: int) -> list[int]:
    """Seats that the strata get in any case, all but the last few: one claim at a time takes too long.

    Searches the strength from which on no more claims win than there are seats, and gives each stratum one
    less than it has there, so that rounding gives away none too many.
    """
    weight, low, high = (np.array(values, dtype=np.float64) for values in (weights, held, limits))

    def winners(strength: float) -> np.ndarray:
        return np.clip(np.floor((weight / strength + 1) / 2), low, np.maximum(low, high))

    weakest, strongest = 0.0, 2.0 * max([*weights, 1e-300])
    for _ in range(HALVINGS):
        middle = (weakest + strongest) / 2
        if middle in (weakest, strongest):
            break
        if winners(middle).sum() <= seats:
            strongest = middle
        else:
            weakest = middle
    return [int(count) for count in np.maximum(low, winners(strongest) - 1)]

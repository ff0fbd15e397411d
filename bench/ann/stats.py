"""Figures from measurements: recall, percentiles, curves, ratios. Plain Python, no numpy.

A curve is a list of (recall, qps) pairs, one per setting, in any order.
"""

import math
from statistics import median


def percentile(values, fraction):
    """The nearest-rank percentile: the smallest value that `fraction` of all do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    if not 0 <= fraction <= 1:
        raise ValueError(f"{fraction} is not a fraction")
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def recall(found, truth, k):
    """The mean over the queries of |first k found ∩ true| / k, at most 1 each.

    truth holds per query the k nearest and whoever ties with the k-th: each of them is a
    right answer. An id that is answered twice counts once; a short answer misses what it
    lacks.
    """
    if len(found) != len(truth) or not truth:
        raise ValueError(f"{len(found)} answers for {len(truth)} queries")
    hits = 0
    for answer, exact in zip(found, truth):
        right = set(exact)
        if len(right) < k:
            raise ValueError(f"the truth has {len(right)} ids where {k} are needed")
        hits += min(k, len(right.intersection(answer[:k])))
    return hits / (k * len(truth))


def frontier(curve):
    """The points that no other point beats in both recall and speed, by rising recall."""
    best = []
    for point in sorted(curve, key=lambda p: (-p[0], -p[1])):
        if not best or point[1] > best[-1][1]:
            best.append(point)
    return best[::-1]


def qps_at(curve, target):
    """(qps, kind): the speed at a recall, log(qps) linear in recall between two points.

    kind is "between"; or "bound", when no point has so low a recall: the true speed is the
    fastest point's or more; or "unreached", with None for the speed.
    """
    points = frontier(curve)
    if not points or points[-1][0] < target:
        return None, "unreached"
    if points[0][0] > target:
        lowest = min(recall for recall, _ in curve)
        return points[0][1], "bound" if lowest > target else "between"
    for (low, fast), (high, slow) in zip(points, points[1:]):
        if low <= target <= high:
            part = (target - low) / (high - low)
            return math.exp(math.log(fast) + part * (math.log(slow) - math.log(fast))), "between"
    return points[-1][1], "between"


def ratio_at(curves, bases, target):
    """Speed against a base at equal recall, from one pair of curves a round.

    Returns {"median", "low", "high", "kind"} over the rounds, or None where a recall was
    not reached. kind is "at least" or "at most" where one side is only a bound.
    """
    ratios, kinds = [], set()
    for curve, base in zip(curves, bases):
        (ours, kind), (theirs, base_kind) = qps_at(curve, target), qps_at(base, target)
        if ours is None or theirs is None:
            return None
        ratios.append(ours / theirs)
        kinds.add((kind == "bound", base_kind == "bound"))
    if not ratios:
        return None
    kind = {(False, False): "equal", (True, False): "at least", (False, True): "at most"}.get(
        kinds.pop() if len(kinds) == 1 else None, "bound")
    return {"median": median(ratios), "low": min(ratios), "high": max(ratios), "kind": kind}


def without_overhead(qps, overhead_seconds):
    """The speed of calls had the measured overhead of each been nothing; None if it is all."""
    rest = 1 / qps - overhead_seconds
    return 1 / rest if rest > 0 else None

"""What a sample says about the whole: totals with intervals. Plain functions.

weights ─▶ [pick_sample] ─▶ sampled inputs ─▶ their amounts + weights of the rest ─▶ [estimate_totals] ─▶ Total of each

A weight is seconds of video or frames of a capture. Large inputs are sampled more often than small ones, as far as they
differ more than they cost. What was run is known; every other input is given the amounts of a sampled one of like size,
by weight. The interval is a bootstrap over inputs, not over clips, for clips of one film are alike: each draw picks
the sample anew with repetition and deals it out to the rest, so that the interval holds both how little the sample
knows and how much inputs differ. It is widened as Student's t is wider than the normal, for small samples know
their own spread badly. What an input is or is not (it fails) is a share, drawn from its posterior after Jeffreys.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
LEAST_INPUTS = 5
"""From fewer inputs no interval is given: it would be narrow by accident."""
LIKE = 1.0
"""Natural logarithm of the ratio of two weights that are of like size."""
CLASSES = 32
"""The rest is dealt with in so many classes of size, that a million inputs take no longer than a thousand."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """One amount over all inputs."""

    value: float
    low: float | None
    """95 % interval; None where the sample is too small to have one. Equal to `value` where everything was run."""
    high: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Which inputs are run."""

    chosen: NDArray[np.int64]
    """(M,) rising places."""
    odds: NDArray[np.float64]
    """(M,) how probable it was to take each; an input that was rarely taken stands for many."""


def pick_sample(weights: NDArray[np.float64], count: int, random: np.random.Generator) -> Sample:
    """`count` of the inputs, spread over the sizes; the odds of an input rise with the root of its weight.

    The root: what inputs give differs about as their weights do, and so does what they cost to run. Half of the odds
    are even, or small inputs, of which many are broken, would hardly be seen.
    """
    root = np.sqrt(weights)
    size = root / root.mean() + 1.0
    odds = np.zeros(len(weights))
    while True:
        # what would be taken more than once is taken for sure, and the others share what is left
        open_ = odds < 1
        odds[open_] = (count - (~open_).sum()) * size[open_] / size[open_].sum()
        if (odds[open_] <= 1).all():
            break
        odds = np.minimum(odds, 1.0)
    order = np.argsort(weights, kind="stable")
    edges = np.cumsum(odds[order])
    marks = (np.arange(count) + random.random()) * edges[-1] / count
    chosen = np.sort(order[np.searchsorted(edges, marks).clip(0, len(weights) - 1)])
    return Sample(chosen=chosen, odds=odds[chosen])


def estimate_totals(
    amounts: Sequence[Mapping[str, float]],
    weights: NDArray[np.float64],
    sample: Sample,
    random: np.random.Generator,
    per_input: frozenset[str] = frozenset(),
) -> dict[str, Total]:
    """Totals, over all inputs of the `weights` (N,), of every amount that some sampled input has.

    `amounts` are those of the sample, in its order. Amounts in `per_input` are 0 or 1 and belong to an input as a
    whole: a file fails once, however long it is.
    """
    names = sorted({name for each in amounts for name in each})
    known = np.array([[each.get(name, 0.0) for name in names] for each in amounts], dtype=np.float64)
    ours, rest = weights[sample.chosen], np.delete(weights, sample.chosen)
    sums = known.sum(axis=0)
    if not len(rest):
        return {
            name: Total(value=total, low=total, high=total) for name, total in zip(names, sums.tolist(), strict=True)
        }
    classes = np.array_split(np.sort(rest), min(CLASSES, len(rest)))
    counts, sizes = np.array([len(each) for each in classes]), np.array([each.mean() for each in classes])
    apart = np.log(sizes)[:, None] - np.log(ours)[None, :]
    # the root of the weight: amounts that rise with the weight and amounts that do not are both met without bias
    likeness = 0.5 * np.log(ours) - np.log(sample.odds) - 0.5 * (apart / LIKE) ** 2
    rates = known / ours[:, None]
    value = sums + sizes @ (counts[:, None] * _shares(likeness)) @ rates
    drawn = np.stack([sums + sizes @ _deal(likeness, counts, random) @ rates for _ in range(DRAWS)])
    totals = {}
    for k, name in enumerate(names):
        at, draws = float(value[k]), drawn[:, k]
        if name in per_input:
            at, draws = _shared(known[:, k], sample.odds, len(rest), random)
        totals[name] = _total(at, draws, len(ours), float(sums[k]))
    return totals


def _total(value: float, draws: NDArray[np.float64], inputs: int, known: float) -> Total:
    """The estimate with the interval of the draws; never less than what is known."""
    if inputs < LEAST_INPUTS:
        return Total(value=value, low=None, high=None)
    low, high = (float(bound) for bound in np.percentile(draws, [2.5, 97.5]))
    wider = _student(inputs - 1) / 1.96
    # the estimate is a mean and may lie outside of the middle 95 % of skewed draws; the interval holds it all the same
    low, high = min(value, value + wider * (low - value)), max(value, value + wider * (high - value))
    return Total(value=value, low=max(known, low), high=high)


def _shared(
    known: NDArray[np.float64], odds: NDArray[np.float64], rest: int, random: np.random.Generator
) -> tuple[float, NDArray[np.float64]]:
    """Of 0 or 1 an input: the total, and draws of it. An input stands for 1 / odds of all; unequal ones know less."""
    stands_for = 1 / odds
    share = float(stands_for @ known / stands_for.sum())
    size = float(stands_for.sum() ** 2 / (stands_for**2).sum())
    drawn = random.beta(share * size + 0.5, (1 - share) * size + 0.5, DRAWS)
    return float(known.sum() + rest * share), known.sum() + random.binomial(rest, drawn).astype(np.float64)


def _student(freedom: int) -> float:
    """The 97.5 % point of Student's t (Abramowitz and Stegun 26.7.5, to the second order)."""
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _shares(likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, M) how often each sampled input stands for one of a class; rows sum to 1."""
    shares = np.exp(likeness - likeness.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _deal(likeness: NDArray[np.float64], counts: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float64]:
    """One draw: the sample anew, and one of it for each input of the rest."""
    size = likeness.shape[1]
    times = np.bincount(random.integers(0, size, size), minlength=size)
    with np.errstate(divide="ignore"):
        shares = _shares(likeness + np.log(times))
    return np.asarray(random.multinomial(counts, shares), dtype=np.float64)


def filled_weights(known: Sequence[float | None], nbytes: Sequence[int]) -> NDArray[np.float64]:
    """(N,) weights above 0: what is known, else the bytes at the median bytes per weight of the others."""
    pairs = [(weight, size) for weight, size in zip(known, nbytes, strict=True) if weight]
    per_weight = float(np.median([size / weight for weight, size in pairs])) if pairs else 1.0
    per_weight = max(per_weight, 1e-9)
    filled = [weight or size / per_weight for weight, size in zip(known, nbytes, strict=True)]
    # an empty file weighs next to nothing, and not nothing: rates are per weight
    least = max(filled, default=1.0) * 1e-6 or 1.0
    return np.array([max(weight, least) for weight in filled], dtype=np.float64)


def sample_size(text: str, inputs: int) -> int:
    """How many of `inputs` a `--sample` asks for: `12`, `0.1` or `10%`. Raises ValueError."""
    share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    is_share = text.endswith("%") or "." in text
    if not math.isfinite(share) or share <= 0 or (is_share and share > 1):
        raise ValueError(text)
    count = math.ceil(share * inputs) if is_share else int(text)
    return min(count, inputs)

"""How far raters agree beyond chance: Krippendorff's alpha, Fleiss' kappa and Gwet's AC1, for nominal answers.

All three take ``counts`` (items x categories): how many raters put each item into each category. Raters may be
missing anywhere. Alpha and AC1 are written here as functions of sums over items, which their intervals need too (see
``intervals.bootstrap``): the library of alpha is under the GPL, which this project's licence does not allow, the one of
AC1 cannot be installed, and statsmodels' kappa knows no missing answers. Published examples, the definitions worked out
pair by pair, and statsmodels where nothing is missing hold them.
"""

from __future__ import annotations

import numpy as np

from pipeline.statistics.intervals import Array, Figure, Statistic, bootstrap, missing

COEFFICIENTS = ("alpha", "kappa", "ac1")
NO_PAIRS = "no item has answers of two raters"
NO_CHANCE = "all answers are the same, so that agreement beyond chance cannot be told"


def agreement(counts: Array, purpose: str, seed: int) -> dict[str, Figure]:
    """The three coefficients with bootstrap intervals over items; ``n`` is the number of items used."""
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts.sum(axis=1) > 0]
    if not (counts.sum(axis=1) >= 2).any():
        return dict.fromkeys(COEFFICIENTS, missing(NO_PAIRS))
    paired = counts[counts.sum(axis=1) >= 2]
    return {
        "alpha": _figure(krippendorff_alpha(paired), alpha_sums(paired), alpha_of, f"{purpose} alpha", seed),
        "kappa": _figure(fleiss_kappa(counts), pair_sums(counts), kappa_of, f"{purpose} kappa", seed),
        "ac1": _figure(gwet_ac1(counts), pair_sums(counts), ac1_of, f"{purpose} ac1", seed),
    }


def krippendorff_alpha(counts: Array) -> float | None:
    """Krippendorff (2018), Content Analysis, chapter 12, nominal, from items with two answers at least.

    None where these use one category only, so that no disagreement can be expected.
    """
    counts = np.asarray(counts, dtype=float)
    paired = counts[counts.sum(axis=1) >= 2]
    if (paired.sum(axis=0) > 0).sum() < 2:
        return None
    return float(alpha_of(alpha_sums(paired).sum(axis=0)))


def fleiss_kappa(counts: Array) -> float | None:
    """Fleiss (1971), Psychological Bulletin 76; None where only one category was used.

    Missing answers as in Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, section 2.4, and as for AC1:
    agreement from items with two answers or more, prevalence from all.
    """
    counts = np.asarray(counts, dtype=float)
    return float(kappa_of(pair_sums(counts).sum(axis=0))) if (counts.sum(axis=0) > 0).sum() > 1 else None


def gwet_ac1(counts: Array) -> float:
    """Gwet's AC1 over all categories that raters could choose, used or not.

    Gwet (2008), Br J Math Stat Psychol 61, 29-48, equations 2 and 16; missing answers as in Gwet (2014), Handbook of
    Inter-Rater Reliability, 4th edition, section 2.4: agreement from items with two answers or more, prevalence
    from all.
    """
    return float(ac1_of(pair_sums(np.asarray(counts, dtype=float)).sum(axis=0)))


def alpha_sums(counts: Array) -> Array:
    """What each item (two answers at least) adds: disagreeing pairs per rater, then answers by category."""
    raters = counts.sum(axis=1)
    disagreeing = (raters**2 - (counts**2).sum(axis=1)) / (raters - 1)
    return np.column_stack([disagreeing, counts])


def alpha_of(sums: Array) -> Array:
    """alpha = 1 - D_o / D_e with D_o = d / n and D_e = (n² - Σ n_c²) / (n (n - 1))."""
    disagreeing, by_category = sums[..., 0], sums[..., 1:]
    n = by_category.sum(axis=-1)
    return 1 - (n - 1) * disagreeing / (n**2 - (by_category**2).sum(axis=-1))


def pair_sums(counts: Array) -> Array:
    """What each item adds: itself, whether it has a pair of answers, agreeing pairs, shares of categories."""
    raters = counts.sum(axis=1)
    paired = raters >= 2
    agreeing = np.where(paired, _pairwise(np.where(paired[:, None], counts, 2)), 0)
    return np.column_stack([np.ones(len(counts)), paired, agreeing, counts / raters[:, None]])


def kappa_of(sums: Array) -> Array:
    """kappa = (P - P_e) / (1 - P_e), with P_e = Σ p_c²."""
    expected = ((sums[..., 3:] / sums[..., :1]) ** 2).sum(axis=-1)
    return (sums[..., 2] / sums[..., 1] - expected) / (1 - expected)


def ac1_of(sums: Array) -> Array:
    """AC1 = (P - P_e) / (1 - P_e), with P_e = Σ p_c (1 - p_c) / (q - 1) for q categories."""
    shares = sums[..., 3:] / sums[..., :1]
    expected = (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1)
    return (sums[..., 2] / sums[..., 1] - expected) / (1 - expected)


def _pairwise(counts: Array) -> Array:
    """Share of each item's pairs of answers that agree."""
    raters = counts.sum(axis=1)
    return ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))


def _figure(estimate: float | None, added: Array, statistic: Statistic, purpose: str, seed: int) -> Figure:
    if estimate is None:
        return missing(NO_CHANCE, len(added))
    low, high, why = bootstrap(added, statistic, purpose, seed)
    return Figure(estimate, low, high, len(added), why)

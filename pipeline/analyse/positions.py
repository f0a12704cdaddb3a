"""Position bias: does it matter for a choice which letter an action was shown under?"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.accuracy import in_parts
from pipeline.analyse.answers import Answers, Array, tabulate
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.notes import Notebook, finite
from pipeline.tables import Positions, conform
from pipeline.tables.columns import LETTERS


def positions(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Positions: the share of each letter as shown, of every respondent and mode."""
    rows = []
    options = answers.material.size
    chosen = answers.rows.filter(pl.col("letter").is_not_null())
    for (respondent, mode), part in in_parts(chosen, "respondent", "mode"):
        scenarios, place = np.unique(part["scenario"].to_numpy(), return_inverse=True)
        letter = part["letter"].to_physical().to_numpy()
        counts = tabulate(place, letter, (len(scenarios), options))
        ((low, high),) = draws.share_intervals((counts, counts.sum(axis=1, keepdims=True), scenarios))
        p, joint = no_bias(counts)
        if joint is None:
            notes.add(
                "positions",
                respondent,
                f"no_joint_test_{mode}",
                f"Whether {respondent} favours a position in {mode} mode cannot be tested: {len(scenarios)} scenarios, "
                "or letters that go together in all of them, leave nothing to judge chance by.",
            )
        for n, name in enumerate(LETTERS[:options]):
            rows.append(
                {
                    "respondent": respondent,
                    "mode": mode,
                    "letter": name,
                    "chosen": int(counts[:, n].sum()),
                    "choices": int(counts.sum()),
                    "share": counts[:, n].sum() / counts.sum(),
                    "low": finite(low[n]),
                    "high": finite(high[n]),
                    "p": finite(p[n]),
                    "joint_p": joint,
                }
            )
    return conform(Positions, rows, where="positions")


def no_bias(counts: Array) -> tuple[Array, float | None]:
    """p for each letter and for all, that shares are 1/k, from counts by scenario (scenarios x k).

    Without a bias a scenario's counts less a k-th of their sum have mean zero, whatever the actions are, if the
    order of options does not depend on them. Student's t for each letter; Hotelling's T² for m = k - 1 of
    them, which give the last (H. Hotelling, Annals of Mathematical Statistics 2, 1931): F = (n - m) / (m (n - 1)) T²
    on m and n - m degrees of freedom.
    """
    n, options = counts.shape
    excess = counts - counts.sum(axis=1, keepdims=True) / options
    p = np.full(options, np.nan)
    varies = excess.std(axis=0) > 0
    if n > 1 and varies.any():
        p[varies] = stats.ttest_1samp(excess[:, varies], 0).pvalue
    return p, mean_is_zero(excess[:, : options - 1])


def mean_is_zero(sums: Array) -> float | None:
    """p of Hotelling's T² that rows (n x k) have mean zero; None where their covariance has no inverse."""
    n, k = sums.shape
    if n <= k:
        return None
    covariance = np.atleast_2d(np.cov(sums, rowvar=False))
    if np.linalg.matrix_rank(covariance, hermitian=True) < k:
        return None
    mean = sums.mean(axis=0)
    t2 = n * float(mean @ np.linalg.solve(covariance, mean))
    return float(stats.f.sf(t2 * (n - k) / (k * (n - 1)), k, n - k))

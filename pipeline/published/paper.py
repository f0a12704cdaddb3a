"""The numbers of the paper (arXiv 2601.07972) and, where it gives a range or a chart, those that its tables give."""

from __future__ import annotations

DECLARED_ENACTED = {
    "4o": 0.299,
    "gemini": 0.319,
    "claude": 0.172,
    "grok": 0.328,
    "llama": 0.348,
    "qwen": 0.247,
    "dpsk": 0.382,
    "kimi": 0.357,
    "seed": 0.263,
    "glm": 0.320,
}
DECLARED_ENACTED_MEAN = 0.32
# Smallest, mean and largest r between two of the ten models, and to how many decimals.
BETWEEN = {"enacted": ((0.976, 3), (0.993, 3), (0.998, 3)), "declared": ((0.61, 2), (0.896, 3), (0.995, 3))}
ACCURACY = {
    "4o": (0.9026, 0.8890, 0.9615),
    "gemini": (0.8918, 0.8535, 0.9343),
    "qwen": (0.8598, 0.8517, 0.9511),
    "dpsk": (0.8917, 0.8912, 0.9629),
}
DROP = ("gemini", "achievement", 0.0664)
# Share of option A, and Grok's letters, in the authors' files.
OPTION_A = {"gemini": 0.36, "dpsk": 0.29, "4o": 0.28}
GROK = {"A": 0.238, "B": 0.221, "C": 0.287, "D": 0.255}
PEOPLE = {
    "people_enacted_r_min": (-0.79, 2),
    "people_enacted_r_max": (0.98, 2),
    "people_declared_enacted_r": (0.4, 1),
}
NOT_RELEASED = "the answers of the 55 people, which are not released"

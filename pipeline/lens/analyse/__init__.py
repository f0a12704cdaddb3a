"""Analyse: the gap between what respondents state and how they choose, in every measure there is."""

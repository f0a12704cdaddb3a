"""From posts to scenarios: rules, texts, duplicates, privacy; then the panel's votes and the quotas."""

from pipeline.screening.screen import screen

__all__ = ["screen"]

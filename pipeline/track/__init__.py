"""The same questions to the same respondent, again and again: ``choose`` takes them, ``ask`` asks. What comes of it is
kept, tested and drawn in ``pipeline.series``."""

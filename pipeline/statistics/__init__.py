"""Statistics that steps share: intervals, resampling, agreement."""

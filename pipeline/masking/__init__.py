"""Masking of personal data, which the filter, the checks of actions and a hydration share."""

"""Administer: instruments and who answers them; models and simulated respondents leave the same tables."""

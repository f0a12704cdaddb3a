"""Assemble: the pairs of actions that respondents choose from."""

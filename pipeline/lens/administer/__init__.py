"""Administer: stated values and choices between two actions, from models and simulated respondents."""

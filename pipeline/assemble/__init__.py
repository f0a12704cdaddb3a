"""Assemble: the actions of a scenario, dealt into questions after a design."""

"""Assemble: 20 actions a scenario, dealt into five questions of four options."""

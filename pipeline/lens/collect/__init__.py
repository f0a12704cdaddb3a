"""Collect: every judgement of actions so far."""

"""Collect: every judgement so far."""

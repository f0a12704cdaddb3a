"""Validate: what judgements say of the actions, and the gate on the release."""

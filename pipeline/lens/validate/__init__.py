"""Validate: what people say of the actions, and the gate on the release."""

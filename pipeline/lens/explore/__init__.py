"""The explorer of the lens: cells, each a scenario and a value, one scenario at a time."""

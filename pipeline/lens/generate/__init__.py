"""Generate: for each value of a scenario an action that expresses it, and one that opposes it."""

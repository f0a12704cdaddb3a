"""Generate: an action for each value, a scenario and generator, checked and repaired."""

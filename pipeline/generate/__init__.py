"""Generate: ten actions a scenario and generator, one for each value, checked and repaired."""

"""Grid: the scenarios, each a country and a topic."""
